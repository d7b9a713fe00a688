"""CloudEvents 1.0 as others send them: the JSON format, and the HTTP and Kafka bindings in every mode.

Attributes are kept by name, data as what the JSON says or as bytes. Specification: cloudevents/spec 1.0.2, with
``json-format.md``, ``http-protocol-binding.md`` and ``kafka-protocol-binding.md``.
"""

from __future__ import annotations

import json
import re
from base64 import b64decode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from math import isinf
from typing import Any, NoReturn
from urllib.parse import unquote_to_bytes

from shared.errors import FieldProblem, Invalid

SPEC_VERSION = "1.0"
STRUCTURED = "application/cloudevents+json"
BATCHED = "application/cloudevents-batch+json"
HTTP_PREFIX = "ce-"
KAFKA_PREFIX = "ce_"

Attribute = str | int | bool

_REQUIRED = ("id", "source", "type")
_NAMED = frozenset({*_REQUIRED, "specversion", "datacontenttype", "dataschema", "subject", "time"})
_DATA = frozenset({"data", "data_base64"})
_NAME = re.compile(r"[a-z0-9]+\Z")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)\Z", re.IGNORECASE)
_URI = re.compile(r"[^\s\"<>\\^`{|}]+\Z")
_MEDIA_TYPE = re.compile(r"[\w!#$&^.+-]+/[\w!#$&^.+-]+\s*(;.*)?\Z", re.ASCII)
_INTEGER_LIMIT = 2**31


class Mode(StrEnum):
    """How events travel: attributes beside the data, the whole event in the body, or many of them in it."""

    BINARY = "binary"
    STRUCTURED = "structured"
    BATCHED = "batch"


@dataclass(frozen=True)
class CloudEvent:
    """One event: its attributes, extensions among them, and its data.

    ``data`` is a JSON value (None for none), or bytes where they came as such.
    """

    attributes: Mapping[str, Attribute]
    data: Any = None

    def text(self, name: str) -> str:
        """The attribute as text; empty where there is none."""
        return str(self.attributes.get(name, ""))

    @property
    def data_bytes(self) -> bytes:
        """The data as it stands in a body of its own; no bytes for none."""
        if isinstance(self.data, bytes):
            return self.data
        if self.data is None:
            return b""
        if isinstance(self.data, str) and not is_json(self.text("datacontenttype")):
            return self.data.encode()
        return json.dumps(self.data, ensure_ascii=False).encode()


def read_json(text: bytes) -> CloudEvent:
    """One event in the JSON format. Raises Invalid that names the attribute."""
    return _event(_parsed(text))


def read_http(headers: Iterable[tuple[str, str]], body: bytes) -> tuple[Mode, Sequence[CloudEvent]]:
    """The events of a request. Raises Invalid that names the attribute, in a batch with the event's place."""
    given = [(name.lower(), value) for name, value in headers]
    content_type = dict(given).get("content-type", "")
    mode = mode_of(content_type)
    if mode is Mode.STRUCTURED:
        return mode, [read_json(body)]
    if mode is Mode.BATCHED:
        return mode, _batch(body)
    attributes = _of_headers(given, HTTP_PREFIX, _http_value)
    return mode, [_beside(attributes, content_type, body)]


def read_record(headers: Iterable[tuple[str, bytes]], value: bytes) -> CloudEvent:
    """The event of a Kafka record. Raises Invalid that names the attribute."""
    given = [(name.lower(), content) for name, content in headers]
    content_type = _utf8("content-type", dict(given).get("content-type", b""))
    mode = mode_of(content_type)
    if mode is Mode.STRUCTURED:
        return read_json(value)
    if mode is Mode.BATCHED:
        _refuse("content-type", "日志中的一条消息只能有一个事件")
    return _beside(_of_headers(given, KAFKA_PREFIX, _utf8), content_type, value)


def mode_of(content_type: str) -> Mode:
    """The mode that a content type announces. Raises Invalid for another format than JSON."""
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type == STRUCTURED:
        return Mode.STRUCTURED
    if media_type == BATCHED:
        return Mode.BATCHED
    if media_type.startswith("application/cloudevents"):
        _refuse("content-type", f"只支持 JSON 格式（{STRUCTURED}）")
    return Mode.BINARY


def is_json(content_type: str) -> bool:
    """Whether data of this type is JSON; data without a type is."""
    media_type = content_type.partition(";")[0].strip().lower()
    return not media_type or media_type.endswith(("/json", "+json"))


def _batch(body: bytes) -> list[CloudEvent]:
    members = _parsed(body)
    if not isinstance(members, list):
        _refuse("", "成批的事件应为 JSON 列表")
    events = []
    for place, member in enumerate(members):
        try:
            events.append(_event(member))
        except Invalid as error:
            raise Invalid(
                f"第 {place + 1} 个事件有误。",
                [FieldProblem(f"[{place}].{problem.field}", problem.message) for problem in error.problems],
                code=error.code,
            ) from error
    return events


def _event(members: Any) -> CloudEvent:
    if not isinstance(members, dict):
        _refuse("", "事件应为 JSON 对象")
    given = {name: value for name, value in members.items() if value is not None}
    if given.keys() >= _DATA:
        _refuse("data_base64", "data 与 data_base64 只能有一项")
    attributes = {name: _checked(name, value) for name, value in given.items() if name not in _DATA}
    _check_required(attributes)
    if "data_base64" in given:
        return CloudEvent(attributes, _bytes_of(given["data_base64"]))
    return CloudEvent(attributes, given.get("data"))


def _beside(attributes: dict[str, str], content_type: str, body: bytes) -> CloudEvent:
    """The event whose attributes travelled beside its data."""
    if content_type:
        attributes["datacontenttype"] = content_type
    checked = {name: _checked(name, value) for name, value in attributes.items()}
    _check_required(checked)
    if not body:
        return CloudEvent(checked)
    return CloudEvent(checked, _parsed(body) if is_json(content_type) else body)


def _of_headers(given: Iterable[tuple[str, Any]], prefix: str, read: Any) -> dict[str, str]:
    attributes: dict[str, str] = {}
    for header, value in given:
        name = header.removeprefix(prefix)
        if name == header:
            continue
        if name in attributes or name in {"datacontenttype", *_DATA}:
            _refuse(header, "只能写一次" if name in attributes else "应写在 content-type 或内容中")
        attributes[name] = read(header, value)
    return attributes


def _check_required(attributes: Mapping[str, Attribute]) -> None:
    if attributes.get("specversion") != SPEC_VERSION:
        _refuse("specversion", f"应为 {SPEC_VERSION}")
    for name in _REQUIRED:
        if not attributes.get(name):
            _refuse(name, "每个事件都须有这一项，且不能为空")


def _checked(name: str, value: object) -> Attribute:
    if not _NAME.match(name):
        _refuse(name, "名称只能含小写字母和数字")
    if isinstance(value, bool | int) and name not in _NAMED:
        if not -_INTEGER_LIMIT <= value < _INTEGER_LIMIT:
            _refuse(name, "整数应在 32 位以内")
        return value
    if not isinstance(value, str):
        _refuse(name, "应为文字" if name in _NAMED else "应为文字、整数或是否值")
    if _CONTROL.search(value):
        _refuse(name, "不能含控制字符")
    _check_form(name, value)
    return value


def _check_form(name: str, value: str) -> None:
    if name == "time" and not _is_time(value):
        _refuse(name, "应为 RFC 3339 的日期时间，如 2024-05-20T09:30:00+08:00")
    if name == "subject" and not value:
        _refuse(name, "不能为空；没有就不写")
    if name in ("source", "dataschema") and value and not _URI.match(value):
        _refuse(name, "应为 URI")
    if name == "dataschema" and ":" not in value:
        _refuse(name, "应为完整的 URI")
    if name == "datacontenttype" and not _MEDIA_TYPE.match(value):
        _refuse(name, "应为媒体类型，如 application/json")


def _is_time(value: str) -> bool:
    if not _TIME.match(value):
        return False
    whole = re.sub(r"\.\d+", "", value.upper())
    try:
        datetime.fromisoformat(whole)
    except ValueError:
        return False
    return True


def _http_value(header: str, value: str) -> str:
    """A header's value: quoted strings unescaped, then percent-encoded UTF-8 decoded (section 3.1.3.2)."""
    plain = value.strip()
    if len(plain) > 1 and plain[0] == plain[-1] == '"':
        plain = re.sub(r"\\(.)", r"\1", plain[1:-1])
    return _utf8(header, unquote_to_bytes(plain))


def _utf8(header: str, value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        _refuse(header, "不是有效的 UTF-8")


def _bytes_of(value: object) -> bytes:
    try:
        return (
            b64decode(value, validate=True) if isinstance(value, str) else _refuse("data_base64", "应为文字")
        )
    except ValueError:
        _refuse("data_base64", "不是有效的 base64")


def _parsed(text: bytes) -> Any:
    try:
        return json.loads(
            text.decode(), object_pairs_hook=_object, parse_constant=_no_constant, parse_float=_finite
        )
    except RecursionError:
        raise Invalid("内容嵌套过深。", code="broken-json") from None
    except json.JSONDecodeError as error:
        place = f"第 {error.lineno} 行第 {error.colno} 列附近"
        raise Invalid(f"内容不是有效的 JSON（UTF-8）：{place}。", code="broken-json") from None
    except UnicodeDecodeError:
        raise Invalid("内容不是有效的 JSON（UTF-8）：文字编码不是 UTF-8。", code="broken-json") from None
    except ValueError as error:  # of what we refuse below
        raise Invalid(f"内容不是有效的 JSON（UTF-8）：{error}。", code="broken-json") from None


def _object(members: list[tuple[str, Any]]) -> dict[str, Any]:
    read = dict(members)
    if len(read) < len(members):
        raise ValueError("对象中有重复的名称")
    return read


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} 不是 JSON 的数字")


def _finite(digits: str) -> float:
    number = float(digits)
    if isinf(number):
        raise ValueError("有超出范围的数字")
    return number


def _refuse(name: str, reason: str) -> NoReturn:
    raise Invalid("事件不符合 CloudEvents 1.0。", [FieldProblem(name, reason)], code="bad-cloud-event")
