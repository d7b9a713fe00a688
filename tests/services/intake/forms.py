"""Forms as a channel's frontend would post them."""

from __future__ import annotations

from typing import Any

import orjson

from tests.suzhou import suzhou

CAMPAIGN = suzhou()
FORM: dict[str, Any] = {
    "campaign": "suzhou-2024",
    "channel": "offline",
    "source_id": "tablet-7:000123",
    "edition": "general",
    "unit": "zhangjiagang",
    "collected_at": "2024-05-20T09:30:00+08:00",
    "interviewer": "陆建国",
    "consent": {"version": "2024-05", "given_at": "2024-05-20T09:29:00+08:00"},
    "respondent": {
        "name": "沈晓燕",
        "employer": "江南精密制造有限公司",
        "phone": "13912345678",
        "age": 29,
        "sex": "female",
    },
    "answers": {},
    "message": "我叫沈晓燕，电话 139 1234 5678，在江南精密制造有限公司，想要一个哺乳室。",
}


def answered(form: dict[str, Any]) -> dict[str, Any]:
    """``form`` with an answer to every required question."""
    answers: dict[str, Any] = {}
    for question in CAMPAIGN.questionnaire(form["edition"]).required_questions:
        code = question.options[0].code if question.options else "无"
        answers[question.id] = [code] if question.kind == "multiple" else code
    return {**form, "answers": {**answers, **form["answers"]}}


def content(**changes: Any) -> bytes:
    """The body of a good submission, but for ``changes``."""
    return orjson.dumps({**answered(FORM), **changes})
