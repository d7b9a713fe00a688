"""How much of a campaign's board somebody sees."""

from __future__ import annotations

from dataclasses import dataclass

from services.quota.live.content import Seen
from shared.access import Access, Action, Principal, Resource
from shared.campaign import Campaign, CommonPart


@dataclass(frozen=True, slots=True)
class Scope:
    """All of it, or one ``unit`` and the parts that are ``common``. Whoever has the same scope sees the same bytes."""

    sees_all: bool = False
    unit: str | None = None
    common: frozenset[CommonPart] = frozenset()

    @property
    def sees(self) -> Seen:
        """The scope in a word."""
        return "all" if self.sees_all else "common" if self.unit is None else "unit"


def scope_of(access: Access, principal: Principal, campaign: Campaign) -> Scope:
    """What ``principal`` sees of ``campaign``'s board. Raises NotAllowed, hidden, where that is nothing.

    Those who belong to a unit that isn't among the campaign's have no part in it.
    """
    whole = Resource(kind="progress", campaign=campaign.id)
    if not access.is_allowed(principal, Action.READ_PROGRESS, whole):
        scope = _part_of(access, principal, campaign)
        if scope.unit is not None or scope.common:
            return scope
    access.check(principal, Action.READ_PROGRESS, whole)
    return Scope(sees_all=True)


def _part_of(access: Access, principal: Principal, campaign: Campaign) -> Scope:
    if principal.unit is not None and principal.unit not in campaign.units:
        return Scope()
    own = Resource(kind="progress", campaign=campaign.id, unit=principal.unit)
    sees_own = principal.unit is not None and access.is_allowed(principal, Action.READ_PROGRESS, own)
    sees_common = access.is_allowed(principal, Action.READ_COMMON_PROGRESS, own)
    return Scope(
        unit=principal.unit if sees_own else None, common=campaign.common if sees_common else frozenset()
    )
