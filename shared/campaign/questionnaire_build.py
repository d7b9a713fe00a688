"""Turns a questionnaire's file, known to be right, into a ``Questionnaire``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date

from shared.campaign.question import Bound, GridRow, Option, Question
from shared.campaign.questionnaire import Earlier, Questionnaire, Section, other_id, row_id
from shared.campaign.questionnaire_schema import (
    DateShape,
    DecimalShape,
    GridShape,
    IntegerShape,
    MultipleShape,
    QuestionnaireFile,
    QuestionShape,
    RankingShape,
    ScaleShape,
    SingleShape,
    TextShape,
)


def build_questionnaire(versions: Sequence[QuestionnaireFile]) -> Questionnaire:
    """The questionnaire that the first of ``versions`` describes; each one replaces the next."""
    file, *earlier = versions
    return Questionnaire(
        id=file.id,
        edition=file.edition,
        version=file.version,
        title=file.title,
        requires=tuple(file.requires),
        questions=tuple(each for id, shape in file.questions.items() for each in _questions(id, shape)),
        sections=tuple(Section(id, title) for id, title in file.sections.items()),
        earlier=_earlier(file, earlier),
    )


def _earlier(file: QuestionnaireFile, earlier: Sequence[QuestionnaireFile]) -> Earlier | None:
    if file.replaces is None:
        return None
    return Earlier(build_questionnaire(earlier), file.replaces.questions, file.replaces.options)


def _questions(id: str, shape: QuestionShape) -> Iterator[Question]:
    """The question, or a grid's, and the one for the words behind its option «other»."""
    match shape:
        case GridShape():
            yield from _rows(id, shape)
        case SingleShape() | MultipleShape():
            yield _question(id, shape)
            if shape.other is not None:
                yield _words_of_other(id, shape, shape.other)
        case _:
            yield _question(id, shape)


def _question(id: str, shape: QuestionShape) -> Question:
    assert not isinstance(shape, GridShape)
    common = Question(
        id=id,
        kind=shape.kind,
        text=shape.text,
        options=_options(shape),
        is_required=shape.required,
        asked_when={question: frozenset(codes) for question, codes in shape.when.items()},
        hint=shape.hint,
        message=shape.message,
        section=shape.section,
    )
    match shape:
        case MultipleShape() | RankingShape():
            most = shape.max_choices or len(shape.options)
            return replace(common, max_choices=most, alone=frozenset(shape.alone))
        case TextShape():
            return replace(common, max_length=shape.max_length)
        case IntegerShape() | DecimalShape() | DateShape():
            starts = (band.starts_at for band in shape.bands.values())
            return replace(
                common,
                minimum=_bound(shape.minimum),
                maximum=_bound(shape.maximum),
                band_starts=tuple(bound for start in starts if (bound := _bound(start)) is not None),
            )
        case _:
            return common


def _rows(id: str, grid: GridShape) -> Iterator[Question]:
    for row, label in grid.rows.items():
        yield Question(
            id=row_id(id, row),
            kind="single",
            text=f"{grid.text}——{label}",
            options=_labelled(grid.options),
            is_required=grid.required,
            asked_when={question: frozenset(codes) for question, codes in grid.when.items()},
            hint=grid.hint,
            message=grid.message,
            section=grid.section,
            grid=GridRow(id, grid.text, label),
        )


def _words_of_other(id: str, shape: SingleShape | MultipleShape, other: str) -> Question:
    return Question(
        other_id(id),
        "text",
        f"“{shape.options[other]}”请说明（{shape.text}）",
        asked_when={id: frozenset({other})},
        section=shape.section,
    )


def _options(shape: QuestionShape) -> tuple[Option, ...]:
    match shape:
        case TextShape():
            return ()
        case ScaleShape():
            return _points(shape)
        case IntegerShape() | DecimalShape() | DateShape():
            return tuple(Option(code, band.label) for code, band in shape.bands.items())
        case _:
            return _labelled(shape.options)


def _labelled(labels: dict[str, str]) -> tuple[Option, ...]:
    return tuple(Option(code, label) for code, label in labels.items())


def _points(scale: ScaleShape) -> tuple[Option, ...]:
    meanings = {scale.lowest: scale.labels[0], scale.highest: scale.labels[1]}
    return tuple(
        Option(str(point), f"{point} {meanings[point]}" if point in meanings else str(point))
        for point in range(scale.lowest, scale.highest + 1)
    )


def _bound(value: float | date | None) -> Bound | None:
    return value.isoformat() if isinstance(value, date) else value
