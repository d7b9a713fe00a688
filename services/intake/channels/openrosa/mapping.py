"""From a filled-in form to a submission: by the names of its leaves, whatever groups they stand in. Pure.

| leaf | means |
| --- | --- |
| ``unit``, ``point`` | where; without ``unit`` it is the interviewer's own |
| ``consent`` = ``yes``, ``consent_version`` | that the respondent agreed, and to which text |
| ``start``, ``end`` | when; the end counts, the consent was given at the start |
| ``respondent_…`` | what the respondent told of themselves: ``name``, ``employer``, ``phone``, ``age``, ``sex`` |
| ``message`` | what they want the union to know |
| a question's id | its answer; several codes are separated by blanks |

What is empty wasn't answered. What the form works out by itself, and ``meta``, is nobody's answer. In rows of a
repeat the answers to one question are joined: codes united, text put together line by line.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from enum import Enum, auto
from typing import Any

import msgspec

from services.intake.channels.openrosa.shapes import Reading, Shape, unnumbered
from services.intake.form import Form, form_from
from shared.campaign import Question, Questionnaire
from shared.campaign.reserved_ids import DEVICE_LEAVES, RESPONDENT_PREFIX
from shared.errors import FieldProblem, Invalid

CHANNEL = "offline"
OWN_LEAVES = frozenset({"unit", "point", "consent", "consent_version", "start", "end", "message"})
CODE_LISTS = frozenset({"multiple", "ranking"})
AS_WRITTEN = frozenset({"single", "date", "text"})
SHORT_PATH_CHARS = 200
"""Longer paths come from no form of ours, and aren't remembered."""
REMEMBERED_COUNT = 4096
"""Leaves of one form; ours have fewer."""
_RFC_3339 = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?[+-][0-9]{2}:[0-9]{2}"
)
_INTEGER = re.compile(r"-?[0-9]{1,15}")
_DECIMAL = re.compile(r"-?[0-9]{1,15}\.[0-9]{1,15}")


class Meant(Enum):
    """What a leaf is for."""

    OWN = auto()
    RESPONDENT = auto()
    ANSWER = auto()
    NOTHING = auto()


_OWN, _RESPONDENT, _ANSWER = Meant.OWN, Meant.RESPONDENT, Meant.ANSWER


class Sheet(msgspec.Struct, frozen=True, gc=False):
    """The leaves of one instance by what they mean; ``answers`` as they are written."""

    own: dict[str, str]
    respondent: dict[str, str]
    answers: dict[str, list[str]]


def sheet_of(reading: Reading) -> Sheet:
    """Sort the leaves. Raises Invalid where the respondent didn't agree: then nothing may be kept."""
    shape, known = reading.shape, reading.shape.known
    own: dict[str, str] = {}
    respondent: dict[str, str] = {}
    answers: dict[str, list[str]] = {}
    for path, text in reading.answers.items():
        if text is None:
            continue
        meant, name = known.get(path) or _look_up(shape, path)
        if meant is _ANSWER:
            if name in answers:
                answers[name].append(text)
            else:
                answers[name] = [text]
        elif meant is _OWN:
            own[name] = text
        elif meant is _RESPONDENT:
            respondent[name] = text
    if own.get("consent") != "yes":
        reason = "应为“同意”；受访者没有同意，访谈不能提交"
        raise Invalid("没有受访者的知情同意。", [FieldProblem("consent", reason)], code="no-consent")
    return Sheet(own, respondent, answers)


def _look_up(shape: Shape, path: str) -> tuple[Meant, str]:
    """What a leaf means, and what it is called there; remembered, as nearly all instances have the same leaves."""
    found = _meaning(shape, path)
    if len(path) <= SHORT_PATH_CHARS and len(shape.known) < REMEMBERED_COUNT:
        shape.known[path] = found
    return found


def _meaning(shape: Shape, path: str) -> tuple[Meant, str]:
    plain = unnumbered(path)
    leaf = plain.rpartition("/")[2]
    if path.startswith("meta/") or leaf in DEVICE_LEAVES:
        return Meant.NOTHING, leaf
    if leaf in OWN_LEAVES:
        return Meant.OWN, leaf
    if leaf.startswith(RESPONDENT_PREFIX):
        return Meant.RESPONDENT, leaf.removeprefix(RESPONDENT_PREFIX)
    if plain in shape.uploads or plain in shape.calculated:
        return Meant.NOTHING, leaf
    return Meant.ANSWER, leaf


def form_of(
    sheet: Sheet,
    *,
    campaign: str,
    source_id: str,
    version: str | None,
    questionnaire: Questionnaire,
    interviewer: str | None,
    unit: str | None,
) -> Form:
    """The submission, filled in to ``questionnaire`` as of ``version``.

    Raises Invalid with every problem, as for one that came as JSON.
    """
    own = sheet.own
    start, end = _moment(own.get("start")), _moment(own.get("end"))
    return form_from(
        {
            "campaign": campaign,
            "channel": CHANNEL,
            "source_id": source_id,
            "edition": questionnaire.edition,
            "questionnaire_version": version,
            "unit": own.get("unit", unit),
            "point": own.get("point"),
            "collected_at": end or start,
            "interviewer": interviewer,
            "consent": {
                "version": own.get("consent_version"),
                "given_at": start or end,
                "how": "ticked",
            },
            "respondent": {
                name: _number(text) if name == "age" else text for name, text in sheet.respondent.items()
            },
            "answers": _answers(questionnaire, sheet.answers),
            "message": own.get("message"),
        }
    )


def _answers(questionnaire: Questionnaire, written: Mapping[str, list[str]]) -> dict[str, Any]:
    """As the questionnaire expects them; what can't be made so is left for it to refuse."""
    by_id = questionnaire.by_id
    answers: dict[str, Any] = {}
    for id, texts in written.items():
        question = by_id.get(id)
        text = texts[0] if len(texts) == 1 else "\n".join(texts)
        answers[id] = text if question is None or question.kind in AS_WRITTEN else _read(question, text)
    return answers


def _read(question: Question, text: str) -> Any:
    if question.kind in CODE_LISTS:
        codes = list(dict.fromkeys(text.split()))
        return _first_few(question, codes) if question.kind == "ranking" else codes
    if question.kind == "decimal" and _DECIMAL.fullmatch(text):
        return float(text)
    return _number(text)


def _first_few(question: Question, codes: list[str]) -> list[str]:
    """What is meant: Collect sends all options of a ranking in their order, the questionnaire may ask for a few.

    An option that goes with no other is meant where it stands first; anywhere else it was only left over.
    """
    if codes and codes[0] in question.alone:
        return codes[:1]
    return [code for code in codes if code not in question.alone][: question.max_choices]


def _number(text: str) -> int | str:
    return int(text) if _INTEGER.fullmatch(text) else text


def _moment(text: str | None) -> str | None:
    """In the notation of RFC 3339: older clients write the offset without its minutes."""
    if text is None or _RFC_3339.fullmatch(text):
        return text
    try:
        return datetime.fromisoformat(text).isoformat()
    except ValueError:
        return text
