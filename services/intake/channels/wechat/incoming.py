"""What WeChat pushes: a message or an event of one follower. Pure.

Rules: WeChat official documentation, 接收普通消息 and 接收事件推送.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from xml.etree.ElementTree import ParseError

import orjson
from defusedxml.ElementTree import fromstring
from msgspec import Struct

from services.intake.channels.wechat.errors import BadEncoding, Unreadable

LIMIT_BYTES = 65_536
"""Of a push; the longest that WeChat sends is about a tenth of it."""
LATEST_S = 253_402_300_799
"""The last second of the year 9999."""
SCENE_PREFIX = "qrscene_"

_NAME = re.compile(r"[A-Za-z0-9_@.\-]{1,64}")
_SECONDS = re.compile(r"[0-9]{1,12}")
_MESSAGE_ID = re.compile(r"[0-9]{0,20}")


class Kind(StrEnum):
    """What it is (label ``kind``)."""

    TEXT = "text"
    IMAGE = "image"
    VOICE = "voice"
    VIDEO = "video"
    SHORT_VIDEO = "shortvideo"
    LOCATION = "location"
    LINK = "link"
    SUBSCRIBE = "subscribe"
    UNSUBSCRIBE = "unsubscribe"
    SCAN = "scan"
    CLICK = "click"
    VIEW = "view"
    OTHER = "other"


EVENTS = frozenset({Kind.SUBSCRIBE, Kind.UNSUBSCRIBE, Kind.SCAN, Kind.CLICK, Kind.VIEW})
MEDIA = frozenset({Kind.IMAGE, Kind.VOICE, Kind.VIDEO, Kind.SHORT_VIDEO})


class Incoming(Struct, frozen=True, gc=False):
    """One push. ``account`` and ``sender`` are WeChat's ids of the two; ``created_s`` is WeChat's time of it, in
    seconds since 1970. ``fields`` are its elements that hold text, by name."""

    account: str
    sender: str
    created_s: int
    kind: Kind
    fields: Mapping[str, str]

    def get(self, name: str) -> str:
        """The field called ``name``; empty where there is none."""
        return self.fields.get(name, "")

    @property
    def id(self) -> str:
        """What a repeat has too: the message's id, or the event's name."""
        return self.get("MsgId") or self.get("Event")

    @property
    def scene(self) -> str | None:
        """The value of the QR code that was scanned, if one was."""
        key = self.get("EventKey")
        if self.kind is Kind.SCAN:
            return key
        is_scene = self.kind is Kind.SUBSCRIBE and key.startswith(SCENE_PREFIX)
        return key.removeprefix(SCENE_PREFIX) if is_scene else None


def is_json(content: bytes) -> bool:
    """Whether a push comes as JSON, which an account may choose, rather than XML."""
    return content.lstrip()[:1] == b"{"


def fields_of(content: bytes) -> dict[str, str]:
    """The fields of a push that hold text, by name. Raises Unreadable, BadEncoding.

    No document type, no entity, and nothing but the names and texts right below the root is looked at.
    """
    if len(content) > LIMIT_BYTES:
        raise Unreadable(f"消息超过 {LIMIT_BYTES:,} 字节。")
    try:
        text = content.decode()
    except UnicodeDecodeError:
        raise BadEncoding from None
    return _json_fields(content) if is_json(content) else _xml_fields(text)


def incoming_of(fields: Mapping[str, str]) -> Incoming:
    """The push that ``fields`` tell of. Raises Unreadable."""
    for name, pattern in _REQUIRED.items():
        if not pattern.fullmatch(fields.get(name, "")):
            raise Unreadable(f"消息缺少 {name}，或其格式不对。")
    created_s = int(fields["CreateTime"])
    if created_s > LATEST_S:
        raise Unreadable("消息的 CreateTime 不是可能的时间。")
    return Incoming(fields["ToUserName"], fields["FromUserName"], created_s, _kind(fields), fields)


_REQUIRED: Mapping[str, re.Pattern[str]] = {
    "ToUserName": _NAME,
    "FromUserName": _NAME,
    "CreateTime": _SECONDS,
    "MsgType": re.compile(r".{1,64}", re.DOTALL),
    "MsgId": _MESSAGE_ID,
}


def _kind(fields: Mapping[str, str]) -> Kind:
    is_event = fields["MsgType"] == "event"
    name = (fields.get("Event", "") if is_event else fields["MsgType"]).lower()
    try:
        kind = Kind(name)
    except ValueError:
        return Kind.OTHER
    return kind if is_event == (kind in EVENTS) else Kind.OTHER


def _xml_fields(text: str) -> dict[str, str]:
    try:
        root = fromstring(text, forbid_dtd=True)
    except (ParseError, ValueError):  # what is forbidden is a ValueError
        raise Unreadable("消息不是有效的 XML，或含有不接受的声明。") from None
    if root.tag != "xml":
        raise Unreadable("消息的根元素应为 xml。")
    return {element.tag: (element.text or "").strip() for element in root if not len(element)}


def _json_fields(content: bytes) -> dict[str, str]:
    try:
        document = orjson.loads(content)
    except orjson.JSONDecodeError:
        raise Unreadable("消息不是有效的 JSON。") from None
    return {
        name: str(value).strip()
        for name, value in document.items()
        if isinstance(value, str | int) and not isinstance(value, bool)
    }
