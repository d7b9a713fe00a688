"""What the tests of OpenRosa share: the service, and two interviewers with their phones."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from services.intake.app import build
from services.intake.channels.openrosa import publishing
from shared.access import add_interviewer
from shared.campaign import Campaign
from shared.http import Service
from shared.platform import Platform
from shared.privacy import KeyRing
from tests.services.intake.openrosa.collect import Collect
from tests.services.running import ClockInTest, Engine, Running, running


@dataclass(frozen=True, repr=False)
class OpenRosa:
    """``lu`` interviews for zhangjiagang, ``gu`` for kunshan."""

    intake: Running
    lu: Collect
    gu: Collect
    folder: Path


@pytest.fixture(autouse=True)
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where intake keeps its files."""
    monkeypatch.setenv("DAFANGTAN_INTAKE_SPOOL_DIR", str(tmp_path / "spool"))
    monkeypatch.setenv("DAFANGTAN_INTAKE_ATTACHMENTS_DIR", str(tmp_path / "attachments"))


@pytest.fixture
async def openrosa(engine: Engine, tmp_path: Path, clock: ClockInTest) -> AsyncIterator[OpenRosa]:
    """The service as interviewers meet it."""
    async with serving(engine, tmp_path, clock) as openrosa:
        yield openrosa


@asynccontextmanager
async def serving(
    engine: Engine,
    folder: Path,
    clock: ClockInTest,
    change: Callable[[Platform], Platform] = lambda platform: platform,
) -> AsyncIterator[OpenRosa]:
    """The service, over what ``change`` makes of its platform."""
    signed_up: list[tuple[str, str]] = []

    def build_with_interviewers(platform: Platform) -> Service:
        for name, unit in (("陆建国", "zhangjiagang"), ("顾小妹", "kunshan")):
            signed_up.append(sign_up(platform, name, unit, clock))
        return build(change(platform))

    async with running(build_with_interviewers, engine, folder, clock) as intake:
        intake.be_channels()
        intake.be("office", "office")
        lu, gu = (Collect(intake.client, *credentials) for credentials in signed_up)
        yield OpenRosa(intake, lu, gu, folder)


def of_version(version: str, platform: Platform) -> Platform:
    """With its questionnaires as of ``version``."""
    (campaign,) = platform.campaigns.values()
    editions = {
        id: replace(edition, questionnaire=replace(edition.questionnaire, version=version))
        for id, edition in campaign.editions.items()
    }
    return replace(platform, campaigns={campaign.id: replace(campaign, editions=editions)})


def sign_up(platform: Platform, name: str, unit: str, clock: ClockInTest) -> tuple[str, str]:
    """User name and password of a new interviewer."""
    keys = KeyRing.load(platform.settings.keys_file).campaign("suzhou-2024")
    password, made = add_interviewer(
        platform.settings.interviewers_file, keys, campaign="suzhou-2024", name=name, unit=unit, now=clock()
    )
    return made.username, password


_made: dict[tuple[str, ...], Mapping[str, publishing.PublishedForm]] = {}


@pytest.fixture(autouse=True)
def forms_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """In this process: every service would make the same ones again."""
    make = publishing._forms

    def made(campaign: Campaign) -> Mapping[str, publishing.PublishedForm]:
        key = (
            campaign.version,
            *campaign.points,
            *(e.questionnaire.version for e in campaign.editions.values()),
        )
        if key not in _made:
            _made[key] = make(campaign)
        return _made[key]

    monkeypatch.setattr(publishing, "_forms", made)
