"""Taking in many lines: chunk by chunk, an answer for each line, whatever becomes of its neighbours."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from typing import NamedTuple

from services.intake.form import Form, read_form
from services.intake.handlers import Answer, Submitting
from shared.access import Principal
from shared.errors import DafangtanError, RetryLater, TooLarge

LINES_AT_ONCE = 256


class LineAnswer(NamedTuple):
    """What became of the line with this number (from 1)."""

    line: int
    answer: Answer


async def answers_to(
    submitting: Submitting, principal: Principal, body: bytes, *, line_limit_bytes: int
) -> AsyncIterator[LineAnswer]:
    """An answer to each line of ``body`` that isn't blank, in order.

    When store or log goes away in the midst, the lines from there on are answered with that RetryLater:
    nothing of theirs is promised, and only they need to be sent again.
    """
    away: RetryLater | None = None
    for chunk in _chunks(body):
        parsed = [(number, _parsed(line, line_limit_bytes)) for number, line in chunk]
        good = [submission for _, submission in parsed if isinstance(submission, Form)]
        if good and away is None:
            try:
                answers = iter(await submitting.submit_many(principal, good))
            except RetryLater as error:
                away = error
        for number, submission in parsed:
            if not isinstance(submission, Form):
                yield LineAnswer(number, submission)
            else:
                yield LineAnswer(number, away or next(answers))


def _chunks(body: bytes) -> Iterator[Sequence[tuple[int, bytes]]]:
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


def _parsed(line: bytes, limit_bytes: int) -> Form | DafangtanError:
    if len(line) > limit_bytes:
        return TooLarge(f"这一行有 {len(line):,} 字节，最多 {limit_bytes:,} 字节。")
    try:
        return read_form(line)
    except DafangtanError as error:
        return error
