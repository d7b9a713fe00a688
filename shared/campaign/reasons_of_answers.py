"""Says in Chinese why a value isn't a permissible answer.

Messages echo what came only where it looks like a code: a name or a phone number that slipped into a closed
question must not travel on in an error message, and nor must a number or a day that tells who gave it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from shared.campaign.question import Question, is_iso_date
from shared.errors import FieldProblem

_ECHO_LIMIT_CHARS = 8  # a phone number is longer


def reasons(question: Question, value: object) -> Iterator[FieldProblem]:
    """All that is wrong with ``value``, which isn't a permissible answer: the question's message, then details."""
    for field, reason in _details(question, f"answers.{question.id}", value):
        yield FieldProblem(field, f"{question.message}（{reason}）" if question.message else reason)


def _details(question: Question, field: str, value: object) -> Iterator[tuple[str, str]]:
    match question.kind:
        case "multiple" | "ranking":
            yield from _choices_reasons(question, field, value)
        case "single":
            yield field, _option_reason(question, value)
        case "scale":
            yield field, _point_reason(question, value)
        case "text":
            yield field, _text_reason(question, value)
        case _:
            yield field, _measure_reason(question, value)


def _choices_reasons(question: Question, field: str, value: object) -> Iterator[tuple[str, str]]:
    if not isinstance(value, list):
        example = question.options[0].code
        yield field, f'应为选项代码的列表（如 ["{example}"]），收到{_type_name(value)}'
        return
    if len(value) > question.max_choices:
        yield field, f"最多选 {question.max_choices} 项，收到 {len(value)} 项"
    # One choice more than allowed can be checked; the rest of an endless list needn't be.
    for index, choice in enumerate(value[: question.max_choices + 1]):
        if not isinstance(choice, str) or choice not in question.codes:
            yield f"{field}[{index}]", _option_reason(question, choice)
        elif choice in value[:index]:
            yield f"{field}[{index}]", f"选项“{choice}”重复"
        elif choice in question.alone and len(value) > 1:
            yield f"{field}[{index}]", f"选项“{choice}”（{question.labels[choice]}）不能与其他选项同时选"


def _option_reason(question: Question, value: object) -> str:
    allowed = f"应为选项代码 {'、'.join(question.labels)} 之一"
    if not isinstance(value, str):
        return f"{allowed}，收到{_type_name(value)}"
    return f"{allowed}，收到“{echo(value)}”"


def _point_reason(question: Question, value: object) -> str:
    allowed = f"应为 {question.options[0].code} 至 {question.options[-1].code} 的整数"
    return f"{allowed}，收到{value if type(value) is int and abs(value) < 10**9 else _type_name(value)}"


def _text_reason(question: Question, value: object) -> str:
    if isinstance(value, str):
        return f"最多 {question.max_length} 个字，收到 {len(value)} 个字"
    return f"应为文字，收到{_type_name(value)}"


def _measure_reason(question: Question, value: object) -> str:
    is_date = question.kind == "date"
    allowed = f"应为{_range(question)}{_MEASURE_NAMES[question.kind]}"
    if not (_is_date(value) if is_date else type(value) in (int, float)):
        return f"{allowed}，收到{_type_name(value)}"
    least, greatest = question.limits
    found: Any = value
    if found < least:
        return f"{allowed}，收到的太{'早' if is_date else '小'}"
    if found > greatest:
        return f"{allowed}，收到的太{'晚' if is_date else '大'}"
    return f"{allowed}，收到的带有小数"


def _is_date(value: object) -> bool:
    return isinstance(value, str) and is_iso_date(value)


def _range(question: Question) -> str:
    least, greatest = question.minimum, question.maximum
    is_date = question.kind == "date"
    if least is not None and greatest is not None:
        return f" {least} 至 {greatest} 的"
    if least is not None:
        return f"不{'早' if is_date else '小'}于 {least} 的"
    return "" if greatest is None else f"不{'晚' if is_date else '大'}于 {greatest} 的"


def echo(value: str) -> str:
    """The value where it may be a code, else how long it is."""
    if len(value) <= _ECHO_LIMIT_CHARS and value.isascii() and value.isprintable():
        return value
    return f"（{len(value)} 个字，未显示）"


_MEASURE_NAMES: Mapping[str, str] = {
    "integer": "整数",
    "decimal": "数字",
    "date": "日期（如 2024-05-10）",
}

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
