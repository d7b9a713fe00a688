"""A unit's administrator: interviews in a workbook, uploaded, its rows' results looked at."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import httpx
import xlsxwriter

from services.demo.client import PatientClient
from services.demo.steps import Step

HEADERS = ("source_id", "consent", "consent_at", "collected_at", "unit", "point", "interviewer", "message")
RESPONDENT = ("name", "employer", "phone", "age", "sex")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
DONE_STATES = frozenset({"done", "refused"})


async def send_workbook(
    client: PatientClient, intake_url: str, token: str, campaign: str, steps: Sequence[Step]
) -> list[str]:
    """Upload the interviews of ``steps``, all of one edition, and wait for the results; the surprises.

    One row more has its telephone as a number: digits are lost in it, so it has to be refused.
    """
    forms = [step.form for step in steps if step.form is not None]
    edition = forms[0]["edition"]
    url = f"{intake_url}/intake/v1/imports"
    answer = await client.send(
        "POST",
        f"{url}?campaign={campaign}&edition={edition}",
        token=token,
        content=_workbook(forms),
        headers=lambda: {"Content-Type": XLSX},
    )
    if answer.status_code != httpx.codes.ACCEPTED:
        return [f"excel：应为 202，收到 {answer.status_code}：{answer.text[:300]}"]
    job = answer.json()
    while job["state"] not in DONE_STATES:
        await client.pause()
        job = (await client.send("GET", f"{url}/{job['id']}", token=token)).json()
    if job["accepted"] + job["repeats"] == len(forms) and job["refused"] == 1:
        return []
    return [f"excel：应收 {len(forms)} 行、拒收 1 行，结果为 {job}"]


def _workbook(forms: Sequence[Mapping[str, Any]]) -> bytes:
    questions = sorted({question for form in forms for question in form["answers"]})
    content = io.BytesIO()
    book = xlsxwriter.Workbook(content, {"in_memory": True, "strings_to_formulas": False})
    sheet = book.add_worksheet("填写")
    for column, header in enumerate((*HEADERS, *RESPONDENT, *questions)):
        sheet.write_string(0, column, header)
    for row, form in enumerate(forms, 1):
        _write_row(sheet, row, _cells(form, questions))
    bad = _cells({**forms[0], "source_id": f"{forms[0]['source_id']}-bad"}, questions)
    bad[len(HEADERS) + RESPONDENT.index("phone")] = 15400000000
    _write_row(sheet, len(forms) + 1, bad)
    book.close()
    return content.getvalue()


def _cells(form: Mapping[str, Any], questions: Sequence[str]) -> list[str | float | None]:
    told = {
        "source_id": form["source_id"],
        "consent": "是",
        "consent_at": _moment(form["consent"]["given_at"]),
        "collected_at": _moment(form["collected_at"]),
        **{name: form.get(name) for name in ("unit", "point", "interviewer", "message")},
    }
    respondent = [form["respondent"].get(name) for name in RESPONDENT]
    answers = [_written(form["answers"].get(question)) for question in questions]
    return [*(told[name] for name in HEADERS), *respondent, *answers]


def _write_row(sheet: Any, row: int, cells: Sequence[str | float | None]) -> None:
    for column, cell in enumerate(cells):
        if isinstance(cell, str):
            sheet.write_string(row, column, cell)
        elif cell is not None:
            sheet.write_number(row, column, cell)


def _written(answer: str | float | Sequence[str] | None) -> str | float | None:
    return "、".join(answer) if isinstance(answer, list) else answer  # type: ignore[return-value]


def _moment(text: str) -> str:
    return datetime.fromisoformat(text).strftime("%Y-%m-%d %H:%M:%S")
