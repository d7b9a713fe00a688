"""Reading all that a query finds."""

from __future__ import annotations

from collections.abc import AsyncIterator

from shared.store.port import Collection, Document, Reader, Where


async def all_documents(
    reader: Reader, collection: Collection, where: Where, *, order_by: str | None = None, at_once: int = 100
) -> AsyncIterator[Document]:
    """Every document that ``reader.find`` finds, read in pages of ``at_once``. Raises RetryLater.

    Outside a transaction, what is written meanwhile may be met or not.
    """
    cursor = None
    while True:
        page = await reader.find(collection, where, order_by=order_by, limit=at_once, cursor=cursor)
        for document in page.documents:
            yield document
        if (cursor := page.cursor) is None:
            return
