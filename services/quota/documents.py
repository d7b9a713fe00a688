"""What quota's documents hold, and the ids that they stand under. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Set

import msgspec

from services.quota.model import NOTHING_KNOWN, Claim, Standing
from shared.store.port import Document


def person_id(campaign: str, person: str) -> str:
    """The id of a person's claims: persons are counted apart in each campaign."""
    return f"{campaign}/{person}"


def campaign_of(person: str) -> str:
    """The campaign in the id of a person's claims."""
    return person.partition("/")[0]


def point_id(campaign: str, point: str) -> str:
    """The id of a point's interviews."""
    return f"{campaign}/{point}"


def sum_id(campaign: str, unit: str) -> str:
    """The id of a unit's sums."""
    return f"{campaign}/{unit}"


def standing_body(standing: Standing) -> bytes:
    """The document of a standing. What isn't known is left out: there is one for every submission."""
    return _encode(standing)


def standing_of(document: Document | None) -> Standing:
    """The standing in ``document``."""
    return NOTHING_KNOWN if document is None else msgspec.convert(document.body, Standing)


def standing_in(body: bytes) -> Standing:
    """The standing that ``standing_body`` wrote."""
    return _decode_standing(body)


def person_body(claims: Iterable[Claim]) -> bytes:
    """The document of a person's claims, first one first; empty without any, as if there never had been one."""
    return _encode(_Claims(sorted(claims)))


def claims_in(body: bytes) -> Set[Claim]:
    """The claims that ``person_body`` wrote."""
    return frozenset(_decode_claims(body).claims)


def claims_of(document: Document | None) -> Set[Claim]:
    """The claims in ``document``."""
    return _NONE if document is None else frozenset(msgspec.convert(document.body, _Claims).claims)


class _Claims(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    claims: list[Claim] = []


_NONE: frozenset[Claim] = frozenset()
_encode = msgspec.json.Encoder().encode
_decode_standing = msgspec.json.Decoder(Standing).decode
_decode_claims = msgspec.json.Decoder(_Claims).decode
