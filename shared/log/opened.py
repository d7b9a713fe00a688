"""What every adapter says of a topic that it doesn't have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from shared.errors import RetryLater

Opened = TypeVar("Opened")


def opened_topic(topics: Mapping[str, Opened], name: str, *, is_closed: bool) -> Opened:
    """What stands under ``name`` among the opened ``topics``.

    Raises RetryLater before ``open`` has succeeded, and ValueError or RuntimeError for what is a bug of the
    caller: a topic that was not to be opened, or a log that has been closed.
    """
    if is_closed:
        raise RuntimeError("the event log has been closed")
    if not topics:
        raise RetryLater("尚未连接事件日志。")
    if name not in topics:
        raise ValueError(f"topic {name!r} is not among the opened ones: {sorted(topics)}")
    return topics[name]
