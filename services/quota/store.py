"""The documents of quota: a standing per submission, the claims per person, sums per unit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from services.quota.model import NOTHING_KNOWN, Claim, Content, Standing
from shared.store.port import Body, Collection, Counters, Document, Reader, Transaction

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


async def load_standings(reader: Reader, ids: Sequence[str]) -> dict[str, Document]:
    """The documents of those submissions that are known."""
    return await reader.get_many(STANDINGS, ids)


async def load_persons(reader: Reader, ids: Sequence[str]) -> dict[str, Document]:
    """The documents of those persons who have claims, or had."""
    return await reader.get_many(PERSONS, ids)


async def write_all(
    transaction: Transaction,
    collection: Collection,
    known: Mapping[str, Document],
    bodies: Iterable[tuple[str, Body]],
) -> None:
    """Write ``bodies``: replace where ``known`` has the id, insert elsewhere; nothing where nothing changed."""
    fresh: list[tuple[str, Body]] = []
    changed: list[tuple[str, Body, int]] = []
    for id, body in bodies:
        document = known.get(id)
        if document is None:
            fresh.append((id, body))
        elif document.body != body:
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


def standing_body(standing: Standing) -> Body:
    """The document of a standing. What isn't known is left out: there is one for every submission."""
    body: dict[str, Any] = {"revision": standing.revision}
    if standing.is_withdrawn:
        body["is_withdrawn"] = True
    if standing.is_signed_off:
        body["is_signed_off"] = True
    if standing.content is not None:
        body["content"] = _row(standing.content)
    return body


def standing_of(document: Document | None) -> Standing:
    """The standing in ``document``."""
    if document is None:
        return NOTHING_KNOWN
    body = document.body
    content = body.get("content")
    return Standing(
        content=Content(*content) if content else None,
        revision=body["revision"],
        is_withdrawn=body.get("is_withdrawn", False),
        is_signed_off=body.get("is_signed_off", False),
    )


def _row(content: Content) -> list[str | None]:
    """The fields in their order, up to the last that is known."""
    row: list[str | None] = [content.unit, content.mode, content.edition, content.received_at]
    if content.age_band is not None or content.person is not None:
        row.append(content.age_band)
    if content.person is not None:
        row.append(content.person)
    return row


def person_body(claims: Iterable[Claim]) -> Body:
    """The document of a person's claims, first one first; empty without any, as if there never had been one."""
    rows = [[c.received_at, c.submission_id, c.unit] for c in sorted(claims)]
    return {"claims": rows} if rows else {}


def claims_of(document: Document | None) -> frozenset[Claim]:
    """The claims in ``document``."""
    if document is None:
        return frozenset()
    return frozenset(Claim(*claim) for claim in document.body.get("claims", ()))
