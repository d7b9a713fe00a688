"""A submission that raised something, and what is done about it over HTTP."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx

from shared.access import AuditEntry, AuditTrail
from shared.events import REGISTRY, EventData, Topic
from tests.services.intake.forms import content
from tests.services.running import Running, until

SUBMISSIONS = "/intake/v1/submissions"
RECEIPTS = "/intake/v1/receipts"
PUBLIC = "/intake/v1/public/receipts"
WORDS = "哺乳室七月底前设好，在二号楼一层。"


@dataclass(frozen=True)
class Matter:
    """What was accepted, and the service that has it."""

    intake: Running
    submission_id: str
    receipt: str
    code: str

    async def take_up(self, who: str = "admin", **headers: str) -> httpx.Response:
        """Have ``who`` take it up."""
        return await self._act(who, "take-up", headers, None)

    async def answer(self, text: str | None = None, who: str = "admin", **headers: str) -> httpx.Response:
        """Have ``who`` answer it."""
        return await self._act(who, "answer", headers, None if text is None else {"answer": text})

    async def withdraw(self) -> httpx.Response:
        """Have the respondent take it back."""
        return await self.intake.client.post(f"{PUBLIC}/{self.receipt}:withdraw", json={"code": self.code})

    async def told(self, code: str | None = None) -> httpx.Response:
        """What the respondent is told of the answer."""
        body = {"code": self.code if code is None else code}
        return await self.intake.client.post(f"{PUBLIC}/{self.receipt}:answer", json=body)

    async def looked_up(self) -> dict[str, Any]:
        """What everybody with the receipt is told."""
        told: dict[str, Any] = (await self.intake.client.get(f"{RECEIPTS}/{self.receipt}")).json()
        return told

    async def stands(self, standing: str) -> dict[str, Any]:
        """The same, once it says ``standing``."""
        told: dict[str, Any] = {}

        async def is_told() -> bool:
            told.update(await self.looked_up())
            return bool(told["standing"] == standing)

        await until(is_told, f"the receipt to say {standing}")
        return told

    async def events(self, count: int) -> list[EventData]:
        """What the log says of problems once it has ``count`` events."""
        found: list[EventData] = []

        async def are_there() -> bool:
            events = await self.intake.events(Topic.PROBLEMS)
            found[:] = [REGISTRY[event.type].model_validate_json(event.data) for event in events]
            return len(found) >= count

        await until(are_there, f"{count} events")
        return found

    async def entries(self) -> list[AuditEntry]:
        """What the audit trail says."""
        return (await AuditTrail(self.intake.platform.store, "intake").entries())[0]

    async def _act(
        self, who: str, action: str, headers: dict[str, str], body: dict[str, str] | None
    ) -> httpx.Response:
        return await self.intake.client.post(
            f"{SUBMISSIONS}/{self.submission_id}:{action}",
            headers={"authorization": f"Bearer {self.intake.tokens[who]}", **headers},
            json=body,
        )


async def accepted(intake: Running, **changes: Any) -> Matter:
    """A submission that was just accepted."""
    answer = (await intake.post("offline", SUBMISSIONS, content(**changes))).json()
    return Matter(intake, answer["submission_id"], answer["receipt"], answer["withdrawal_code"])
