"""Who delivers to a backend, and how far it has got: one document for each signing key."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

from services.intake.channels.app_board import store
from shared.errors import RetryLater
from shared.real_time import RealClock
from shared.store.port import Body, Store, Transaction

CLAIMED_FOR_S = 60
"""Longer than one delivery can take; a dead process's claim ends then."""


class Claims:
    """The claims of one process, whose name ``by`` no other has."""

    def __init__(self, by: str, store: Store, clock: RealClock) -> None:
        self._by = by
        self._store = store
        self._clock = clock

    async def take(self, key_id: str) -> int | None:
        """Take a key's deliveries over; the last ``seq`` that its backend got. None while another has them."""

        async def work(transaction: Transaction) -> int | None:
            document = await transaction.get(store.DELIVERIES, key_id)
            if document is None:
                await transaction.insert(store.DELIVERIES, key_id, self._held(0))
                return 0
            body = document.body
            if body["held_by"] != self._by and body["held_until_s"] > self._now_s():
                return None
            through: int = body["through"]
            held = self._held(through)
            await transaction.replace(store.DELIVERIES, key_id, held, version=document.version)
            return through

        return await store.transact(self._store, work)

    async def settle(self, key_id: str, through: int) -> bool:
        """Note how far it has got; False when another has taken it over meanwhile."""
        return await self._if_held(key_id, lambda _: self._held(through))

    async def let_go(self, key_id: str) -> None:
        """So that another process may go on at once; does this not stand, the claim ends by itself."""
        with contextlib.suppress(RetryLater):
            await self._if_held(key_id, lambda body: {**body, "held_until_s": 0})

    async def _if_held(self, key_id: str, change: Callable[[Body], Body]) -> bool:
        async def work(transaction: Transaction) -> bool:
            document = await transaction.get(store.DELIVERIES, key_id)
            if document is None or document.body["held_by"] != self._by:
                return False
            changed = change(document.body)
            await transaction.replace(store.DELIVERIES, key_id, changed, version=document.version)
            return True

        return await store.transact(self._store, work)

    def _held(self, through: int) -> Body:
        return {"through": through, "held_by": self._by, "held_until_s": self._now_s() + CLAIMED_FOR_S}

    def _now_s(self) -> int:
        return int(self._clock().timestamp())
