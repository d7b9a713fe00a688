"""All that a query finds, read page by page."""

from pathlib import Path

import pytest

from shared.store import open_store
from shared.store.paging import all_documents
from shared.store.port import Collection, Index

THINGS = Collection("test.things", (Index(("kind", "place")),))


@pytest.mark.parametrize("count", [0, 1, 2, 3, 7])
async def test_every_document_comes_once_and_in_order(tmp_path: Path, count: int) -> None:
    store = open_store(f"sqlite:///{tmp_path}/store.db")
    await store.open([THINGS])
    for number in range(count):
        async with store.transaction() as transaction:
            await transaction.insert(THINGS, f"mine-{number}", {"kind": "mine", "place": count - number})
            await transaction.insert(THINGS, f"other-{number}", {"kind": "other", "place": number})
    found = [
        document.body["place"]
        async for document in all_documents(store, THINGS, {"kind": "mine"}, order_by="place", at_once=2)
    ]
    assert found == list(range(1, count + 1))
    assert len([each async for each in all_documents(store, THINGS, {}, at_once=2)]) == 2 * count
    await store.close()
