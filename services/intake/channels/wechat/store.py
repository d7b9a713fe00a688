"""The documents of the WeChat channel. None of them holds an openid or what somebody said."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from shared.store.port import Collection, Document, Index

AGREEMENTS = Collection("intake.wechat_agreements")
"""Under campaign and the follower's pseudonym: what they agreed to."""
EVENTS = Collection("intake.wechat_events")
"""That somebody subscribed, left or scanned a code, once however often WeChat tells of it: under a digest, with
nobody's name."""
MEDIA_JOBS = Collection("intake.wechat_media_jobs", (Index(("due_s",)),))
"""Under the submission: the media that are still to be fetched."""
ACCESS_TOKENS = Collection("intake.wechat_access_tokens")
"""Under the app id: the one token that all processes use."""
COLLECTIONS = (AGREEMENTS, EVENTS, MEDIA_JOBS, ACCESS_TOKENS)


class Agreement(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A follower agreed to consent text ``version`` by a message of ``given_s`` (WeChat's time, seconds since
    1970), and took it back by one of ``ended_s``."""

    version: str
    given_s: int
    how: str = "sent"
    ended_s: int | None = None


class MediaJob(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """Media of an accepted message, to be fetched from ``due_s`` on (seconds since 1970).

    WeChat keeps them until ``ends_s``. ``tries_count``: how often it failed so far.
    """

    campaign: str
    receipt: str
    media_id: str
    kind: str
    due_s: int
    ends_s: int
    tries_count: int = 0


class SharedToken(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """An access token, sealed under a key of its own, good until ``ends_s``; the process that asks for the next
    one has until ``renewing_until_s`` to bring it."""

    wrapped_key: str = ""
    sealed: str = ""
    ends_s: int = 0
    renewing_until_s: int = 0


Struct = TypeVar("Struct", Agreement, MediaJob, SharedToken)


def read(document: Document, model: type[Struct]) -> Struct:
    """What ``document`` holds."""
    return msgspec.convert(document.body, model)
