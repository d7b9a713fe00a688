"""How the deliveries stand, for the operator: what failed, and what can't be known."""

from __future__ import annotations

from dataclasses import dataclass

from services.notify import store
from services.notify.model import Delivery, DeliveryState
from services.notify.store import Mail
from shared.access import Access, Action, Principal, Resource
from shared.store.port import Store


@dataclass(frozen=True, slots=True)
class MailStanding:
    """A delivery and its mail; None while a rebuild hasn't brought the mail back yet."""

    delivery: Delivery
    mail: Mail | None


class Mails:
    """Looks deliveries up."""

    def __init__(self, *, access: Access, store: Store) -> None:
        self._access = access
        self._store = store

    async def page(
        self, principal: Principal, state: DeliveryState, *, cursor: str | None
    ) -> tuple[list[MailStanding], str | None]:
        """Deliveries in ``state``, latest first, and the cursor that continues. Raises NotAllowed."""
        self._access.check(principal, Action.OPERATE, Resource("mails"))
        page = await store.deliveries_in(self._store, state, cursor=cursor)
        documents = await self._store.get_many(store.MAILS, [document.id for document in page.documents])
        mails = {id: store.mail_of(document) for id, document in documents.items()}
        deliveries = [store.delivery_of(document) for document in page.documents]
        return [MailStanding(d, mails.get(d.notice_id)) for d in deliveries], page.cursor
