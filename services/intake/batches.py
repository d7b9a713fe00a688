"""Taking in many lines: chunk by chunk, an answer for each line, whatever becomes of its neighbours."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterator, Sequence

import msgspec

from services.intake.form import Form, read_form
from services.intake.handlers import Answer, Submitting
from services.intake.quarantine.json_forms import JsonForms
from shared.access import Principal
from shared.errors import DafangtanError, Invalid, RetryLater, TooLarge

LINES_AT_ONCE = 512
CHUNKS_AT_ONCE = 4
"""While one is written down, the next are read and sealed."""


class LineAnswer(msgspec.Struct, frozen=True, gc=False):
    """What became of the line with this number (from 1)."""

    line: int
    answer: Answer


Chunk = Sequence[tuple[int, bytes]]
"""Lines with their numbers."""


class Batch:
    """The lines that one request brought."""

    def __init__(
        self, submitting: Submitting, json_forms: JsonForms, principal: Principal, *, line_limit_bytes: int
    ) -> None:
        self._submitting = submitting
        self._json_forms = json_forms
        self._principal = principal
        self._line_limit_bytes = line_limit_bytes
        self._away: RetryLater | None = None

    async def answers_to(self, body: bytes) -> AsyncIterator[Sequence[LineAnswer]]:
        """An answer to each line of ``body`` that isn't blank, in order, some hundred at a time.

        When store or log goes away in the midst, no further line is tried, and those that couldn't be taken in
        are answered with that RetryLater: nothing of theirs is promised, and only they need to be sent again.
        """
        under_way: deque[asyncio.Task[Sequence[LineAnswer]]] = deque()
        try:
            for chunk in _chunks(body):
                if len(under_way) == CHUNKS_AT_ONCE:
                    yield await under_way.popleft()
                under_way.append(asyncio.create_task(self._answer(chunk)))
            while under_way:
                yield await under_way.popleft()
        finally:
            for task in under_way:  # whoever asked has left
                task.cancel()

    async def _answer(self, chunk: Chunk) -> Sequence[LineAnswer]:
        read = [(number, self._read(line)) for number, line in chunk]
        answers = iter(await self._take_in([form for _, form in read if isinstance(form, Form)]))
        told = [next(answers) if isinstance(form, Form) else form for _, form in read]
        await self._keep_refused(chunk, told)
        return [LineAnswer(number, answer) for (number, _), answer in zip(chunk, told, strict=True)]

    async def _keep_refused(self, chunk: Chunk, told: list[Answer]) -> None:
        """Put into quarantine what may be somebody's answer, and say so in ``told``."""
        refused = {place: answer for place, answer in enumerate(told) if isinstance(answer, Invalid)}
        if not refused:
            return
        lines = [(chunk[place][1], answer) for place, answer in refused.items()]
        try:
            kept: Sequence[DafangtanError] = await self._json_forms.keep_many(self._principal, lines)
        except RetryLater as error:
            kept = [error] * len(lines)
        for place, answer in zip(refused, kept, strict=True):
            told[place] = answer

    async def _take_in(self, forms: Sequence[Form]) -> Sequence[Answer]:
        if self._away is None:
            try:
                return await self._submitting.submit_many(self._principal, forms)
            except RetryLater as error:
                self._away = error
        return [self._away] * len(forms)

    def _read(self, line: bytes) -> Form | DafangtanError:
        if len(line) > self._line_limit_bytes:
            return TooLarge(f"这一行有 {len(line):,} 字节，最多 {self._line_limit_bytes:,} 字节。")
        try:
            return read_form(line)
        except DafangtanError as error:
            return error


def _chunks(body: bytes) -> Iterator[Chunk]:
    chunk: list[tuple[int, bytes]] = []
    for number, line in enumerate(body.split(b"\n"), start=1):
        if not line.strip():
            continue
        chunk.append((number, line))
        if len(chunk) == LINES_AT_ONCE:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
