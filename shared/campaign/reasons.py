"""Says in Chinese what pydantic found wrong with a file, at the line where it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from shared.campaign.errors import Problem
from shared.campaign.source import Source

_ECHO_LIMIT_CHARS = 40


def shape_problems(source: Source, error: ValidationError) -> list[Problem]:
    """One problem for each of pydantic's errors."""
    return [source.problem(_reason(detail), *_place(detail)) for detail in error.errors(include_url=False)]


def _place(detail: ErrorDetails) -> tuple[int | str, ...]:
    if detail["type"] == "union_tag_invalid":  # pydantic names the mapping; the wrong line is its kind
        return (*detail["loc"], "kind")
    return detail["loc"]


def _reason(detail: ErrorDetails) -> str:
    say = _REASONS.get(detail["type"])
    return say(detail) if say else f"内容不正确（{detail['msg']}）"


def _should_be(what: str) -> Callable[[ErrorDetails], str]:
    return lambda detail: f"{_what(detail)}应为{what}，收到{_came(detail)}"


def _what(detail: ErrorDetails) -> str:
    names = [part for part in detail["loc"] if isinstance(part, str) and part != "[key]"]
    return f"“{names[-1]}”" if names else "内容"


def _came(detail: ErrorDetails) -> str:
    value = detail["input"]
    if isinstance(value, dict | list):
        return "列表" if isinstance(value, list) else "“名称: 值”的对照"
    if value is None:
        return "空值"
    return f"“{str(value)[:_ECHO_LIMIT_CHARS]}”"


def _limit(detail: ErrorDetails, name: str) -> str:
    return str(detail["ctx"][name])


def _pattern(detail: ErrorDetails) -> str:
    pattern = _limit(detail, "pattern")
    return f"{_what(detail)}的写法不对：应为{_PATTERNS.get(pattern, pattern)}，收到{_came(detail)}"


_PATTERNS: Mapping[str, str] = {
    r"^[a-z][a-z0-9_-]{0,39}$": "小写字母开头、由小写字母、数字、“_”和“-”组成的代号（最长 40 位）",
    r"^[A-Za-z0-9_-]{1,16}$": "由字母、数字、“_”和“-”组成的代码（最长 16 位）",
    r"^[a-z0-9_]{1,16}$": "由小写字母、数字和“_”组成的代号（最长 16 位）",
    r"^[^@\s]+@[^@\s]+\.[^@\s]+$": "邮箱地址",
    r"^\d+(-\d+|\+)$": "年龄段（如 26-30，最后一段如 41+）",
}

_REASONS: Mapping[str, Callable[[ErrorDetails], str]] = {
    "missing": lambda detail: f"缺少“{detail['loc'][-1]}”",
    "extra_forbidden": lambda detail: f"不认识“{detail['loc'][-1]}”这一项",
    "string_type": lambda detail: f"{_what(detail)}应为文字，收到{_came(detail)}；像数字或日期的文字请加引号",
    "int_type": _should_be("整数"),
    "float_type": _should_be("数字"),
    "bool_type": _should_be(" true 或 false"),
    "date_type": _should_be("日期（如 2024-05-10）"),
    "dict_type": _should_be("“名称: 值”的对照"),
    "model_type": _should_be("“名称: 值”的对照"),
    "model_attributes_type": _should_be("“名称: 值”的对照"),
    "list_type": _should_be("列表"),
    "literal_error": lambda detail: (
        f"{_what(detail)}应为 {_limit(detail, 'expected').replace(' or ', '、')} 之一，收到{_came(detail)}"
    ),
    "union_tag_invalid": lambda detail: (
        f"“kind”应为 {_limit(detail, 'expected_tags')} 之一，收到“{_limit(detail, 'tag')}”"
    ),
    "union_tag_not_found": lambda _: "缺少“kind”",
    "string_pattern_mismatch": _pattern,
    "string_too_short": lambda detail: f"{_what(detail)}不能为空",
    "too_short": lambda detail: f"{_what(detail)}至少要有 {_limit(detail, 'min_length')} 项",
    "greater_than_equal": lambda detail: (
        f"{_what(detail)}不能小于 {_limit(detail, 'ge')}，收到{_came(detail)}"
    ),
    "less_than_equal": lambda detail: f"{_what(detail)}不能大于 {_limit(detail, 'le')}，收到{_came(detail)}",
}
