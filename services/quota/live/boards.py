"""The use cases of the live board: what one may see of it now, and listening to its changes."""

from __future__ import annotations

import contextlib
from functools import partial

from services.quota.live.channel import Channel
from services.quota.live.listening import Listener, Places
from services.quota.live.scope import scope_of
from services.quota.live.view import View
from services.quota.live.watching import Watching
from services.quota.settings import QuotaSettings
from shared.access import Principal
from shared.background import BackgroundComponent
from shared.errors import RetryLater
from shared.platform import Platform

NOBODY_LISTENS_S = 60.0
"""How long it sleeps while nobody listens; whoever comes wakes it."""


class Boards(BackgroundComponent):
    """The boards of all campaigns, watched while somebody listens.

    ``consumer`` is the one whose fold they show: it may run in another process, its positions tell how far it is.
    """

    name = "quota.boards"

    def __init__(self, platform: Platform, settings: QuotaSettings) -> None:
        super().__init__()
        self._platform = platform
        self._look_every_s = settings.quota_board_look_every_s
        self._places = Places(settings.quota_stream_listeners, settings.quota_stream_listeners_each)
        self._watched = {
            id: Watching(platform, campaign, look_every_s=self._look_every_s)
            for id, campaign in platform.campaigns.items()
        }

    async def stop(self) -> None:
        """End the watching."""
        await super().stop()
        for watched in self._watched.values():
            watched.stop()

    async def view(self, principal: Principal, campaign: str) -> View:
        """What ``principal`` sees of the board of ``campaign``. Raises NotAllowed, NotFound, RetryLater."""
        return (await self._channel(principal, campaign)).view

    async def listen(self, principal: Principal, campaign: str, last_id: str) -> Listener:
        """A listener to its changes, from the event ``last_id`` on. Raises as above, and TooManyListeners."""
        channel = await self._channel(principal, campaign)
        self._places.take(principal.subject)
        listener = Listener(channel, last_id, partial(self._places.leave, principal.subject))
        self.wake()
        return listener

    async def _channel(self, principal: Principal, campaign: str) -> Channel:
        definition = self._platform.campaign(campaign)
        scope = scope_of(self._platform.access, principal, definition)
        return await self._watched[campaign].channel(scope)

    async def _run(self) -> None:
        while True:
            listened_to = [each for each in self._watched.values() if each.has_listeners]
            for watched in listened_to:
                with contextlib.suppress(RetryLater):  # the store's absence is told by the consumer
                    await watched.look()
            await self._pause(self._look_every_s if listened_to else NOBODY_LISTENS_S)
