"""The documents of obligations: one for each unit, with all that it has done."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from services.quota.obligations.facts import Fact, Facts
from shared.store.port import Collection, Document, Reader

OBLIGATIONS = Collection("quota.obligations")


class _Kept(msgspec.Struct):
    facts: dict[str, Fact] = {}


def document_id(campaign: str, unit: str) -> str:
    """The id of a unit's document."""
    return f"{campaign}/{unit}"


def facts_in(document: Document | None) -> Facts:
    """What is in ``document``."""
    return {} if document is None else msgspec.convert(document.body, _Kept).facts


def body_of(facts: Facts) -> bytes:
    """The document of ``facts``: the same in whatever order they were heard."""
    return _encode(_Kept(dict(facts)))


async def facts_of(reader: Reader, campaign: str, units: Iterable[str]) -> Mapping[str, Facts]:
    """What each of ``units`` has done."""
    ids = {unit: document_id(campaign, unit) for unit in units}
    documents = await reader.get_many(OBLIGATIONS, list(ids.values()))
    return {unit: facts_in(documents.get(id)) for unit, id in ids.items()}


_encode = msgspec.json.Encoder(order="deterministic").encode
