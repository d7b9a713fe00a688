"""Calls as the call centre tells them, and its records as a spreadsheet saves them."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from typing import Any

import httpx
import orjson

from tests.services.running import Running

CALLS = "/intake/v1/hotline/suzhou-2024/calls"
IMPORT = f"{CALLS}:import"
CALL: dict[str, Any] = {
    "id": "20240520-000123",
    "started_at": "2024-05-20T09:30:00+08:00",
    "duration_s": 312,
    "agent": "坐席07号李敏",
    "category": "pay",
    "caller": {"number": "13912345678"},
    "consent": {"version": "2024-05", "given_at": "2024-05-20T09:31:00+08:00"},
    "matters": [
        {"narrative": "加班费三个月没有结清。"},
        {"narrative": "宿舍离厂区太远，想要班车。", "category": "other", "unit": "taicang"},
    ],
}

HEADING = (
    "通话编号",
    "开始时间",
    "通话时长（秒）",
    "坐席",
    "类别",
    "来电号码",
    "诉求内容",
    "责任单位",
    "同意书版本",
    "同意时间",
)
ROW = (
    "20240520-000123",
    "2024-05-20 09:30:00",
    "312",
    "07",
    "工资报酬",
    "13912345678",
    "加班费三个月没有结清。",
    "太仓市总工会",
    "2024-05",
    "2024-05-20 09:31:00",
)


def call(**changes: Any) -> bytes:
    """The body of a good call, but for ``changes``; a field changed to None is left out."""
    fields = {**CALL, **changes}
    return orjson.dumps({name: value for name, value in fields.items() if value is not None})


def row(**changes: str) -> tuple[str, ...]:
    """A good row, but for ``changes`` by the heading's names."""
    cells = dict(zip(HEADING, ROW, strict=True)) | changes
    return tuple(cells[name] for name in HEADING)


def sheet(
    *rows: Sequence[str], heading: Sequence[str] = HEADING, delimiter: str = ",", encoding: str = "utf-8"
) -> bytes:
    """A CSV file."""
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows([heading, *rows])
    return out.getvalue().encode(encoding)


async def imported(intake: Running, content: bytes, who: str = "hotline") -> list[dict[str, Any]]:
    """The answers to a file's rows."""
    answer = await intake.post(who, IMPORT, content)
    assert answer.status_code == 200, answer.text
    return [json.loads(line) for line in answer.text.splitlines()]


async def refused(intake: Running, content: bytes) -> httpx.Response:
    """The answer to a file of which nothing can be read."""
    answer = await intake.post("hotline", IMPORT, content)
    assert answer.status_code == 422, answer.text
    return answer
