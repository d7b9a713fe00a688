"""What the quarantine shows: facts, by page."""

from __future__ import annotations

from services.intake.quarantine.model import Item, ItemState, Reason
from services.intake.quarantine.store import ITEMS, item_of
from shared.access import Access, Action, Principal, Resource
from shared.store.port import Store


class Listing:
    """Lists items for those who may know of them."""

    def __init__(self, *, access: Access, store: Store) -> None:
        self._access = access
        self._store = store

    async def page(
        self,
        principal: Principal,
        campaign: str,
        *,
        state: ItemState,
        reason: Reason | None,
        cursor: str | None,
        limit: int,
    ) -> tuple[list[Item], str | None]:
        """Items of ``campaign``, oldest first, and the cursor after them. Raises NotAllowed (hidden)."""
        resource = Resource(kind="quarantine", campaign=campaign)
        self._access.check(principal, Action.READ_QUARANTINE, resource)
        where = {"campaign": campaign, "state": state.value}
        if reason is not None:
            where["reason"] = reason.value
        page = await self._store.find(ITEMS, where, order_by="kept_at", limit=limit, cursor=cursor)
        return [item_of(document) for document in page.documents], page.cursor
