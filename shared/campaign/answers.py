"""Checks the answers of a submission against its questionnaire.

Messages echo what came only where it looks like a code: a name or a phone number that slipped into a closed
question must not travel on in an error message.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from shared.campaign.questionnaire import Question, Questionnaire
from shared.errors import FieldProblem

PROBLEM_LIMIT_COUNT = 50
"""No more problems are listed for one submission; nobody mends more at once."""

_ECHO_LIMIT_CHARS = 8  # a phone number is longer


def validate_answers(questionnaire: Questionnaire, answers: Mapping[str, object]) -> list[FieldProblem]:
    """All that is wrong with ``answers`` (question id to code, number of a scale, list of codes, or text).

    ``field`` of a problem is ``answers.<question>``, with ``[n]`` (from 0) for one choice of several.
    Left-out answers are fine unless the question is required.
    """
    questions, acceptors = questionnaire.by_id, questionnaire.acceptors
    problems: list[FieldProblem] = []
    for question_id, value in answers.items():
        try:
            if acceptors[question_id](value):
                continue
        except KeyError:
            problems.append(_unknown_question(question_id, questions))
        except TypeError:
            problems.extend(_reasons(questions[question_id], value))
        else:
            problems.extend(_reasons(questions[question_id], value))
        if len(problems) >= PROBLEM_LIMIT_COUNT:
            return problems[:PROBLEM_LIMIT_COUNT]
    problems.extend(_superfluous(questionnaire, answers))
    problems.extend(_missing(questionnaire, answers))
    return problems


def _superfluous(questionnaire: Questionnaire, answers: Mapping[str, object]) -> Iterator[FieldProblem]:
    for question in questionnaire.conditional_questions:
        if question.id in answers and not question.is_asked(answers):
            yield FieldProblem(f"answers.{question.id}", _not_asked(question))


def _missing(questionnaire: Questionnaire, answers: Mapping[str, object]) -> Iterator[FieldProblem]:
    for question in questionnaire.required_questions:
        if _is_blank(answers, question.id) and question.is_asked(answers):
            yield FieldProblem(f"answers.{question.id}", f"必答题“{question.text}”没有回答")


def _is_blank(answers: Mapping[str, object], question_id: str) -> bool:
    value = answers.get(question_id, "")
    return value == [] or (isinstance(value, str) and not value.strip())


def _unknown_question(question_id: str, questions: Mapping[str, Question]) -> FieldProblem:
    reason = f"问卷中没有这道题，题号应为 {'、'.join(questions)} 之一"
    return FieldProblem(f"answers.{_echo(question_id)}", reason)


def _reasons(question: Question, value: object) -> Iterable[FieldProblem]:
    field = f"answers.{question.id}"
    if question.kind in ("multiple", "ranking"):
        return _choices_reasons(question, field, value)
    if question.kind == "single":
        return [FieldProblem(field, _option_reason(question, value))]
    if question.kind == "scale":
        return [FieldProblem(field, _point_reason(question, value))]
    if isinstance(value, str):
        reason = f"最多 {question.max_length} 个字，收到 {len(value)} 个字"
    else:
        reason = f"应为文字，收到{_type_name(value)}"
    return [FieldProblem(field, reason)]


def _choices_reasons(question: Question, field: str, value: object) -> Iterable[FieldProblem]:
    if not isinstance(value, list):
        yield FieldProblem(
            field, f'应为选项代码的列表（如 ["{question.options[0].code}"]），收到{_type_name(value)}'
        )
        return
    if len(value) > question.max_choices:
        yield FieldProblem(field, f"最多选 {question.max_choices} 项，收到 {len(value)} 项")
    # One choice more than allowed can be checked; the rest of an endless list needn't be.
    for index, choice in enumerate(value[: question.max_choices + 1]):
        if not isinstance(choice, str) or choice not in question.codes:
            yield FieldProblem(f"{field}[{index}]", _option_reason(question, choice))
        elif choice in value[:index]:
            yield FieldProblem(f"{field}[{index}]", f"选项“{choice}”重复")


def _point_reason(question: Question, value: object) -> str:
    allowed = f"应为 {question.options[0].code} 至 {question.options[-1].code} 的整数"
    return f"{allowed}，收到{value if type(value) is int and abs(value) < 10**9 else _type_name(value)}"


def _not_asked(question: Question) -> str:
    conditions = "，且".join(
        f"“{id}”选 {'、'.join(sorted(codes))}" for id, codes in question.asked_when.items()
    )
    return f"只有{conditions} 时才需要回答这道题，请去掉这个回答"


def _option_reason(question: Question, value: object) -> str:
    allowed = f"应为选项代码 {'、'.join(question.labels)} 之一"
    if not isinstance(value, str):
        return f"{allowed}，收到{_type_name(value)}"
    return f"{allowed}，收到“{_echo(value)}”"


def _echo(value: str) -> str:
    if len(value) <= _ECHO_LIMIT_CHARS and value.isascii() and value.isprintable():
        return value
    return f"（{len(value)} 个字，未显示）"


_TYPE_NAMES: Mapping[type, str] = {
    str: "文字",
    bool: "是/否值",
    int: "数字",
    float: "数字",
    list: "列表",
    dict: "对象",
    type(None): "空值",
}


def _type_name(value: object) -> str:
    return _TYPE_NAMES.get(type(value), "其他类型的值")
