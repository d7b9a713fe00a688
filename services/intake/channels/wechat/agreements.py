"""Who agreed to what, by a message that said so."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from msgspec.structs import replace

from services.intake.channels.wechat import store
from services.intake.channels.wechat.incoming import Incoming
from services.intake.channels.wechat.store import AGREEMENTS, Agreement
from services.intake.gathering import Gathering
from shared.campaign import Campaign
from shared.store.port import DuplicateId, Store, Transaction, TransactionConflict
from shared.store.retrying import in_transaction
from shared.store.structs import body_of

Change = Callable[[Agreement | None], Agreement | None]
"""From what stands to what shall stand; None: as it is."""


class Agreements:
    """Keeps agreements. A repeat of a message changes nothing, nor does one that comes after a later one."""

    def __init__(self, *, campaigns: Mapping[str, Campaign], store: Store) -> None:
        self._campaigns = campaigns
        self._store = store
        self._reading = Gathering[str, Agreement | None](self._read)

    async def covering(self, campaign: str, person: str, incoming: Incoming) -> Agreement | None:
        """The agreement to today's text under which ``person`` sent this; None where there is none.

        What was sent before they agreed stays outside, also when WeChat brings it again afterwards.
        """
        stands = await self._reading.submit(_id(campaign, person))
        if stands is None:
            return None
        is_todays = stands.version == self._campaigns[campaign].consents.current
        covers = stands.ended_s is None and stands.given_s <= incoming.created_s
        return stands if is_todays and covers else None

    async def agree(self, campaign: str, person: str, incoming: Incoming) -> bool:
        """Keep that ``person`` agrees to today's text; False when they took it back after they sent this."""
        given = Agreement(self._campaigns[campaign].consents.current, incoming.created_s)

        def change(stands: Agreement | None) -> Agreement | None:
            if stands is None:
                return given
            if stands.ended_s is None:
                return given if stands.version != given.version else None
            return given if incoming.created_s >= stands.ended_s else None

        agreement = await self._change(_id(campaign, person), change)
        return agreement is not None and agreement.ended_s is None

    async def end(self, campaign: str, person: str, incoming: Incoming) -> None:
        """Keep that ``person`` agrees no longer; nothing where they never did."""

        def change(stands: Agreement | None) -> Agreement | None:
            if stands is None or stands.ended_s is not None or incoming.created_s < stands.given_s:
                return None
            return replace(stands, ended_s=incoming.created_s)

        await self._change(_id(campaign, person), change)

    async def _read(self, ids: Sequence[str]) -> list[Agreement | None]:
        """Of several followers in one round trip."""
        found = await self._store.get_many(AGREEMENTS, list(set(ids)))
        return [store.read(found[id], Agreement) if id in found else None for id in ids]

    async def _change(self, id: str, change: Change) -> Agreement | None:
        """Make the change; the agreement that stands then."""

        async def work(transaction: Transaction) -> Agreement | None:
            document = await transaction.get(AGREEMENTS, id)
            stands = None if document is None else store.read(document, Agreement)
            changed = change(stands)
            if changed is not None:
                await _write(transaction, id, changed, None if document is None else document.version)
            return changed or stands

        return await in_transaction(self._store, work)


async def _write(transaction: Transaction, id: str, agreement: Agreement, version: int | None) -> None:
    body = body_of(agreement)
    if version is not None:
        await transaction.replace(AGREEMENTS, id, body, version=version)
        return
    try:
        await transaction.insert(AGREEMENTS, id, body)
    except DuplicateId as error:
        raise TransactionConflict("another process wrote it at this moment") from error


def _id(campaign: str, person: str) -> str:
    return f"{campaign}/{person}"
