"""Submissions that must be refused, each with one thing wrong."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from shared.campaign import Question, QuestionKind, Questionnaire

OVERSIZE_CHARS = 200_000
"""600 kB of Chinese: over the limit of one request's body (256 KiB unless the settings say otherwise)."""

Form = dict[str, Any]
Spoil = Callable[[Questionnaire, Form], Form | None]
"""Makes a good form bad; None where the questionnaire gives no occasion for it."""


def _with(form: Form, field: str, value: Any) -> Form:
    return {**form, field: value}


def _with_answer(form: Form, question_id: str, value: Any) -> Form:
    return {**form, "answers": {**form["answers"], question_id: value}}


def _first(questionnaire: Questionnaire, kind: QuestionKind) -> Question | None:
    """The first question of that kind that is put to everybody, and that no other one depends on."""
    decisive = {id for question in questionnaire.questions for id in question.asked_when}
    for question in questionnaire.questions:
        if question.kind == kind and not question.asked_when and question.id not in decisive:
            return question
    return None


def _unknown_option(questionnaire: Questionnaire, form: Form) -> Form | None:
    question = _first(questionnaire, "single")
    return _with_answer(form, question.id, "zz") if question else None


def _repeated_choice(questionnaire: Questionnaire, form: Form) -> Form | None:
    question = _first(questionnaire, "multiple")
    return _with_answer(form, question.id, [question.options[0].code] * 2) if question else None


def _long_text(questionnaire: Questionnaire, form: Form) -> Form | None:
    question = _first(questionnaire, "text")
    return _with_answer(form, question.id, "长" * (question.max_length + 1)) if question else None


def _missing_answer(questionnaire: Questionnaire, form: Form) -> Form | None:
    return _with(form, "answers", {}) if questionnaire.required_questions else None


def _missing_age(questionnaire: Questionnaire, form: Form) -> Form | None:
    return _with(form, "respondent", {}) if "age" in questionnaire.requires else None


SPOILS: Mapping[str, Spoil] = {
    "unknown_unit": lambda _, form: _with(form, "unit", "atlantis"),
    "unknown_point": lambda _, form: _with(form, "point", "atlantis-town-01"),
    "unknown_edition": lambda _, form: _with(form, "edition", "deluxe"),
    "unknown_question": lambda _, form: _with_answer(form, "q99", "a"),
    "unknown_option": _unknown_option,
    "repeated_choice": _repeated_choice,
    "long_text": _long_text,
    "missing_answer": _missing_answer,
    "too_young": lambda _, form: _with(form, "respondent", {**form["respondent"], "age": 7}),
    "missing_age": _missing_age,
    "missing_consent": lambda _, form: {field: form[field] for field in form if field != "consent"},
    "unknown_consent": lambda _, form: _with(form, "consent", {**form["consent"], "version": "1921-07"}),
}
"""What can be wrong with a form that is JSON: each is answered with 422."""


def broken_json(form: Form) -> bytes:
    """A form that was cut off: answered with 400."""
    encoded = json.dumps(form, ensure_ascii=False).encode()
    return encoded[: len(encoded) // 2]


def too_large(form: Form) -> bytes:
    """A form that no channel needs: answered with 413."""
    return json.dumps(_with(form, "message", "长" * OVERSIZE_CHARS), ensure_ascii=False).encode()
