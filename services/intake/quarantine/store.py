"""The documents of the quarantine: facts to be listed, and apart from them the sealed content while it waits."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from services.intake.quarantine.model import Item
from shared.store.port import Collection, Document, Index, Reader, Transaction
from shared.store.structs import body_of

ITEMS = Collection(
    "intake.quarantine",
    (
        Index(("campaign", "state", "kept_at")),
        Index(("campaign", "state", "reason", "kept_at")),
        Index(("state", "kept_at")),
        Index(("submission_id", "state")),
    ),
)
CONTENTS = Collection("intake.quarantine_contents")
"""Under the id of its item: the wrapped data key and what it seals. Gone as soon as the item is settled."""


class Sealed(msgspec.Struct, frozen=True, gc=False):
    """The sealed content of an item."""

    campaign: str
    wrapped_key: str
    content: str
    hint: str
    source_id: str


def item_of(document: Document) -> Item:
    """The item in ``document``."""
    return msgspec.convert(document.body, Item)


def sealed_of(document: Document) -> Sealed:
    """The sealed content in ``document``."""
    return msgspec.convert(document.body, Sealed)


async def settle(transaction: Transaction, items: Sequence[tuple[Item, int]]) -> None:
    """Write ``items``, each in place of that version, and destroy their content for good."""
    await transaction.replace_many(ITEMS, [(item.id, body_of(item), version) for item, version in items])
    await transaction.delete_many(CONTENTS, [item.id for item, _ in items])


async def waiting_count(reader: Reader) -> int:
    """How many items wait: those that still have their content."""
    return await reader.count(CONTENTS)
