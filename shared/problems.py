"""What pydantic found wrong with an input, in the words of whoever sent it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from shared.errors import FieldProblem, Invalid

Model = TypeVar("Model", bound=BaseModel)

_MESSAGES: Mapping[str, str] = {
    "missing": "缺少这一项",
    "extra_forbidden": "没有这一项，请去掉或核对名称",
    "string_type": "应为文字",
    "string_too_short": "至少 {min_length} 个字",
    "string_too_long": "最多 {max_length} 个字",
    "string_pattern_mismatch": "格式应符合 {pattern}",
    "int_type": "应为整数",
    "int_parsing": "应为整数",
    "int_from_float": "应为整数",
    "float_type": "应为数字",
    "float_parsing": "应为数字",
    "finite_number": "应为有限的数字",
    "bool_type": "应为 true 或 false",
    "bool_parsing": "应为 true 或 false",
    "list_type": "应为列表",
    "dict_type": "应为对象",
    "model_type": "应为对象",
    "model_attributes_type": "应为对象",
    "literal_error": "应为 {expected} 之一",
    "enum": "应为 {expected} 之一",
    "greater_than": "应大于 {gt}",
    "greater_than_equal": "不能小于 {ge}",
    "less_than": "应小于 {lt}",
    "less_than_equal": "不能大于 {le}",
    "too_short": "至少 {min_length} 项",
    "too_long": "最多 {max_length} 项",
    "timezone_aware": "日期时间须带时区，如 2024-05-20T09:30:00+08:00",
    "value_error": "{error}",
}
_MESSAGES_BY_PREFIX: Mapping[str, str] = {
    "datetime_": "应为带时区的日期时间，如 2024-05-20T09:30:00+08:00",
    "date_": "应为日期，如 2024-05-20",
    "uuid_": "应为 UUID",
}


def parse(body: bytes, model: type[Model]) -> Model:
    """``body`` (JSON) as ``model``. Raises Invalid with every problem; with the code ``broken-json`` and the
    place when it isn't JSON at all."""
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
    if found[0]["type"] == "json_invalid":
        raise Invalid(f"内容不是有效的 JSON（UTF-8）：{found[0]['ctx']['error']}", code="broken-json")
    problems = [problem_of(entry["type"], entry["loc"], entry.get("ctx", {})) for entry in found]
    raise Invalid("提交的内容有误，请按所列各项修改后重新提交。", problems)


def problem_of(kind: str, location: Sequence[str | int], context: Mapping[str, Any]) -> FieldProblem:
    """The problem behind one entry of pydantic's list; what came is not echoed, since it may be personal."""
    return FieldProblem(_path(location), _message(kind, context))


def _path(location: Sequence[str | int]) -> str:
    path = ""
    for part in location:
        if isinstance(part, int):
            path += f"[{part}]"
        else:
            path += f".{part}" if path else part
    return path


def _message(kind: str, context: Mapping[str, Any]) -> str:
    message = _MESSAGES.get(kind)
    if message is None:
        by_prefix = (text for prefix, text in _MESSAGES_BY_PREFIX.items() if kind.startswith(prefix))
        message = next(by_prefix, "格式不对")
    return message.format_map(context)
