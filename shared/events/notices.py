"""Events of the topic ``notices``."""

from __future__ import annotations

from pydantic import Field

from shared.events.base import EventData, Topic


class NoticeSent(EventData, type="dafangtan.notice.sent.v1", topic=Topic.NOTICES):
    """A notice was taken over by the mail server."""

    notice_id: str
    cause_id: str = Field(description="id of the event that the notice tells of")
    channel: str = Field(description="mail")
    sent_at: str


class NoticeFailed(EventData, type="dafangtan.notice.failed.v1", topic=Topic.NOTICES):
    """A notice was given up: refused for good, or its delivery can't be known."""

    notice_id: str
    cause_id: str
    channel: str
    reason: str
    failed_at: str
