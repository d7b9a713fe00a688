"""The demo's way to the services: HTTP that is patient while one of them is away."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from shared.errors import RetryLater

PATIENCE_S = 120.0
WAIT_BETWEEN_S = 0.5
AWAY_STATUSES = frozenset({502, 503, 504})


@dataclass(frozen=True, slots=True)
class Urls:
    """Where each service answers."""

    intake: str
    quota: str
    analytics: str
    release: str
    notify: str


class PatientClient:
    """Sends a request until somebody answers it; requests here may all be sent twice."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http

    async def send(
        self,
        method: str,
        url: str,
        *,
        token: str = "",
        content: bytes | None = None,
        json: Any = None,
        headers: Callable[[], Mapping[str, str]] | None = None,
        auth: httpx.Auth | None = None,
    ) -> httpx.Response:
        """The first answer that isn't «away». Raises RetryLater when none came for two minutes.

        ``headers`` are asked for anew each time: what is signed is signed once for each attempt.
        """
        give_up_s = time.monotonic() + PATIENCE_S
        bearer = {"Authorization": f"Bearer {token}"} if token else {}
        while True:
            try:
                own = {**bearer, **(headers() if headers is not None else {})}
                answer = await self._http.request(
                    method, url, headers=own, content=content, json=json, auth=auth
                )
            except httpx.TransportError as error:
                reason = f"{method} {url}：{error!r}"
            else:
                if answer.status_code not in AWAY_STATUSES:
                    return answer
                reason = f"{method} {url}：{answer.status_code} {answer.text[:200]}"
            if time.monotonic() > give_up_s:
                raise RetryLater(f"两分钟内没有应答：{reason}")
            await asyncio.sleep(WAIT_BETWEEN_S)

    async def pause(self) -> None:
        """Wait a little for what travels as an event."""
        await asyncio.sleep(WAIT_BETWEEN_S)

    async def ready(self, urls: Urls) -> None:
        """Wait until every service says that it is ready."""
        for url in {urls.intake, urls.quota, urls.analytics, urls.release, urls.notify}:
            await self.send("GET", f"{url}/readyz", token="")
