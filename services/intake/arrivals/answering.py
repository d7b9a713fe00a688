"""Which of its ids arrived: for a client that lost the answers, and wants to send again only what is missing.

A registration alone is no proof: the process that made it may have died before it told the log. What is proof: the
event was read back from the log (``intake.sealed``), or this very process put it into the log or the spool. What
was registered without such a proof is answered as unknown, to be sent again: that is always safe, for what arrived
gets its own receipt again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

from services.intake import store
from services.intake.handlers import Submitting
from services.intake.model import Receipt, Registration, submission_id
from services.intake.owning import resource_of
from services.intake.unsealing.store import SEALED
from shared.access import Access, Action, Principal, Resource
from shared.platform import Platform
from shared.privacy import Privacy

MOST_IDS = 1000


class Arrival(StrEnum):
    """Whether a submission arrived for good."""

    ARRIVED = "arrived"
    NOT_ARRIVED = "not_arrived"
    UNKNOWN = "unknown"


ARRIVAL_NAMES = {
    Arrival.ARRIVED: "已收到",
    Arrival.NOT_ARRIVED: "没有收到，请发送",
    Arrival.UNKNOWN: "尚不能确认，请重新发送；重发不会重复计数",
}


class Asked(NamedTuple):
    """What is known of one source id, and the receipt of what arrived: without the code to withdraw it, which is
    told to those alone who send the content."""

    source_id: str
    arrival: Arrival
    receipt: Receipt | None


class Arrivals:
    """Answers those who may submit such a form: sending it again would give them the same receipt."""

    def __init__(self, platform: Platform, privacies: Mapping[str, Privacy], submitting: Submitting) -> None:
        self._platform = platform
        self._access: Access = platform.access
        self._privacies = privacies
        self._submitting = submitting

    async def of(
        self, principal: Principal, campaign: str, channel: str, source_ids: Sequence[str]
    ) -> list[Asked]:
        """One answer for each of ``source_ids``, in order. What another unit sent looks as if it weren't there.

        Raises NotFound for no such campaign, NotAllowed, RetryLater.
        """
        self._platform.campaign(campaign)
        resource = Resource("submission", campaign=campaign, unit=principal.unit, channel=channel)
        self._access.check(principal, Action.SUBMIT, resource)
        ids = {source_id: submission_id(campaign, channel, source_id) for source_id in source_ids}
        codes = {source_id: self._privacies[campaign].receipt(id) for source_id, id in ids.items()}
        registered = await self._registered(principal, list(codes.values()))
        proven = await self._proven([each.submission_id for each in registered.values()])
        return [
            _asked(source_id, code, registered.get(code), is_proven=ids[source_id] in proven)
            for source_id, code in codes.items()
        ]

    async def _registered(self, principal: Principal, codes: Sequence[str]) -> dict[str, Registration]:
        """What is registered under the receipts ``codes`` and the principal may submit."""
        documents = await self._platform.store.get_many(store.REGISTRATIONS, codes)
        found = {code: store.registration_of(document) for code, document in documents.items()}
        return {code: each for code, each in found.items() if self._may_submit(principal, each)}

    async def _proven(self, ids: Sequence[str]) -> set[str]:
        """Those whose event is known to be durable."""
        told_here = {id for id in ids if self._submitting.has_told(id)}
        others = [id for id in ids if id not in told_here]
        read_back = await self._platform.store.get_many(SEALED, others) if others else {}
        return told_here | read_back.keys()

    def _may_submit(self, principal: Principal, registration: Registration) -> bool:
        return self._access.is_allowed(principal, Action.SUBMIT, resource_of(registration))


def _asked(source_id: str, code: str, registration: Registration | None, *, is_proven: bool) -> Asked:
    if registration is None:
        return Asked(source_id, Arrival.NOT_ARRIVED, None)
    if is_proven:
        return Asked(source_id, Arrival.ARRIVED, Receipt(code, registration))
    return Asked(source_id, Arrival.UNKNOWN, None)
