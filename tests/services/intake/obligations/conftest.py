"""A unit's administrator and the office, who record what units owe, and others who may not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx
import orjson
import pytest

from shared.events import REGISTRY, EventData, Topic
from tests.services.running import Running, until

OF_UNIT = "/intake/v1/campaigns/suzhou-2024/units/{unit}"
LEADER = {"name": "沈晓燕", "post": "张家港市总工会副主席", "mobile": "13912345678"}
PERSON = {
    "name": "陆建国",
    "post": "张家港市总工会宣教部部长",
    "mobile": "13700001111",
    "office_phone": "0512-58000000",
    "mail": "lujianguo@example.org",
}
TABLE = {"leader": LEADER, "person_in_charge": PERSON}
TOTALS = {"totalled_on": "2024-05-31", "questionnaires_count": 1050, "paper_count": 320}


@dataclass
class UnitWork:
    """Asks as one of the people."""

    intake: Running

    async def post(
        self,
        what: str,
        who: str = "admin",
        unit: str = "zhangjiagang",
        *,
        if_match: int | None = None,
        **content: Any,
    ) -> httpx.Response:
        """Post something about a unit."""
        path = f"{OF_UNIT.format(unit=unit)}/{what}"
        headers = {} if if_match is None else {"if-match": str(if_match)}
        body = orjson.dumps(content) if content else b""
        return await self.intake.post(
            who, path, body, headers={"content-type": "application/json", **headers}
        )

    async def get(self, what: str, who: str = "admin", unit: str = "zhangjiagang") -> httpx.Response:
        """Look at something of a unit."""
        return await self.intake.ask(who, "GET", f"{OF_UNIT.format(unit=unit)}/{what}")

    async def told(self, count: int) -> list[EventData]:
        """The data of the events once so many are there."""
        found: list[Any] = []

        async def are_there() -> bool:
            found[:] = await self.intake.events(Topic.OBLIGATIONS)
            return len(found) >= count

        await until(are_there, f"{count} events")
        return [REGISTRY[event.type].model_validate_json(event.data) for event in found]


@pytest.fixture
async def work(intake: Running) -> UnitWork:
    """Everybody."""
    intake.be("admin", "unit_admin", unit="zhangjiagang")
    intake.be("other admin", "unit_admin", unit="kunshan")
    intake.be("office", "office")
    intake.be("leader", "leading_group")
    return UnitWork(intake)
