"""An item of the quarantine: its facts, which people may see, and its states. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

import msgspec

from shared.access import Principal
from shared.errors import Conflict, DafangtanError, Invalid

RAW_LIMIT_BYTES = 4_194_304
"""The largest raw input that is kept: sealed and in base64 it still fits into one document of the store."""

DETAIL_LIMIT = 2000


class Reason(StrEnum):
    """Why something could not be accepted (label ``reason``)."""

    UNKNOWN_FORM_VERSION = "unknown-form-version"
    BROKEN_ENCODING = "broken-encoding"
    BROKEN_FORMAT = "broken-format"
    UNDECRYPTABLE = "undecryptable"
    CONTENT_ERRORS = "content-errors"


REASON_NAMES = {
    Reason.UNKNOWN_FORM_VERSION: "问卷版本未知",
    Reason.BROKEN_ENCODING: "文字编码有误",
    Reason.BROKEN_FORMAT: "格式无法读懂",
    Reason.UNDECRYPTABLE: "消息无法解密",
    Reason.CONTENT_ERRORS: "内容有误",
}


class ItemState(StrEnum):
    """What became of an item."""

    WAITING = "waiting"
    ACCEPTED = "accepted"
    DISCARDED = "discarded"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


STATE_NAMES = {
    ItemState.WAITING: "待处理",
    ItemState.ACCEPTED: "已重新接收",
    ItemState.DISCARDED: "已弃置",
    ItemState.EXPIRED: "已过保存期限",
    ItemState.WITHDRAWN: "本人已撤回",
}


class Step(StrEnum):
    """What can be done with an item."""

    ACCEPT = "accept"
    REFUSE_AGAIN = "refuse_again"
    DISCARD = "discard"
    EXPIRE = "expire"
    WITHDRAW = "withdraw"


_FROM_WAITING: Mapping[Step, ItemState] = {
    Step.ACCEPT: ItemState.ACCEPTED,
    Step.REFUSE_AGAIN: ItemState.WAITING,
    Step.DISCARD: ItemState.DISCARDED,
    Step.EXPIRE: ItemState.EXPIRED,
    Step.WITHDRAW: ItemState.WITHDRAWN,
}

TRANSITIONS: Mapping[tuple[ItemState, Step], ItemState | None] = {
    (state, step): _FROM_WAITING[step] if state is ItemState.WAITING else None
    for state in ItemState
    for step in Step
}
"""The state after each step; None where it can't be taken: every state but waiting is an end."""


class NotWaiting(Conflict):
    """The item was settled before; there is nothing left of it to replay or discard."""

    def __init__(self, state: ItemState) -> None:
        super().__init__(f"这一件{STATE_NAMES[state]}，原文已销毁，不能再处理。", code="not-waiting")


class Raw(msgspec.Struct, frozen=True, gc=False):
    """What arrived, as it arrived, and all that its adapter needs to try again.

    ``adapter`` names who reads it (``json``, ``openrosa``, ``excel``, ``wechat`` …): several may serve one
    ``channel``. ``hint`` is whatever else the adapter has to know (a form's version, a row's number): it is
    sealed with the content. ``source_id`` is the channel's own id of the form, where it could be read: then a
    withdrawal of that submission destroys the item too. ``file_bytes`` is the size of a file that is kept elsewhere,
    sealed with a key that ``content`` has: without the item nobody can open it.
    """

    campaign: str
    channel: str
    adapter: str
    content: bytes
    media_type: str
    sent_by: Principal
    source_id: str | None = None
    hint: str = ""
    file_bytes: int = 0


class Item(msgspec.Struct, frozen=True, gc=False):
    """What may be told of an item: facts, and nothing of its content.

    ``detail`` says what was wrong when it was tried last; like every message to a sender it quotes nothing.
    ``receipt`` is the one that it got when a replay was accepted; a whole file has none.
    """

    id: str
    campaign: str
    channel: str
    adapter: str
    media_type: str
    size_bytes: int
    sent_by: Principal
    reason: Reason
    detail: str
    kept_at: str
    submission_id: str | None = None
    state: ItemState = ItemState.WAITING
    tries_count: int = 0
    tried_at: str | None = None
    receipt: str | None = None

    def after(self, step: Step) -> Item:
        """With the state after ``step``. Raises NotWaiting."""
        state = TRANSITIONS[self.state, step]
        if state is None:
            raise NotWaiting(self.state)
        return msgspec.structs.replace(self, state=state)


def kept_answer(error: Invalid, id: str) -> Invalid:
    """What to answer in place of ``error`` once what was sent is kept under ``id``."""
    text = f"{error} 原文已封存待处理（编号 {id}）。"
    return Invalid(text, error.problems, code=error.code, kept_as=id)


def told(error: DafangtanError) -> str:
    """What ``error`` tells its sender, with every field, in one text: an item's ``detail``."""
    problems = error.problems if isinstance(error, Invalid) else ()
    return " ".join([str(error), *(f"{each.field}：{each.message}" for each in problems)])[:DETAIL_LIMIT]
