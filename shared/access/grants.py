"""Use grants: the leading group's approval that one person uses some data, for one purpose, for a time."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import InitVar, dataclass
from datetime import datetime
from typing import Final, final

from shared.access.principals import Principal
from shared.errors import NotAllowed, RejectEvent
from shared.events import AccessGranted, AccessRevoked

EVERYTHING = "*"


@final
class _Proof:
    """Shows that a Grant was made here, after the check."""


_PROOF: Final = _Proof()


@dataclass(frozen=True, slots=True)
class Grant:
    """Proof that its holder may use these data now. Only ``GrantBook.require`` can make one.

    A function that hands out data takes one, so that a path which forgot the check doesn't type-check.
    ``units`` and ``variables`` are ids, or hold ``"*"`` for all.
    """

    id: str
    campaign: str
    holder: str
    units: frozenset[str]
    variables: frozenset[str]
    purpose: str
    until: datetime
    proof: InitVar[_Proof]

    def __post_init__(self, proof: _Proof) -> None:
        if proof is not _PROOF:
            raise TypeError("a Grant comes from GrantBook.require alone")

    @property
    def has_all_units(self) -> bool:
        """Whether the units are not limited."""
        return EVERYTHING in self.units


@dataclass(frozen=True, slots=True)
class _Approval:
    """What stands in the log; no proof of anything yet."""

    id: str
    campaign: str
    holder: str
    units: frozenset[str]
    variables: frozenset[str]
    purpose: str
    until: datetime

    def missing(self, units: Collection[str], variables: Collection[str]) -> tuple[list[str], list[str]]:
        return _missing(units, self.units), _missing(variables, self.variables)

    def breadth(self) -> tuple[bool, int, str]:
        """Orders approvals from narrow to broad; the id makes it total."""
        return EVERYTHING in self.units, len(self.units), self.id


class GrantBook:
    """The grants in force: a fold of the access events, which may come in any order and more than once."""

    def __init__(self) -> None:
        self._by_holder: dict[tuple[str, str], dict[str, _Approval]] = {}
        self._revoked: set[str] = set()

    def granted(self, data: AccessGranted) -> None:
        """Take in an approval. Raises RejectEvent when its end can't be read."""
        approval = _Approval(
            id=data.grant_id,
            campaign=data.campaign,
            holder=data.granted_to,
            units=frozenset(data.units),
            variables=frozenset(data.variables),
            purpose=data.purpose,
            until=_moment(data.until),
        )
        self._by_holder.setdefault((approval.campaign, approval.holder), {})[approval.id] = approval

    def revoked(self, data: AccessRevoked) -> None:
        """Take in a revocation, also of a grant that isn't known yet."""
        self._revoked.add(data.grant_id)

    def require(
        self,
        principal: Principal,
        campaign: str,
        units: Collection[str],
        variables: Collection[str],
        now: datetime,
    ) -> Grant:
        """The broadest grant of ``principal`` that holds at ``now`` and covers ``units`` and ``variables``.

        ``units`` empty asks for whichever units the grant names; ``"*"`` among them for a grant of all units.
        One grant has to cover everything: two purposes don't add up to a third.

        Raises NotAllowed (code ``no-grant``) which says what is missing.
        """
        standing = list(self._standing(principal.subject, campaign, now))
        covering = [approval for approval in standing if approval.missing(units, variables) == ([], [])]
        if not covering:
            raise NotAllowed(_reason(standing, units, variables), code="no-grant")
        best = max(covering, key=_Approval.breadth)
        return Grant(
            best.id, best.campaign, best.holder, best.units, best.variables, best.purpose, best.until, _PROOF
        )

    def _standing(self, subject: str, campaign: str, now: datetime) -> Iterator[_Approval]:
        for approval in self._by_holder.get((campaign, subject), {}).values():
            if approval.id not in self._revoked and now < approval.until:
                yield approval


def _missing(wanted: Collection[str], covered: frozenset[str]) -> list[str]:
    return [] if EVERYTHING in covered else sorted(set(wanted) - covered)


def _reason(standing: list[_Approval], units: Collection[str], variables: Collection[str]) -> str:
    """In the requester's words: no grant at all, or what the nearest one doesn't cover."""
    request = "请先提出数据使用申请（POST /release/v1/grants），由领导小组批准后再查询。"
    if not standing:
        return f"您在本活动中没有有效的数据使用批准。{request}"
    lacks = [approval.missing(units, variables) for approval in standing]
    missing_units, missing_variables = min(lacks, key=lambda lack: len(lack[0]) + len(lack[1]))
    kinds = (("责任单位", missing_units), ("变量", missing_variables))
    named = "；".join(f"{kind} {'、'.join(_names(names))}" for kind, names in kinds if names)
    return f"您现有的批准不包括：{named}。{request}"


def _names(names: list[str]) -> list[str]:
    return ["全部" if name == EVERYTHING else name for name in names]


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise RejectEvent(f"until: expected RFC 3339, came {text!r}") from error
    if moment.tzinfo is None:
        raise RejectEvent(f"until: expected an offset from UTC, came {text!r}")
    return moment
