"""Reading back from the log what intake needs of it: what is sealed, so that a field can be found without a search,
how far what was raised has come, whoever told it, and what was withdrawn and stands again in a restored store."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import NamedTuple

import msgspec

from services.intake.handling import hearing
from services.intake.handling.store import HEARD as PROBLEMS_HEARD
from services.intake.unsealing.store import SEALED, SealedContent, content_of, write_all
from shared.consuming import Effects
from shared.errors import RejectEvent
from shared.events import (
    SubmissionAmended,
    SubmissionReceived,
    SubmissionSignedOff,
    SubmissionWithdrawn,
    Topic,
    type_of,
)
from shared.log.port import LoggedMessage
from shared.store.port import Collection, Counters, Transaction

_TELLING = frozenset({SubmissionReceived.event_type.encode(), SubmissionAmended.event_type.encode()})
_WITHDRAWN = SubmissionWithdrawn.event_type.encode()
_SIGNED_OFF = SubmissionSignedOff.event_type.encode()

WithdrawAgain = Callable[[Transaction, Mapping[str, str]], Awaitable[None]]
"""Takes back whatever of these submissions still stands: campaign by submission id."""


class _Sealed(msgspec.Struct, gc=False):
    respondent: str | None = None
    texts: str | None = None


class _Told(msgspec.Struct, gc=False):
    """The fields of an event about a submission that matter here."""

    submission_id: str
    campaign: str
    revision: int = 0
    sealed: _Sealed | None = None


class Heard(NamedTuple):
    """What one event says; ``content`` is None where that is nothing of interest."""

    submission_id: str
    content: SealedContent | None


class ReadingBack:
    """The fold of ``submissions`` into ``intake.sealed`` and of ``problems`` into ``intake.problems_heard``; a
    ``shared.consuming.Handler``."""

    name = "intake"
    topics = (Topic.SUBMISSIONS, Topic.PROBLEMS)
    collections: tuple[Collection | Counters, ...] = (SEALED, PROBLEMS_HEARD)

    def __init__(self, withdraw_again: WithdrawAgain) -> None:
        self._withdraw_again = withdraw_again

    def read(self, message: LoggedMessage) -> Heard | hearing.HeardOf:
        """What ``message`` says. Raises RejectEvent."""
        event_type = type_of(message)
        if event_type in hearing.STATE_OF_EVENT:
            return hearing.read(event_type, message)
        try:
            told = _decode(message.value)
        except (ValueError, RecursionError) as error:
            raise RejectEvent(f"data: {error}") from error
        if event_type in _TELLING:
            sealed = told.sealed or _Sealed()
            content = SealedContent(told.campaign, told.revision, sealed.respondent, sealed.texts)
            return Heard(told.submission_id, content)
        if event_type == _WITHDRAWN:
            return Heard(told.submission_id, SealedContent(told.campaign, is_withdrawn=True))
        if event_type == _SIGNED_OFF:
            return Heard(told.submission_id, None)
        raise RejectEvent(f"ce_type: {event_type.decode(errors='replace')} is none that is known here")

    async def apply(self, heard: Sequence[Heard | hearing.HeardOf], effects: Effects) -> None:
        """Merge what was heard into what stands."""
        transaction = effects.transaction
        await hearing.merge(transaction, [each for each in heard if isinstance(each, hearing.HeardOf)])
        submissions = [each for each in heard if isinstance(each, Heard)]
        merged = await _merge(transaction, submissions)
        withdrawn = {id: content.campaign for id, content in merged.items() if content.is_withdrawn}
        if withdrawn:
            await self._withdraw_again(transaction, withdrawn)


async def _merge(transaction: Transaction, heard: Sequence[Heard]) -> dict[str, SealedContent]:
    """What stands then of those that were heard of."""
    merged: dict[str, SealedContent] = {}
    for id, content in heard:
        if content is not None:
            merged[id] = merged[id].then(content) if id in merged else content
    known = await transaction.get_many(SEALED, list(merged))
    changed = {}
    for id, content in merged.items():
        stands = content_of(known[id]) if id in known else None
        merged[id] = content if stands is None else stands.then(content)
        if merged[id] != stands:
            changed[id] = merged[id]
    await write_all(transaction, known, changed)
    return merged


_decode = msgspec.json.Decoder(_Told).decode
