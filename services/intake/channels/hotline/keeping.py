"""Rows that can't be taken in but may be somebody's answer: kept in quarantine, tried again after the fix."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec

from services.intake.channels.hotline.model import CHANNEL
from services.intake.channels.hotline.reading import ReadRow
from services.intake.channels.hotline.sheet import Row
from services.intake.quarantine import Quarantine, Raw, Reason, Unaccepted, kept_answer, told
from services.intake.quarantine.model import RAW_LIMIT_BYTES
from shared.access import Principal
from shared.errors import DafangtanError, Invalid, RetryLater

ADAPTER = "hotline"
MEDIA_TYPE = "application/json"
_CONSENT = ("consent.version", "consent.given_at")


class KeptRow(msgspec.Struct, frozen=True):
    """A row as it arrived, cells by column, with what else it takes to read it."""

    number: int
    place: int
    cells: Mapping[str, str]


class Refused(NamedTuple):
    """A row that wasn't taken in, why, and the id that its matter would have, where that can be told."""

    read: ReadRow
    error: Invalid
    source_id: str | None


class RowKeeping:
    """Keeps refused rows."""

    def __init__(self, quarantine: Quarantine) -> None:
        self._quarantine = quarantine

    async def keep(
        self, principal: Principal, campaign: str, refused: Sequence[Refused]
    ) -> Sequence[DafangtanError]:
        """What to answer for each of ``refused``: the same, saying so where the row was kept; RetryLater where it
        couldn't be, and may be lost if it isn't sent again.

        What the caller didn't consent to isn't kept; nor is what isn't a row, or is larger than any matter.
        """
        several = [_unaccepted(principal, campaign, each) for each in refused]
        kept = [each for each in several if each is not None]
        try:
            ids = await self._quarantine.keep_many(kept) if kept else []
        except RetryLater as away:
            return [away if several[place] else each.error for place, each in enumerate(refused)]
        given = iter(ids)
        return [
            kept_answer(each.error, next(given)) if several[place] else each.error
            for place, each in enumerate(refused)
        ]


def kept_row(raw: Raw) -> KeptRow:
    """The row that was kept as ``raw``."""
    return msgspec.json.decode(raw.content, type=KeptRow)


def _unaccepted(principal: Principal, campaign: str, refused: Refused) -> Unaccepted | None:
    row = refused.read.row
    if not isinstance(row, Row) or not all(row.cells.get(column) for column in _CONSENT):
        return None
    content = msgspec.json.encode(KeptRow(row.number, refused.read.place, row.cells))
    if len(content) > RAW_LIMIT_BYTES:
        return None
    raw = Raw(
        campaign=campaign,
        channel=CHANNEL,
        adapter=ADAPTER,
        content=content,
        media_type=MEDIA_TYPE,
        sent_by=principal,
        source_id=refused.source_id,
    )
    return Unaccepted(raw, Reason.CONTENT_ERRORS, told(refused.error))
