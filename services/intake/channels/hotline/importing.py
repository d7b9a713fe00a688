"""Importing call records row by row: each row is a matter, with a receipt or the reason why not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from functools import partial
from itertools import islice
from typing import NamedTuple

from services.intake.channels.hotline.definition import Hotline
from services.intake.channels.hotline.keeping import Refused, RowKeeping, kept_row
from services.intake.channels.hotline.model import Call, Told
from services.intake.channels.hotline.reading import Reading, in_the_sheets_words
from services.intake.channels.hotline.sheet import BadRow, Row, open_sheet
from services.intake.channels.hotline.taking_in import TakingIn
from services.intake.handlers import Answer
from services.intake.model import Receipt
from services.intake.quarantine import Raw
from shared.access import Principal
from shared.campaign import Campaign
from shared.errors import DafangtanError, Invalid, RetryLater, TooLarge

IMPORT_LIMIT_BYTES = 10 * 1024 * 1024
ROWS_AT_ONCE = 200


class RowAnswer(NamedTuple):
    """What became of a row, by its number in the sheet."""

    row: int
    answer: Answer


class Importing:
    """Imports for every campaign that has a hotline."""

    def __init__(self, taking_in: TakingIn, campaigns: Mapping[str, Campaign], keeping: RowKeeping) -> None:
        self._taking_in = taking_in
        self._campaigns = campaigns
        self._keeping = keeping

    async def open(
        self, principal: Principal, campaign: str, content: bytes
    ) -> AsyncIterator[Sequence[RowAnswer]]:
        """The answers to the rows of ``content``, in order, some at a time.

        Raises Invalid, before any row is taken in, for what can't be read as a sheet; TooLarge, NotFound,
        NotAllowed. When the store or the log goes away in the midst, the rows that weren't taken in are answered
        so: the same file again adds only them.
        """
        hotline = self._taking_in.hotline(principal, campaign)
        if len(content) > IMPORT_LIMIT_BYTES:
            raise TooLarge(f"文件超过 {IMPORT_LIMIT_BYTES // 1024 // 1024} MB，请按日期分成几个文件上传。")
        rows = await asyncio.to_thread(open_sheet, content)
        return self._answers(principal, campaign, rows, self._reading(campaign, hotline))

    async def replay(self, raw: Raw) -> Receipt:
        """Take in a row that was kept (a Replayer)."""
        kept = kept_row(raw)
        hotline = self._taking_in.hotline(raw.sent_by, raw.campaign)
        read = self._reading(raw.campaign, hotline).read_at(Row(kept.number, kept.cells), kept.place)
        if isinstance(read.said, Invalid):
            raise read.said
        (answer,) = await self._taking_in.matters(raw.sent_by, [read.said])
        if isinstance(answer, DafangtanError):
            raise in_the_sheets_words(answer) if isinstance(answer, Invalid) else answer
        return answer[1]

    def _reading(self, campaign: str, hotline: Hotline) -> Reading:
        return Reading(self._campaigns[campaign], partial(self._told, campaign, hotline))

    def _told(self, campaign: str, hotline: Hotline, call: Call, number: int) -> Told:
        return self._taking_in.told(campaign, call, 0, number, hotline)

    async def _answers(
        self, principal: Principal, campaign: str, rows: Iterator[Row | BadRow], reading: Reading
    ) -> AsyncIterator[Sequence[RowAnswer]]:
        away: RetryLater | None = None
        while some := await asyncio.to_thread(
            lambda: [reading.read(row) for row in islice(rows, ROWS_AT_ONCE)]
        ):
            told = [each.said for each in some if isinstance(each.said, Told)]
            answers: Sequence[Answer] = []
            if away is None:
                try:
                    answers = await self._taking_in.matters(principal, told)
                except RetryLater as error:
                    away = error
            given = iter([away] * len(told) if away is not None else answers)
            became = [(each, next(given) if isinstance(each.said, Told) else each.said) for each in some]
            refused = [
                Refused(read, in_the_sheets_words(answer), reading.source_id(read))
                for read, answer in became
                if isinstance(answer, Invalid)
            ]
            kept = iter(await self._keeping.keep(principal, campaign, refused))
            yield [
                RowAnswer(read.row.number, next(kept) if isinstance(answer, Invalid) else answer)
                for read, answer in became
            ]
