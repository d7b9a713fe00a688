"""All that see the same of a board: what they see is made once, and handed to each of them."""

from __future__ import annotations

import asyncio

from services.quota.live.picture import Picture
from services.quota.live.scope import Scope
from services.quota.live.view import View, view_of


class Channel:
    """What one ``scope`` sees now. ``listener_count`` is how many hold on to it."""

    def __init__(self, scope: Scope, picture: Picture) -> None:
        self.scope = scope
        self.listener_count = 0
        self.view: View = view_of(picture, scope, None)
        self._moved = asyncio.Event()

    def show(self, picture: Picture) -> None:
        """Go on to ``picture``; those who wait learn of it where it has something new for them."""
        view = view_of(picture, self.scope, self.view)
        if view is not self.view:
            self.view = view
            self._moved.set()
            self._moved = asyncio.Event()

    async def moved(self) -> None:
        """Wait until the view is another one."""
        await self._moved.wait()
