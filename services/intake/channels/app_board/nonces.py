"""Nonces that were used: kept in the store till their time is over, so that every process knows them."""

from __future__ import annotations

from services.intake.channels.app_board.signing import WINDOW_S, Claim
from services.intake.channels.app_board.store import NONCES
from services.intake.gathering import Gathering
from shared.background import BackgroundComponent
from shared.consuming.backoff import Backoff
from shared.errors import RetryLater
from shared.real_time import RealClock
from shared.store.port import NewBody, Range, Store

CLEAN_EVERY_S = 60.0
CLEANED_AT_ONCE = 1000
CLOCKS_DIFFER_S = 60
"""How far the clocks of our own processes may be apart."""

_Item = tuple[str, NewBody]


class Nonces(BackgroundComponent):
    """Lets each nonce of a key through once; a component that clears away those whose time is over."""

    name = "intake.app_nonces"

    def __init__(self, store: Store, clock: RealClock) -> None:
        super().__init__()
        self._store = store
        self._clock = clock
        self._gathering = Gathering[_Item, bool](lambda items: store.insert_each(NONCES, items))

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
            await self._pause(CLEAN_EVERY_S)
