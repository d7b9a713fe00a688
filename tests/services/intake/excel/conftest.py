"""What the tests of the Excel channel share."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from services.intake.app import build
from shared.campaign import AgeRules
from shared.platform import Component
from shared.store.port import Collection
from tests.services.running import ClockInTest, Engine, Running, running, until

PATH = "/intake/v1/imports"
QUERY = "?campaign=suzhou-2024&edition=general"


@dataclass
class Importing:
    """Intake, and how workbooks are sent to it."""

    intake: Running
    folder: Path
    audit_entries = Collection("intake.audit")

    async def upload(self, content: bytes, *, by: str = "admin", query: str = QUERY) -> dict[str, Any]:
        """Upload, and say what the answer was."""
        answer = await self.intake.post(by, PATH + query, content)
        assert answer.status_code == 202, answer.text
        return answer.json()

    async def ended(self, content: bytes, *, by: str = "admin", query: str = QUERY) -> dict[str, Any]:
        """The import of ``content`` once it has ended."""
        return await self.end_of((await self.upload(content, by=by, query=query))["id"], by=by)

    async def end_of(self, id: str, *, by: str = "admin") -> dict[str, Any]:
        """The import ``id`` once it has ended."""
        job: dict[str, Any] = {}

        async def has_ended() -> bool:
            job.update((await self.intake.ask(by, "GET", f"{PATH}/{id}")).json())
            return job["state"] in ("done", "refused")

        await until(has_ended, "the import to end")
        return job

    async def has_begun(self, id: str, *, by: str = "admin") -> None:
        """Wait until some rows of the import are dealt with."""

        async def has_rows() -> bool:
            return (await self.intake.ask(by, "GET", f"{PATH}/{id}")).json()["rows_read"] > 0

        await until(has_rows, "the first rows")

    async def quarantined(self) -> dict[str, Any]:
        """What waits in quarantine."""
        answer = await self.intake.ask("office", "GET", "/intake/v1/quarantine?campaign=suzhou-2024")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def component(self, name: str) -> Component:
        """The service's component called ``name``."""
        return next(each for each in self.intake.service.components if each.name == name)

    def accepting_from(self, age: int) -> AgeRules:
        """The campaign's rules, but for the youngest age."""
        rules = self.intake.platform.campaigns["suzhou-2024"].age
        bands = (replace(rules.bands[0], lowest=age), *rules.bands[1:])
        return replace(rules, accepted_min=age, bands=bands)

    async def workbook(self, id: str, *, by: str = "admin") -> bytes:
        """The workbook that comes back."""
        answer = await self.intake.ask(by, "GET", f"{PATH}/{id}/workbook")
        assert answer.status_code == 200, answer.text
        return answer.content


def set_folders(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Everything on disk in ``folder``."""
    for name in ("SPOOL", "ATTACHMENTS", "IMPORTS"):
        monkeypatch.setenv(f"DAFANGTAN_INTAKE_{name}_DIR", str(folder / name.lower()))


def be_people(intake: Running) -> None:
    """Those who send workbooks in, and those who don't."""
    intake.be_channels()
    intake.be("admin", "unit_admin", unit="zhangjiagang")
    intake.be("interviewer", "interviewer", unit="zhangjiagang")
    intake.be("other-admin", "unit_admin", unit="kunshan")
    intake.be("office", "office")
    intake.be("ann", "analyst")


@pytest.fixture
async def importing(
    engine: Engine, tmp_path: Path, clock: ClockInTest, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Importing]:
    """The service with its people."""
    set_folders(monkeypatch, tmp_path)
    async with running(build, engine, tmp_path, clock) as intake:
        be_people(intake)
        yield Importing(intake, tmp_path)
