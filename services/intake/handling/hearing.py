"""What the topic ``problems`` says, folded into how far each problem has come."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import msgspec

from services.intake.handling.model import ProblemState
from services.intake.handling.store import HEARD
from shared.errors import RejectEvent
from shared.events import ProblemAnswered, ProblemRecorded
from shared.log.port import LoggedMessage
from shared.store.port import Document, Reader, Transaction

STATE_OF_EVENT: Mapping[bytes, ProblemState] = {
    ProblemRecorded.event_type.encode(): ProblemState.BEING_HANDLED,
    ProblemAnswered.event_type.encode(): ProblemState.ANSWERED,
}
"""The events that are heard, and the state that each one tells of."""


class Heard(msgspec.Struct, frozen=True):
    """What the log says of a problem."""

    revision: int
    state: ProblemState

    def then(self, other: Heard) -> Heard:
        """With what another event says, in whatever order they come: the higher revision stands."""
        return max(self, other, key=lambda heard: (heard.revision, heard.state))


class HeardOf(NamedTuple):
    """What one event says of which problem."""

    problem_id: str
    heard: Heard


class _Told(msgspec.Struct, gc=False):
    """The fields of an event about a problem that matter here."""

    problem_id: str
    revision: int


def read(event_type: bytes, message: LoggedMessage) -> HeardOf:
    """What ``message`` says, whose type is one of ``STATE_OF_EVENT``. Raises RejectEvent."""
    try:
        told = _decode(message.value)
    except (ValueError, RecursionError) as error:
        raise RejectEvent(f"data: {error}") from error
    return HeardOf(told.problem_id, Heard(told.revision, STATE_OF_EVENT[event_type]))


async def merge(transaction: Transaction, heard: Iterable[HeardOf]) -> None:
    """Merge what was heard into what stands."""
    merged: dict[str, Heard] = {}
    for id, each in heard:
        merged[id] = merged[id].then(each) if id in merged else each
    if not merged:
        return
    known = await transaction.get_many(HEARD, list(merged))
    new = [(id, _encode(each)) for id, each in merged.items() if id not in known]
    changed = []
    for id, document in known.items():
        stands = _heard_of(document)
        if (after := stands.then(merged[id])) != stands:
            changed.append((id, _encode(after), document.version))
    if new:
        await transaction.insert_many(HEARD, new)
    if changed:
        await transaction.replace_many(HEARD, changed)


async def state_heard(reader: Reader, problem_id: str) -> ProblemState:
    """How far the problem has come by the log; open where the log doesn't know of it."""
    document = await reader.get(HEARD, problem_id)
    return ProblemState.OPEN if document is None else _heard_of(document).state


def _heard_of(document: Document) -> Heard:
    return msgspec.convert(document.body, Heard)


_decode = msgspec.json.Decoder(_Told).decode
_encode = msgspec.json.Encoder().encode
