"""The documents of quota: a standing per submission, the claims per person, sums per unit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set

import msgspec

from services.quota.model import NOTHING_KNOWN, Claim, Standing
from shared.store.port import Collection, Counters, Document, Reader, Transaction

STANDINGS = Collection("quota.standings")
PERSONS = Collection("quota.persons")
SUMS = Counters("quota.sums")
MILESTONES = Collection("quota.milestones")
"""Which milestones were told; not part of the fold, so a rebuild doesn't tell them again."""

Sums = dict[str, dict[str, int]]


def person_id(campaign: str, person: str) -> str:
    """The id of a person's claims: persons are counted apart in each campaign."""
    return f"{campaign}/{person}"


def sum_id(campaign: str, unit: str) -> str:
    """The id of a unit's sums."""
    return f"{campaign}/{unit}"


async def write_all(
    transaction: Transaction,
    collection: Collection,
    known: Mapping[str, Document],
    bodies: Iterable[tuple[str, bytes]],
) -> None:
    """Write ``bodies``: replace where ``known`` has the id, insert elsewhere."""
    fresh: list[tuple[str, bytes]] = []
    changed: list[tuple[str, bytes, int]] = []
    for id, body in bodies:
        document = known.get(id)
        if document is None:
            fresh.append((id, body))
        else:
            changed.append((id, body, document.version))
    if fresh:
        await transaction.insert_many(collection, fresh)
    if changed:
        await transaction.replace_many(collection, changed)


async def sums_of(reader: Reader, campaign: str) -> Sums:
    """Every unit's sums by bucket, by unit id."""
    prefix = sum_id(campaign, "")
    counters = await reader.all_counters(SUMS, prefix=prefix)
    return {id.removeprefix(prefix): fields for id, fields in counters.items()}


def standing_body(standing: Standing) -> bytes:
    """The document of a standing. What isn't known is left out: there is one for every submission."""
    return _encode(standing)


def standing_of(document: Document | None) -> Standing:
    """The standing in ``document``."""
    return NOTHING_KNOWN if document is None else msgspec.convert(document.body, Standing)


def person_body(claims: Iterable[Claim]) -> bytes:
    """The document of a person's claims, first one first; empty without any, as if there never had been one."""
    return _encode(_Claims(sorted(claims)))


def claims_of(document: Document | None) -> Set[Claim]:
    """The claims in ``document``."""
    return _NONE if document is None else frozenset(msgspec.convert(document.body, _Claims).claims)


class _Claims(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    claims: list[Claim] = []


_NONE: frozenset[Claim] = frozenset()
_encode = msgspec.json.Encoder().encode
