"""How much of a body is read, and how long it may take to arrive."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Mapping
from typing import Any

from starlette.exceptions import HTTPException
from starlette.types import Message, Receive

from shared.errors import TooLarge

BATCH_SUFFIXES = (":batch", ":import", "/imports")
ATTACHMENTS_PATH = re.compile(r"/attachments(/[^/]+)?$")
IS_BODY_HERE = "is_body_here"
"""In the state of a request whose body has come to its end, so that none of it needs to be waited for."""
FIRST_WAIT_S = 30.0
SLOWEST_BYTES_PER_S = 50_000
"""A body may take 30 s, and as long again as its limit takes at this rate: a poor mobile connection."""


class SlowBody(HTTPException):
    """The body didn't arrive in time."""

    def __init__(self) -> None:
        super().__init__(408)


class BodyOverLimit(HTTPException):
    """The body turned out longer than allowed while it was read.

    An HTTPException, since the framework lets no other error out of its reading of bodies.
    """

    def __init__(self, limit_bytes: int) -> None:
        super().__init__(413, str(too_large(limit_bytes)))


def too_large(limit_bytes: int) -> TooLarge:
    """What is told of a body over the limit."""
    return TooLarge(f"内容超过 {limit_bytes} 字节的上限，请分成几次发送。")


class LimitedBody:
    """Receives a request's body in place of ``receive``; raises BodyOverLimit and SlowBody.

    Only the waiting counts for the time, not what the app does between two parts. ``state`` is the request's, where the
    server says under ``IS_BODY_HERE`` that there is nothing to wait for.
    """

    __slots__ = ("_is_complete", "_left_bytes", "_left_s", "_receive", "_state", "_told", "limit_bytes")

    def __init__(self, receive: Receive, limit_bytes: int, state: Mapping[str, Any]) -> None:
        self.limit_bytes = limit_bytes
        self._receive = receive
        self._state = state
        self._told: Callable[[int], None] | None = None
        self._left_bytes = limit_bytes
        self._left_s = FIRST_WAIT_S + limit_bytes / SLOWEST_BYTES_PER_S
        self._is_complete = False

    def when_complete(self, tell: Callable[[int], None]) -> None:
        """Have ``tell`` called once with how many bytes came, when no more will: at once where that is known.

        It isn't called for a body that nobody reads to its end.
        """
        if not self._is_complete:
            self._told = tell
        else:
            tell(self.limit_bytes - self._left_bytes)

    async def __call__(self) -> Message:
        """The next part; once the body is whole, whatever follows it (that the client left)."""
        if self._is_complete:
            return await self._receive()
        message = await (self._receive() if IS_BODY_HERE in self._state else self._in_time())
        self._left_bytes -= len(message.get("body", b""))
        self._is_complete = not message.get("more_body", False)
        if self._left_bytes < 0:
            raise BodyOverLimit(self.limit_bytes)
        if self._is_complete and self._told is not None:
            self._told(self.limit_bytes - self._left_bytes)
        return message

    async def _in_time(self) -> Message:
        began_s = time.monotonic()
        try:
            async with asyncio.timeout(self._left_s):
                message = await self._receive()
        except TimeoutError:
            raise SlowBody from None
        self._left_s -= time.monotonic() - began_s
        return message
