"""Listeners of the stream: how many there may be, and what each of them gets next."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable

from services.quota.live.channel import Channel
from shared.errors import RetryLater
from shared.metrics import QUOTA_STREAM_CHANGES, QUOTA_STREAM_LISTENERS, QUOTA_STREAM_SKIPPED

KEEP_ALIVE_S = 15.0
"""Proxies close connections on which nothing moves, often after 60 s; the standard says every 15 s or so."""
KEEP_ALIVE = b": \n\n"
RETRY_MS = (1_000, 5_000)
"""How soon a client may come again: not all of them in the same moment, after a restart."""
ASK_AGAIN_S = 30.0


class TooManyListeners(RetryLater):
    """There is no place for another listener now: come again after a while."""

    code = "too-many-listeners"


class Places:
    """The places of listeners: ``at_most`` altogether, ``each_at_most`` for one subject."""

    def __init__(self, at_most: int, each_at_most: int) -> None:
        self._at_most = at_most
        self._each_at_most = each_at_most
        self._taken: Counter[str] = Counter()

    def take(self, subject: str) -> None:
        """Raises TooManyListeners."""
        if self._taken[subject] >= self._each_at_most:
            reason = f"您已有 {self._each_at_most} 个实时连接，请先关闭不用的页面。"
            raise TooManyListeners(reason, after_s=ASK_AGAIN_S)
        if self._taken.total() >= self._at_most:
            raise TooManyListeners("实时连接已满，请稍后再试，或定时刷新。", after_s=ASK_AGAIN_S)
        self._taken[subject] += 1
        QUOTA_STREAM_LISTENERS.inc()

    def leave(self, subject: str) -> None:
        """Give a place back."""
        self._taken[subject] -= 1
        if not self._taken[subject]:
            del self._taken[subject]
        QUOTA_STREAM_LISTENERS.dec()


class Listener:
    """One connection: a ``shared.http.Source``.

    It holds no queue, only the view that it told last. Whoever takes long gets, when he is done, the newest one:
    as a change where that is the next, as a snapshot where he missed one in between. ``last_id`` is the event that
    the client saw last on an earlier connection.
    """

    def __init__(self, channel: Channel, last_id: str, leave: Callable[[], None]) -> None:
        self._channel = channel
        self._leave = leave
        self._told_id = last_id
        self._told_number: int | None = None
        self._has_begun = False
        channel.listener_count += 1

    async def next(self) -> bytes:
        """The next event, or a comment when there was none for a while."""
        if not self._has_begun:
            self._has_begun = True
            return b"retry: %d\n\n" % random.randint(*RETRY_MS)  # noqa: S311 - spreads load, keeps no secret
        while (frame := self._news()) is None:
            try:
                async with asyncio.timeout(KEEP_ALIVE_S):
                    await self._channel.moved()
            except TimeoutError:
                return KEEP_ALIVE
        return frame

    def close(self) -> None:
        """Nobody listens any more."""
        self._channel.listener_count -= 1
        self._leave()

    def _news(self) -> bytes | None:
        view, number = self._channel.view, self._told_number
        self._told_number = view.number
        if number is not None and view.number > number + 1:
            QUOTA_STREAM_SKIPPED.inc(view.number - number - 1)
        if view.id == self._told_id:
            return None
        is_next = view.before != "" and view.before == self._told_id
        self._told_id = view.id
        QUOTA_STREAM_CHANGES.inc()
        return view.change if is_next else view.snapshot
