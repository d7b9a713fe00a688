"""Nonces that were used: kept in the store till their time is over, so that every process knows them."""

from __future__ import annotations

import asyncio

from services.intake.channels.app_board.signing import WINDOW_S, Claim
from services.intake.channels.app_board.store import NONCES
from services.intake.gathering import Gathering
from shared.background import Background
from shared.consuming.backoff import Backoff
from shared.errors import RetryLater
from shared.platform import Clock, Health
from shared.store.port import NewBody, Range, Store

CLEAN_EVERY_S = 60.0
CLEANED_AT_ONCE = 1000
CLOCKS_DIFFER_S = 60
"""How far the clocks of our own processes may be apart."""

_Item = tuple[str, NewBody]


class Nonces:
    """Lets each nonce of a key through once; a component that clears away those whose time is over."""

    name = "intake.app_nonces"

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._gathering = Gathering[_Item, bool](lambda items: store.insert_each(NONCES, items))
        self._background = Background(self.name)
        self._waiting_for = ""

    async def use(self, claim: Claim) -> bool:
        """Whether this is the first use. Raises RetryLater; then it may count as used, and another is needed."""
        until_s = claim.timestamp_s + WINDOW_S + CLOCKS_DIFFER_S
        return await self._gathering.submit((f"{claim.key_id}/{claim.nonce}", {"until_s": until_s}))

    async def clear_away(self) -> int:
        """Forget those that no window lets in any more; how many they were. Raises RetryLater."""
        over = Range(lt=int(self._clock().timestamp()))
        cleared_count = 0
        while True:
            page = await self._store.find(NONCES, {"until_s": over}, limit=CLEANED_AT_ONCE)
            if not page.documents:
                return cleared_count
            async with self._store.transaction() as transaction:
                await transaction.delete_many(NONCES, [document.id for document in page.documents])
            cleared_count += len(page.documents)

    async def start(self) -> None:
        """Clear away from now on."""
        self._background.start(self._run)

    async def stop(self) -> None:
        """End; what is left is cleared away after the next start."""
        await self._background.cancel()

    def health(self) -> Health:
        """Ready also while nothing can be cleared away: that only costs room."""
        health = self._background.health()
        return Health(health.is_ready, health.detail or self._waiting_for)

    @property
    def crashed(self) -> BaseException | None:
        """The bug that ended it, if one did."""
        return self._background.crashed

    async def _run(self) -> None:
        backoff = Backoff()
        while True:
            try:
                await self.clear_away()
            except RetryLater as error:
                self._waiting_for = str(error)
                await backoff.wait()
                continue
            self._waiting_for = ""
            backoff.reset()
            await asyncio.sleep(CLEAN_EVERY_S)
