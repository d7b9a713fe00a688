"""Who is told of what. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from shared.campaign import Campaign
from shared.errors import RejectEvent
from shared.events import (
    AccessGranted,
    AccessRefused,
    AccessRequested,
    AccessRevoked,
    EventData,
    QuotaMilestoneReached,
    QuotaStatus,
    QuotaStatusChanged,
)


class RecipientKind(StrEnum):
    """What a recipient's name is the name of."""

    ROLE = "role"
    UNIT = "unit"
    SUBJECT = "subject"


@dataclass(frozen=True, slots=True)
class Recipient:
    """Whoever has a role, belongs to a unit, or is one subject."""

    kind: RecipientKind
    name: str

    @property
    def key(self) -> str:
        """How the inbox calls them: ``role:office``."""
        return f"{self.kind}:{self.name}"


OFFICE = Recipient(RecipientKind.ROLE, "office")
LEADING_GROUP = Recipient(RecipientKind.ROLE, "leading_group")

_CHASED = (QuotaStatus.AT_RISK, QuotaStatus.BEHIND, QuotaStatus.MISSED)
"""The office acts on these."""


def audience_of(data: EventData, campaign: Campaign) -> tuple[Recipient, ...]:
    """Who has to know of ``data``. Raises RejectEvent when it names what the campaign hasn't."""
    match data:
        case QuotaMilestoneReached(quota_line=line):
            return (OFFICE, *_units_of_line(line, campaign))
        case QuotaStatusChanged(quota_line=line, status=status):
            office = (OFFICE,) if status in _CHASED else ()
            return (*office, *_units_of_line(line, campaign))
        case AccessRequested():
            return (LEADING_GROUP,)
        case AccessGranted(granted_to=person) | AccessRevoked(granted_to=person):
            return (_person(person), OFFICE)
        case AccessRefused(requested_by=person):
            return (_person(person),)
        case _:
            return ()


def addresses_of(recipients: tuple[Recipient, ...], campaign: Campaign) -> tuple[str, ...]:
    """The mail addresses of ``recipients``, each once. Of single persons no address is known."""
    addresses: dict[str, None] = {}
    for recipient in recipients:
        addresses.update(dict.fromkeys(_addresses(recipient, campaign)))
    return tuple(addresses)


def _addresses(recipient: Recipient, campaign: Campaign) -> tuple[str, ...]:
    match recipient.kind:
        case RecipientKind.ROLE:
            return campaign.notices.addresses_of_role(recipient.name)
        case RecipientKind.UNIT:
            return campaign.notices.addresses_of_unit(recipient.name)
        case RecipientKind.SUBJECT:
            return ()


def _units_of_line(line: str, campaign: Campaign) -> tuple[Recipient, ...]:
    if line not in campaign.quota_lines:
        raise RejectEvent(f"quota_line: {line!r} is not in the campaign {campaign.id!r}")
    return tuple(Recipient(RecipientKind.UNIT, unit) for unit in campaign.quota_lines[line].units)


def _person(subject: str) -> Recipient:
    return Recipient(RecipientKind.SUBJECT, subject)
