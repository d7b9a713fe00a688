"""The parts of a ``multipart/form-data`` body, one after the other while they arrive (RFC 7578).

The framework's own reading of forms writes large parts to temporary files, in plain text. Here nothing is
written, and of a part there is never more in memory than came last.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import AsyncIterable
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser

from shared.errors import Invalid, TooLarge

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

PARTS_LIMIT = 128
HEADER_LIMIT_CHARS = 1024
_OPTION = re.compile(rb';[ \t]*+([a-z]++)=(?:"([^"]*+)"|([^\s";]++))', re.IGNORECASE)
_BOUNDARY = re.compile(r';[ \t]*+boundary=(?:"([^"]++)"|([^\s";]++))', re.IGNORECASE)


class PartBegins(NamedTuple):
    """A part begins; what it holds follows. ``filename`` is None where it is no file."""

    name: str
    filename: str | None
    media_type: str


class PartEnds(Enum):
    """The part that began last has ended."""

    HERE = "here"


Event = PartBegins | bytes | PartEnds


class Parts:
    """The parts of ``body``, one after the other. Raises Invalid where it has none, or ends before it should."""

    def __init__(self, content_type: str, body: AsyncIterable[bytes]) -> None:
        self._body = aiter(body)
        self._reader = _Reader(_boundary(content_type))
        self._part: Part | None = None

    def __aiter__(self) -> Parts:
        return self

    async def __anext__(self) -> Part:
        """The next part; what wasn't read of the one before is skipped."""
        if self._part is not None:
            await self._part.skip()
        event = await self.next_event()
        if event is None:
            raise StopAsyncIteration
        assert isinstance(event, PartBegins), "each part is read to its end"
        self._part = Part(event, self)
        return self._part

    async def next_event(self) -> Event | None:
        """What comes next; None at the end."""
        events = self._reader.events
        while not events:
            piece = await anext(self._body, None)
            if piece is None:
                if not self._reader.is_complete:
                    raise _broken("没有传完")
                return None
            self._reader.feed(piece)
        return events.popleft()


class Part:
    """A part: iterating it gives its content as it arrives."""

    def __init__(self, begins: PartBegins, parts: Parts) -> None:
        self.name, self.filename, self.media_type = begins
        self._parts = parts
        self._is_read = False

    def __aiter__(self) -> Part:
        return self

    async def __anext__(self) -> bytes:
        event = None if self._is_read else await self._parts.next_event()
        if isinstance(event, bytes):
            return event
        self._is_read = True
        raise StopAsyncIteration

    async def whole(self, limit_bytes: int) -> bytes:
        """All of it at once. Raises TooLarge."""
        content = bytearray()
        async for piece in self:
            content += piece
            if len(content) > limit_bytes:
                raise TooLarge(f"“{self.name}”超过 {limit_bytes:,} 字节的上限。")
        return bytes(content)

    async def skip(self) -> None:
        """Let the rest of it pass."""
        async for _ in self:
            pass


class _Reader:
    """Turns the parser's calls into ``events``."""

    def __init__(self, boundary: bytes) -> None:
        self.is_complete = False
        self.events: deque[Event] = deque()
        self._parts_count = 0
        self._headers: dict[bytes, bytes] = {}
        self._field, self._value = b"", b""
        callbacks: MultipartCallbacks = {
            "on_part_begin": self._headers.clear,
            "on_header_field": self._on_field,
            "on_header_value": self._on_value,
            "on_header_end": self._on_header_end,
            "on_headers_finished": self._on_part,
            "on_part_data": self._on_data,
            "on_part_end": self._on_part_end,
            "on_end": self._on_end,
        }
        try:
            self._parser = MultipartParser(boundary, callbacks)
        except FormParserError:
            raise _broken("boundary 过长") from None

    def feed(self, piece: bytes) -> None:
        """Read on. Behind the end nothing counts."""
        if self.is_complete:
            return
        try:
            self._parser.write(piece)
        except FormParserError:
            raise _broken("分段格式不对") from None

    def _on_field(self, data: bytes, start: int, end: int) -> None:
        self._field += data[start:end]

    def _on_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _on_header_end(self) -> None:
        self._headers[self._field.lower()] = self._value
        self._field, self._value = b"", b""

    def _on_part(self) -> None:
        self._parts_count += 1
        if self._parts_count > PARTS_LIMIT:
            raise _broken(f"超过 {PARTS_LIMIT} 个部分")
        disposition = self._headers.get(b"content-disposition", b"")
        options = {key.lower(): quoted or bare for key, quoted, bare in _OPTION.findall(disposition)}
        if not disposition.lower().startswith(b"form-data") or b"name" not in options:
            raise _broken("有的部分没有名称")
        filename = options.get(b"filename")
        self.events.append(
            PartBegins(
                _text(options[b"name"]),
                None if filename is None else _text(filename),
                self._headers.get(b"content-type", b"").decode(errors="replace"),
            )
        )

    def _on_data(self, data: bytes, start: int, end: int) -> None:
        self.events.append(data[start:end])

    def _on_part_end(self) -> None:
        self.events.append(PartEnds.HERE)

    def _on_end(self) -> None:
        self.is_complete = True


def _boundary(content_type: str) -> bytes:
    found = _BOUNDARY.search(content_type[:HEADER_LIMIT_CHARS])
    if found is None or not content_type.lower().startswith("multipart/form-data"):
        raise Invalid("提交须为 multipart/form-data，并写明 boundary。", code="broken-multipart")
    return (found[1] or found[2]).encode("latin-1", errors="replace")


def _text(value: bytes) -> str:
    """As browsers and OkHttp write it: UTF-8, a quotation mark as ``%22``."""
    return value.decode(errors="replace").replace("%22", '"')


def _broken(why: str) -> Invalid:
    return Invalid(f"提交的内容不是完整的 multipart/form-data：{why}。", code="broken-multipart")
