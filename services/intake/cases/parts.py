"""The three parts of a case that are signed one by one: registration form, notes, edited text. Pure.

The registration form has a line for each signature, and the instructions (annex 4, paragraph four) ask for the team
lead's under the form, the original record and the edited text.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from shared.errors import Conflict, Invalid


class Part(StrEnum):
    """What is signed on its own."""

    FORM = "form"
    NOTES = "notes"
    EDITED_TEXT = "edited_text"


class PartState(StrEnum):
    """Where a part stands, from first to last."""

    OPEN = "open"
    RECORDED = "recorded"
    SIGNED = "signed"
    SIGNED_OFF = "signed_off"


class PartAction(StrEnum):
    """What is done with a part."""

    RECORD = "record"
    SIGN = "sign"
    SIGN_OFF = "sign_off"
    REOPEN = "reopen"


PART_NAMES: Mapping[Part, str] = {
    Part.FORM: "登记表",
    Part.NOTES: "访问记录原稿",
    Part.EDITED_TEXT: "整理稿",
}
STATE_NAMES: Mapping[PartState, str] = {
    PartState.OPEN: "待完成",
    PartState.RECORDED: "已记录",
    PartState.SIGNED: "访问员已签名",
    PartState.SIGNED_OFF: "负责人已签字",
}
IN_ORDER = tuple(PartState)


class Refusal(NamedTuple):
    """Why an action leads nowhere from a state, and what to do instead."""

    reason: str


TRANSITIONS: Mapping[tuple[PartState, PartAction], PartState | Refusal] = {
    (PartState.OPEN, PartAction.RECORD): PartState.RECORDED,
    (PartState.OPEN, PartAction.SIGN): Refusal("尚未记录完成，请先完成记录再签名。"),
    (PartState.OPEN, PartAction.SIGN_OFF): Refusal("尚未记录完成，须由访问员完成并签名后再签字。"),
    (PartState.OPEN, PartAction.REOPEN): Refusal("尚未签名，可以直接修改。"),
    (PartState.RECORDED, PartAction.RECORD): PartState.RECORDED,
    (PartState.RECORDED, PartAction.SIGN): PartState.SIGNED,
    (PartState.RECORDED, PartAction.SIGN_OFF): Refusal("须由访问员先签名。"),
    (PartState.RECORDED, PartAction.REOPEN): Refusal("尚未签名，可以直接修改。"),
    (PartState.SIGNED, PartAction.RECORD): Refusal("访问员已签名；要修改，请由调查组负责人退回。"),
    (PartState.SIGNED, PartAction.SIGN): Refusal("访问员已签名，无须再次签名。"),
    (PartState.SIGNED, PartAction.SIGN_OFF): PartState.SIGNED_OFF,
    (PartState.SIGNED, PartAction.REOPEN): PartState.OPEN,
    (PartState.SIGNED_OFF, PartAction.RECORD): Refusal("负责人已签字；要修改，请由调查组负责人退回。"),
    (PartState.SIGNED_OFF, PartAction.SIGN): Refusal("负责人已签字，无须再次签名。"),
    (PartState.SIGNED_OFF, PartAction.SIGN_OFF): Refusal("负责人已签字，无须再次签字。"),
    (PartState.SIGNED_OFF, PartAction.REOPEN): PartState.OPEN,
}
"""Total: every action has an answer in every state."""


class Act(NamedTuple):
    """One thing done by somebody (subject) at a time (RFC 3339); with pages, files and a reason where they apply."""

    action: PartAction
    by: str
    at: str
    pages: int | None = None
    files: tuple[str, ...] = ()
    reason: str | None = None


class PartStands(msgspec.Struct, frozen=True, omit_defaults=True):
    """How a part stands. ``files`` are the attachments that were there when it was signed."""

    state: PartState = PartState.OPEN
    pages: int | None = None
    recorded_at: str | None = None
    signed_by: str | None = None
    signed_at: str | None = None
    files: tuple[str, ...] = ()
    signed_off_by: str | None = None
    signed_off_at: str | None = None
    reopened_because: str | None = None

    @property
    def is_open_for_change(self) -> bool:
        """Whether its content may still change."""
        return self.state in (PartState.OPEN, PartState.RECORDED)

    def is_done_so(self, act: Act) -> bool:
        """Whether this is what was done last, by the same person: a repeat changes nothing."""
        if act.action is PartAction.RECORD:
            return self.state is PartState.RECORDED and act.pages is not None and self.pages == act.pages
        if act.action is PartAction.SIGN:
            return self.state is PartState.SIGNED and self.signed_by == act.by
        if act.action is PartAction.SIGN_OFF:
            return self.state is PartState.SIGNED_OFF and self.signed_off_by == act.by
        return self.state is PartState.OPEN and self.reopened_because == act.reason

    def after(self, part: Part, act: Act) -> PartStands:
        """The part after ``act``. Raises Conflict when its state forbids it."""
        following = TRANSITIONS[self.state, act.action]
        if isinstance(following, Refusal):
            raise Conflict(
                f"{PART_NAMES[part]}：{following.reason}当前状态：{STATE_NAMES[self.state]}。",
                code="case-state",
            )
        if act.action is PartAction.RECORD:
            return replace(self, state=following, pages=act.pages, recorded_at=act.at, reopened_because=None)
        if act.action is PartAction.SIGN:
            return replace(self, state=following, signed_by=act.by, signed_at=act.at, files=act.files)
        if act.action is PartAction.SIGN_OFF:
            return replace(self, state=following, signed_off_by=act.by, signed_off_at=act.at)
        return PartStands(pages=self.pages, recorded_at=self.recorded_at, reopened_because=act.reason)


PART_OF_KIND: Mapping[str, Part] = {
    "recording": Part.NOTES,
    "notes": Part.NOTES,
    "edited_text": Part.EDITED_TEXT,
}
"""Which part a kind of attachment belongs to: a recording is an original record as notes are."""
RECORDING = "recording"


def part_of_kind(kind: str) -> Part:
    """The part that an attachment of ``kind`` belongs to. Raises Invalid."""
    part = PART_OF_KIND.get(kind)
    if part is None:
        raise Invalid(f"个案附件的用途 kind 应为 {'、'.join(PART_OF_KIND)} 之一。", code="unknown-kind")
    return part


def state_diagram() -> str:
    """The transitions as a Mermaid state diagram, for the documentation."""
    lines = ["stateDiagram-v2", f"    [*] --> {PartState.OPEN}: register"]
    for (state, action), following in TRANSITIONS.items():
        if isinstance(following, PartState):
            lines.append(f"    {state} --> {following}: {action}")
    return "\n".join([*lines, f"    {PartState.SIGNED_OFF} --> [*]"])
