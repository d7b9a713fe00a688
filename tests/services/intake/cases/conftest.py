"""An interviewer with a case, and the others who have to do with it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.services.intake.attachments.client import TUS, Client, metadata
from tests.services.running import Running

CASES = "/intake/v1/cases"
FORM: dict[str, Any] = {
    "province": "江苏省",
    "city": "张家港市",
    "county": "杨舍镇",
    "employer": "江南精密制造有限公司",
    "name": "沈晓燕",
    "sex": "女",
    "birth_month": "1995-03",
    "household_registration": "安徽阜阳",
    "ethnicity": "汉族",
    "political_status": "共青团员",
    "education": "大专",
    "post": "质检员",
    "title": "中级工",
    "is_migrant_worker": True,
    "is_dispatched_worker": False,
    "remarks": "夜班较多",
    "place": "杨舍镇职工之家",
    "visited_at": "2024-06-01T09:00:00+08:00",
    "interviewer_name": "陆建国",
}
CONSENT = {"version": "2024-05", "given_at": "2024-06-01T08:59:00+08:00", "how": "signed"}


def opening(source_id: str = "c1", **changes: Any) -> dict[str, Any]:
    """A case as it is registered."""
    registered = {
        "campaign": "suzhou-2024",
        "unit": "zhangjiagang",
        "team": "ZJG01",
        "source_id": source_id,
        "consent": CONSENT,
        "form": FORM,
    }
    return registered | changes


@dataclass
class CaseWork:
    """Asks as one of the people."""

    intake: Running
    folder: Path
    id: str = ""

    async def open(self, who: str = "wang", **changes: Any) -> httpx.Response:
        """Register a case."""
        return await self.intake.ask(who, "POST", CASES, **opening(**changes))

    async def do(self, what: str, who: str = "wang", **content: Any) -> httpx.Response:
        """Do something with the case."""
        return await self.intake.ask(who, "POST", f"{CASES}/{self.id}:{what}", **content)

    async def get(self, who: str = "wang") -> dict[str, Any]:
        """The case as it stands."""
        answer = await self.intake.ask(who, "GET", f"{CASES}/{self.id}")
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body

    async def attach(self, kind: str, name: str, body: bytes = b"x" * 1000) -> httpx.Response:
        """Add a file."""
        headers = {
            "authorization": f"Bearer {self.intake.tokens['wang']}",
            **metadata(filename=name, kind=kind),
        }
        where = f"{CASES}/{self.id}/attachments"
        return await self.intake.client.post(where, headers=headers, content=body)

    async def make_record(self) -> None:
        """Notes and edited text, finished."""
        for part, name in (("notes", "原稿.pdf"), ("edited_text", "整理稿.docx")):
            assert (await self.attach(part, name)).status_code == 201
            assert (await self.do("record", part=part, pages=4)).status_code == 200

    async def sign(self, what: str, who: str, *parts: str) -> httpx.Response:
        """Sign or sign off parts: all of them unless some are named."""
        return await self.do(what, who, parts=list(parts or ("form", "notes", "edited_text")))

    def uploads(self) -> Client:
        """Its attachments, resumable."""
        return Client(self.intake, "", self.folder, who="wang")

    async def begin_upload(self, kind: str, length: int) -> str:
        """Where an upload that was begun goes."""
        headers = {**TUS, "upload_length": str(length), **metadata(filename="录音.m4a", kind=kind)}
        answer = await self.uploads().ask("POST", f"{CASES}/{self.id}/attachments", **headers)
        assert answer.status_code == 201, answer.text
        return answer.headers["location"]


@pytest.fixture
async def people(intake: Running, tmp_path: Path) -> CaseWork:
    """Two interviewers and the lead of a unit, others of another, the office; no case yet."""
    intake.be("wang", "interviewer", unit="zhangjiagang")
    intake.be("zhao", "interviewer", unit="zhangjiagang")
    intake.be("working lead", "interviewer", "team_lead", unit="zhangjiagang")
    intake.be("foreign", "interviewer", unit="kunshan")
    intake.be("office", "office")
    intake.be("leader", "leading_group")
    return CaseWork(intake, tmp_path)


@pytest.fixture
async def case(people: CaseWork) -> CaseWork:
    """With a case that was just registered."""
    answer = await people.open()
    assert answer.status_code == 201, answer.text
    people.id = answer.json()["id"]
    return people
