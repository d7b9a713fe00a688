"""What must hold inside a questionnaire's file beyond the shapes of its fields."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from shared.campaign.errors import Problem
from shared.campaign.questionnaire import other_id, row_id
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
)
from shared.campaign.reserved_ids import is_reserved
from shared.campaign.rules import Parsed
from shared.campaign.source import Source

MOST_CHOICES = 64  # a submission's choices are kept as the bits of a number


def questionnaire_rules(parsed: Parsed[QuestionnaireFile]) -> Iterator[Problem]:
    """The rules of a questionnaire's file."""
    source, questions = parsed.source, parsed.content.questions
    yield from _section_rules(parsed)
    yield from _id_rules(source, questions)
    earlier: dict[str, frozenset[str]] = {}
    for id, question in questions.items():
        if isinstance(question, MultipleShape | RankingShape):
            yield from _choice_rules(source, id, question)
        if isinstance(question, SingleShape | MultipleShape):
            yield from _other_rules(source, id, question)
        if isinstance(question, IntegerShape | DecimalShape | DateShape):
            yield from _measure_rules(source, id, question)
        yield from _when_rules(source, id, question, earlier)
        earlier |= _choosable(id, question)


def _section_rules(parsed: Parsed[QuestionnaireFile]) -> Iterator[Problem]:
    """Every question is in a section, and sections follow each other as they are listed."""
    source, sections = parsed.source, list(parsed.content.sections)
    furthest = 0
    for id, question in parsed.content.questions.items():
        if question.section is None:
            if sections:
                yield source.problem("缺少“section”（属于哪一部分）", "questions", id)
        elif question.section not in sections:
            known = "、".join(sections) or "无"
            reason = f"没有“{question.section}”这一部分；已有的：{known}"
            yield source.problem(reason, "questions", id, "section")
        elif (place := sections.index(question.section)) < furthest:
            reason = f"同一部分的题应排在一起，并按各部分的顺序：“{question.section}”应在“{sections[furthest]}”之前"
            yield source.problem(reason, "questions", id, "section")
        else:
            furthest = place
    for section in set(sections) - {question.section for question in parsed.content.questions.values()}:
        yield source.problem(f"“{section}”这一部分没有题", "sections", section)


def _id_rules(source: Source, questions: Mapping[str, QuestionShape]) -> Iterator[Problem]:
    """Ids of questions are free, also of those that the file implies."""
    for id, question in questions.items():
        for taken in filter(is_reserved, (id, *_implied_ids(id, question))):
            yield source.problem(f"题号不能用“{taken}”，请换一个", "questions", id)
        for implied in _implied_ids(id, question):
            if implied in questions:
                owner = f"“{id}”的{'一行' if isinstance(question, GridShape) else '补充说明'}"
                yield source.problem(f"题号“{implied}”已用于{owner}，请换一个", "questions", implied)


def _implied_ids(id: str, question: QuestionShape) -> Iterator[str]:
    if isinstance(question, GridShape):
        yield from (row_id(id, row) for row in question.rows)
    elif isinstance(question, SingleShape | MultipleShape) and question.other is not None:
        yield other_id(id)


def _choice_rules(source: Source, id: str, question: MultipleShape | RankingShape) -> Iterator[Problem]:
    if (question.max_choices or 1) > len(question.options):
        reason = f"最多可选 {question.max_choices} 项，但只有 {len(question.options)} 个选项"
        yield source.problem(reason, "questions", id, "max_choices")
    if len(question.options) > MOST_CHOICES:
        reason = f"多选题最多 {MOST_CHOICES} 个选项，收到 {len(question.options)} 个"
        yield source.problem(reason, "questions", id, "options")
    for index, code in enumerate(question.alone):
        if code not in question.options:
            reason = f"没有选项“{code}”；已有的：{'、'.join(question.options)}"
            yield source.problem(reason, "questions", id, "alone", index)


def _other_rules(source: Source, id: str, question: SingleShape | MultipleShape) -> Iterator[Problem]:
    if question.other is not None and question.other not in question.options:
        reason = f"没有选项“{question.other}”；已有的：{'、'.join(question.options)}"
        yield source.problem(reason, "questions", id, "other")


def _measure_rules(
    source: Source, id: str, question: IntegerShape | DecimalShape | DateShape
) -> Iterator[Problem]:
    """Limits leave room, and bands take up all of it, each beginning where the one before ends."""
    least: Any = question.minimum
    greatest: Any = question.maximum
    if least is not None and greatest is not None and least > greatest:
        yield source.problem(f"最小值 {least} 大于最大值 {greatest}", "questions", id, "min")
    before: Any = least
    starts: dict[str, Any] = {code: band.starts_at for code, band in question.bands.items()}
    for index, (code, start) in enumerate(starts.items()):
        place = ("questions", id, "bands", code)
        if index == 0:
            if start is not None:
                yield source.problem("第一段从最小值开始，不写“from”", *place)
        elif start is None:
            yield source.problem("缺少“from”（从哪里开始；到下一段之前为止）", *place)
        else:
            if before is not None and start <= before:
                yield source.problem(f"应从大于 {before} 的值开始，收到 {start}", *place)
            if greatest is not None and start > greatest:
                yield source.problem(f"从 {start} 开始，但最大值是 {greatest}", *place)
            before = start


def _when_rules(
    source: Source, id: str, question: QuestionShape, earlier: Mapping[str, frozenset[str]]
) -> Iterator[Problem]:
    """A condition speaks of an earlier question's codes."""
    for other, codes in question.when.items():
        if other not in earlier:
            reason = f"条件中的“{other}”应是排在前面的一道选择题"
            yield source.problem(reason, "questions", id, "when", other)
            continue
        for index, code in enumerate(codes):
            if code not in earlier[other]:
                reason = f"“{other}”没有选项“{code}”；已有的：{'、'.join(sorted(earlier[other]))}"
                yield source.problem(reason, "questions", id, "when", other, index)


def _choosable(id: str, question: QuestionShape) -> Mapping[str, frozenset[str]]:
    """The questions that this one is, by their ids, with what can be chosen; none where people write."""
    match question:
        case GridShape():
            return {row_id(id, row): frozenset(question.options) for row in question.rows}
        case ScaleShape():
            points = range(question.lowest, question.highest + 1)
            return {id: frozenset(str(point) for point in points)}
        case SingleShape() | MultipleShape() | RankingShape():
            return {id: frozenset(question.options)}
        case _:
            return {}
