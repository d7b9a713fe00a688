"""How many came and went, and by which QR code: each event once."""

from __future__ import annotations

from collections.abc import Mapping

from services.intake.channels.wechat.incoming import Incoming
from services.intake.channels.wechat.store import EVENTS
from shared.metrics import WeChatOutcome
from shared.privacy import Privacy
from shared.store.port import Store

SCENE_CHARS = 64
"""WeChat's own limit of a scene that is a text."""


class Events:
    """Keeps that an event happened, and not to whom: followers have agreed to nothing yet."""

    def __init__(self, *, privacies: Mapping[str, Privacy], store: Store) -> None:
        self._privacies = privacies
        self._store = store

    async def note(self, campaign: str, incoming: Incoming) -> WeChatOutcome:
        """Keep the event; a repeat is told from a new one. Raises RetryLater."""
        named = f"{incoming.account}\0{incoming.sender}\0{incoming.created_s}\0{incoming.id}"
        id = self._privacies[campaign].pseudonyms.content_mac(f"wechat-event\0{named}".encode())
        body = {"campaign": campaign, "event": incoming.kind.value, "at_s": incoming.created_s}
        if incoming.scene is not None:
            body["scene"] = incoming.scene[:SCENE_CHARS]
        (is_new,) = await self._store.insert_each(EVENTS, [(id, body)])
        return WeChatOutcome.ACCEPTED if is_new else WeChatOutcome.REPEAT
