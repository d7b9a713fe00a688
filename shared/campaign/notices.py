"""Who is told what: addresses and mail templates of a campaign."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from shared.events import (
    AccessGranted,
    AccessRefused,
    AccessRequested,
    AccessRevoked,
    EventData,
    QuotaMilestoneReached,
    QuotaStatusChanged,
)

NOTICE_EVENTS: Mapping[str, type[EventData]] = {
    "milestone": QuotaMilestoneReached,
    "status_changed": QuotaStatusChanged,
    "grant_requested": AccessRequested,
    "grant_approved": AccessGranted,
    "grant_refused": AccessRefused,
    "grant_revoked": AccessRevoked,
}
"""Every kind of notice, and the event that it tells of."""

TEMPLATE_VARIABLES: Mapping[str, frozenset[str]] = {
    kind: frozenset(event.model_fields) | {"office"} for kind, event in NOTICE_EVENTS.items()
}
"""What a template of each kind may name: the fields of its event, and ``office``.

The one who renders puts readable text in place of ids: ``campaign``, ``quota_line``, ``units``, ``office``
are names, and so are statuses; times are in the campaign's timezone.
"""


@dataclass(frozen=True, slots=True)
class NoticeTemplate:
    """A mail's subject and body, as Jinja templates in the language of the readers."""

    subject: str
    body: str


@dataclass(frozen=True, slots=True)
class Notices:
    """Mail addresses by role and by unit, and one template for each kind in ``NOTICE_EVENTS``."""

    role_addresses: Mapping[str, tuple[str, ...]]
    unit_addresses: Mapping[str, tuple[str, ...]]
    templates: Mapping[str, NoticeTemplate]

    def addresses_of_role(self, role: str) -> tuple[str, ...]:
        """The addresses of everybody in ``role``; empty when the campaign names nobody."""
        return self.role_addresses.get(role, ())

    def addresses_of_unit(self, unit_id: str) -> tuple[str, ...]:
        """The unit's addresses; the office's where the unit has named no contact yet."""
        return self.unit_addresses.get(unit_id) or self.addresses_of_role("office")
