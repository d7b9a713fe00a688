"""The component that delivers replies to the app's backends, each reply under its own id however often it is tried.

How far a backend has got is kept in the store, together with who is delivering: a process that dies leaves a
claim that ends by itself, and the next one goes on behind the last reply that was acknowledged. So a backend may
see a reply twice, with the same id, and misses none.
"""

from __future__ import annotations

import secrets

import httpx
import msgspec

from services.intake.channels.app_board.claims import Claims
from services.intake.channels.app_board.retries import Retries
from services.intake.channels.app_board.signers import Signers
from services.intake.channels.app_board.signing import Message, signed_headers
from services.intake.channels.app_board.telling import Telling, ToldReply
from shared.access.signing_keys import SigningKey
from shared.background import FinishingComponent
from shared.errors import RetryLater
from shared.logging import get_logger
from shared.metrics import INTAKE_WEBHOOK_REQUESTS
from shared.real_time import RealClock
from shared.store.port import Store
from shared.tls import client_tls

TIMEOUT_S = 10.0
SWEEP_EVERY_S = 5.0
"""How often to look for replies that another process took in."""
DELIVERED_AT_ONCE = 20
REFUSED_FOR_GOOD = frozenset({400, 409, 413, 422})
"""The backend understood, and will never take this reply: the next one is due. It can still be asked for."""


class Webhooks(FinishingComponent):
    """Delivers what is due, in order, to every key that has a webhook. Any number of processes may run one."""

    name = "intake.app_webhooks"
    stop_within_s = 12.0

    def __init__(self, telling: Telling, signers: Signers, store: Store, clock: RealClock) -> None:
        super().__init__()
        self._telling = telling
        self._signers = signers
        self._clock = clock
        self._claims = Claims(secrets.token_hex(8), store, clock)
        self._retries = Retries()
        self._backends_away: dict[str, str] = {}

    def _waits_for(self) -> str:
        """Replies wait while a backend is away, and can be asked for."""
        return "；".join(f"签名密钥 {id} 的回调：{reason}" for id, reason in self._backends_away.items())

    async def _run(self) -> None:
        async with httpx.AsyncClient(
            verify=client_tls(), timeout=TIMEOUT_S, follow_redirects=False, trust_env=False
        ) as client:
            while not self._stopping.is_set():
                keys = self._signers.with_webhook()
                for key in keys:
                    if not self._retries.due_in_s(key.id):
                        await self._try(client, key)
                waits_s = [self._retries.due_in_s(key.id) or SWEEP_EVERY_S for key in keys]
                await self._pause(min([SWEEP_EVERY_S, *waits_s]))

    async def _try(self, client: httpx.AsyncClient, key: SigningKey) -> None:
        try:
            while await self._deliver_some(client, key):
                continue
        except RetryLater as error:
            self._retries.failed(key.id)
            self._backends_away[key.id] = str(error)
            get_logger(self.name).warning("webhook-waits", key=key.id, reason=str(error))
        else:
            self._retries.succeeded(key.id)
            self._backends_away.pop(key.id, None)

    async def _deliver_some(self, client: httpx.AsyncClient, key: SigningKey) -> bool:
        """Deliver what is due next; whether to go on at once. Raises RetryLater."""
        through = await self._claims.take(key.id)
        if through is None:
            return False
        try:
            replies = await self._telling.after(key.campaign, through, limit=DELIVERED_AT_ONCE)
            for reply in replies:
                if reply.replied_at >= key.created_at:  # those before weren't for this backend
                    await self._deliver(client, key, reply)
                is_held = await self._claims.settle(key.id, int(reply.cursor))
                if not is_held or self._stopping.is_set():
                    return False
        finally:
            await self._claims.let_go(key.id)
        return len(replies) == DELIVERED_AT_ONCE

    async def _deliver(self, client: httpx.AsyncClient, key: SigningKey, reply: ToldReply) -> None:
        """Return when the backend has it or will never take it. Raises RetryLater."""
        status = await self._status_of(client, key, msgspec.json.encode(reply))
        if 200 <= status < 300:
            INTAKE_WEBHOOK_REQUESTS.labels("delivered").inc()
        elif status in REFUSED_FOR_GOOD:
            INTAKE_WEBHOOK_REQUESTS.labels("refused").inc()
            get_logger(self.name).error("reply-refused", key=key.id, reply=reply.reply_id, status=status)
        else:
            INTAKE_WEBHOOK_REQUESTS.labels("retried").inc()
            raise RetryLater(f"对方答复 {status}" if status else "对方无法连接，或没有及时答复")

    async def _status_of(self, client: httpx.AsyncClient, key: SigningKey, body: bytes) -> int:
        """The status that the backend answers; 0 when it doesn't."""
        now, url = self._clock(), httpx.URL(key.webhook_url or "")
        message = Message("POST", url.raw_path.decode(), body)
        found, timestamp_s = self._signers.secrets_of(key, now), int(now.timestamp())
        headers = signed_headers(key.id, found, message, timestamp_s=timestamp_s, nonce=secrets.token_hex(16))
        headers["Content-Type"] = "application/json"
        try:
            async with client.stream("POST", url, content=body, headers=headers) as answer:
                return answer.status_code
        except httpx.HTTPError:
            return 0
