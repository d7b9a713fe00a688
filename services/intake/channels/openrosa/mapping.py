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
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, auto
from functools import lru_cache
from typing import Any

import orjson

from services.intake.channels.openrosa.shapes import Reading, unnumbered
from services.intake.form import Form, read_form
from shared.campaign import Question, Questionnaire
from shared.campaign.reserved_ids import DEVICE_LEAVES, RESPONDENT_PREFIX
from shared.errors import FieldProblem, Invalid

CHANNEL = "offline"
OWN_LEAVES = frozenset({"unit", "point", "consent", "consent_version", "start", "end", "message"})
CODE_LISTS = frozenset({"multiple", "ranking"})
SHORT_PATH_CHARS = 200
"""Longer paths come from no form of ours, and aren't remembered."""
_INTEGER = re.compile(r"-?[0-9]{1,15}")
_DECIMAL = re.compile(r"-?[0-9]{1,15}\.[0-9]{1,15}")


class Meant(Enum):
    """What a leaf is for."""

    OWN = auto()
    RESPONDENT = auto()
    ANSWER = auto()
    NOTHING = auto()


@dataclass(frozen=True, slots=True)
class Sheet:
    """The leaves of one instance by what they mean; ``answers`` as they are written."""

    own: dict[str, str] = field(default_factory=dict)
    respondent: dict[str, str] = field(default_factory=dict)
    answers: dict[str, list[str]] = field(default_factory=dict)


def sheet_of(reading: Reading) -> Sheet:
    """Sort the leaves. Raises Invalid where the respondent didn't agree: then nothing may be kept."""
    sheet = Sheet()
    files, calculated = reading.attachments, reading.shape.calculated
    for path, text in reading.answers.items():
        if text is None:
            continue
        meant, name, plain = _meant(path) if len(path) <= SHORT_PATH_CHARS else _look_up(path)
        if meant is Meant.ANSWER:
            if path not in files and plain not in calculated:
                sheet.answers.setdefault(name, []).append(text)
        elif meant is Meant.OWN:
            sheet.own[name] = text
        elif meant is Meant.RESPONDENT:
            sheet.respondent[name] = text
    if sheet.own.get("consent") != "yes":
        reason = "应为“同意”；受访者没有同意，访谈不能提交"
        raise Invalid("没有受访者的知情同意。", [FieldProblem("consent", reason)], code="no-consent")
    return sheet


def _look_up(path: str) -> tuple[Meant, str, str]:
    """What a leaf means, what it is called there, and its path without the numbers of rows."""
    plain = unnumbered(path)
    leaf = plain.rpartition("/")[2]
    if path.startswith("meta/") or leaf in DEVICE_LEAVES:
        return Meant.NOTHING, leaf, plain
    if leaf in OWN_LEAVES:
        return Meant.OWN, leaf, plain
    if leaf.startswith(RESPONDENT_PREFIX):
        return Meant.RESPONDENT, leaf.removeprefix(RESPONDENT_PREFIX), plain
    return Meant.ANSWER, leaf, plain


_meant = lru_cache(maxsize=4096)(_look_up)
"""Nearly all forms have the same leaves."""


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
    fields = _told(
        campaign=campaign,
        channel=CHANNEL,
        source_id=source_id,
        edition=questionnaire.edition,
        questionnaire_version=version,
        unit=own.get("unit", unit),
        point=own.get("point"),
        collected_at=end or start,
        interviewer=interviewer,
        consent=_told(version=own.get("consent_version"), given_at=start or end, how="ticked"),
        respondent={
            name: _number(text) if name == "age" else text for name, text in sheet.respondent.items()
        },
        answers={id: _answer(questionnaire, id, texts) for id, texts in sheet.answers.items()},
        message=own.get("message"),
    )
    return read_form(orjson.dumps(fields))


def _told(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


def _answer(questionnaire: Questionnaire, id: str, texts: list[str]) -> Any:
    """As the questionnaire expects it; what can't be made so is left for it to refuse."""
    question = questionnaire.by_id.get(id)
    kind = "text" if question is None else question.kind
    if question is not None and kind in CODE_LISTS:
        codes = list(dict.fromkeys(code for text in texts for code in text.split()))
        return _first_few(question, codes) if kind == "ranking" else codes
    text = "\n".join(texts)
    if kind in ("scale", "integer"):
        return _number(text)
    if kind == "decimal":
        return float(text) if _DECIMAL.fullmatch(text) else _number(text)
    return text


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
    if text is None:
        return None
    try:
        return datetime.fromisoformat(text).isoformat()
    except ValueError:
        return text
