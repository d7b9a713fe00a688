"""A questionnaire as the rows of an XLSForm: what `shared.forms.xlsform` reads as the same questionnaire."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby

from shared.campaign.question import TEXT_LIMIT_CHARS, Bound, Question
from shared.campaign.questionnaire import Questionnaire, Section
from shared.errors import Invalid
from shared.forms.conditions import Asked, write_condition
from shared.forms.limits import Limits, write_limits

FormRow = dict[str, str]
"""One row by its columns; empty cells are left out."""

SURVEY = (
    "type",
    "name",
    "label",
    "hint",
    "required",
    "relevant",
    "constraint",
    "constraint_message",
    "appearance",
    "parameters",
    "max_choices",
    "alone",
    "bands",
)
CHOICES = ("list_name", "name", "label", "from")
SETTINGS = ("form_id", "version", "form_title", "edition", "requires")

_TYPES = {"single": "select_one", "multiple": "select_multiple", "ranking": "rank", "scale": "range"}


@dataclass(frozen=True, slots=True)
class FormRows:
    """The three sheets."""

    survey: Sequence[FormRow]
    choices: Sequence[FormRow]
    settings: FormRow


def form_rows(questionnaire: Questionnaire) -> FormRows:
    """The rows of the questionnaire. Raises Invalid where XLSForm cannot carry a text of it."""
    survey = [row for part in questionnaire.in_sections() for row in _part(*part, asked_of(questionnaire))]
    all_choices = [row for question in questionnaire.questions for row in _choices(question)]
    choices = list(
        {(row["list_name"], row["name"]): row for row in all_choices}.values()
    )  # a grid's only once
    _check(survey)
    _check(choices)
    settings = {
        "form_id": questionnaire.id,
        "version": questionnaire.version,
        "form_title": questionnaire.title,
        "edition": questionnaire.edition,
        "requires": " ".join(questionnaire.requires),
    }
    return FormRows(survey, choices, settings)


def asked_of(questionnaire: Questionnaire) -> Mapping[str, Asked]:
    """What conditions may speak of."""
    return {
        question.id: Asked(
            tuple(question.labels),
            is_multiple=question.kind in ("multiple", "ranking"),
            is_number=question.kind == "scale",
        )
        for question in questionnaire.questions
        if question.is_choice
    }


def bounds_said(question: Question) -> list[str]:
    """The limits of a number or date in words; none where it has none."""
    words = ("不早于", "不晚于") if question.kind == "date" else ("不小于", "不大于")
    bounds = zip(words, (question.minimum, question.maximum), strict=True)
    return [f"{word} {_written(bound)}" for word, bound in bounds if bound is not None]


def filled(row: Mapping[str, str | None]) -> FormRow:
    """The row without its empty cells."""
    return {column: text for column, text in row.items() if text}


def _part(
    section: Section | None, questions: Sequence[Question], asked: Mapping[str, Asked]
) -> Iterator[FormRow]:
    if section is not None:
        # No question's id starts with "_", so that sections and questions may have the same names.
        yield {"type": "begin_group", "name": f"_{section.id}", "label": section.title}
    for grid, rows in groupby(questions, key=lambda question: question.grid and question.grid.id):
        if grid is None:
            yield from (_question(question, asked) for question in rows)
        else:
            yield from _grid(list(rows), asked)
    if section is not None:
        yield {"type": "end_group"}


def _grid(rows: Sequence[Question], asked: Mapping[str, Asked]) -> Iterator[FormRow]:
    first, grid = rows[0], rows[0].grid
    assert grid is not None
    yield filled(
        {
            "type": "begin_group",
            "name": grid.id,
            "label": grid.text,
            "hint": first.hint,
            "relevant": write_condition(first.asked_when, asked),
            "constraint_message": first.message,
            "appearance": "table-list",
        }
    )
    for row in rows:
        assert row.grid is not None
        required = "yes" if row.is_required else None
        yield filled(
            {"type": f"select_one {grid.id}", "name": row.id, "label": row.grid.label, "required": required}
        )
    yield {"type": "end_group"}


def _question(question: Question, asked: Mapping[str, Asked]) -> FormRow:
    kind = _TYPES.get(question.kind, question.kind)
    is_listed = question.kind in ("single", "multiple", "ranking")
    is_limited_ranking = question.kind == "ranking" and question.max_choices < len(question.options)
    return filled(
        {
            "type": f"{kind} {question.id}" if is_listed else kind,
            "name": question.id,
            "label": question.text,
            "hint": question.hint,
            "required": "yes" if question.is_required else None,
            "relevant": write_condition(question.asked_when, asked),
            "constraint": write_limits(_limits(question)),
            "constraint_message": question.message,
            "appearance": "multiline" if question.kind == "text" else None,
            "parameters": _parameters(question) if question.kind == "scale" else None,
            "max_choices": str(question.max_choices) if is_limited_ranking else None,
            "alone": " ".join(_alone(question)) if question.kind == "ranking" else None,
            "bands": question.id if question.options and not question.is_choice else None,
        }
    )


def _parameters(scale: Question) -> str:
    ends = f"start={scale.options[0].code} end={scale.options[-1].code}"
    return f"{ends} step=1 tick_labelset={scale.id}"


def _limits(question: Question) -> Limits:
    if question.kind == "multiple":
        is_limited = question.max_choices < len(question.options)
        return Limits(most_choices=question.max_choices if is_limited else None, alone=_alone(question))
    if question.kind == "text" and question.max_length < TEXT_LIMIT_CHARS:
        return Limits(most_characters=question.max_length)
    return Limits(_written(question.minimum), _written(question.maximum))


def _alone(question: Question) -> tuple[str, ...]:
    return tuple(code for code in question.labels if code in question.alone)


def _written(bound: Bound | None) -> str | None:
    """A number without an exponent, which XPath doesn't know, or a date."""
    if bound is None or isinstance(bound, str):
        return bound
    return str(int(bound)) if bound == int(bound) else f"{Decimal(repr(bound)):f}"


def _choices(question: Question) -> Iterator[FormRow]:
    """The question's list; a grid has that of its first row, a scale one for what its ends mean."""
    list_name = question.id if question.grid is None else question.grid.id
    starts: list[Bound | None] = [None] * len(question.options)  # only bands begin somewhere
    starts[1:] = question.band_starts or starts[1:]
    for option, start in zip(question.options, starts, strict=True):
        label = option.label
        if question.kind == "scale":
            label = label.removeprefix(option.code).strip()
        if label:
            yield filled(
                {"list_name": list_name, "name": option.code, "label": label, "from": _written(start)}
            )


def _check(rows: Sequence[FormRow]) -> None:
    for row in rows:
        for column in ("label", "hint", "constraint_message"):
            if "${" in row.get(column, ""):
                name = row.get("name", "")
                raise Invalid(f"“{name}”的文字里有“${{”，XLSForm 会当作引用别的题，请改写：{row[column]}")
