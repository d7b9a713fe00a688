"""A service as it runs: over real adapters, asked over HTTP by people with real tokens."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import httpx
from fastapi import FastAPI

from shared.access import Access, LocalIssuer, add_channel_key
from shared.campaign import Campaign
from shared.events import Event, Topic, from_message, to_message
from shared.http import Service, create_app
from shared.http.lifecycle import Lifecycle
from shared.log import open_log
from shared.log.port import LoggedMessage, TopicPartition
from shared.platform import Platform
from shared.privacy import create_keys
from shared.settings import Settings
from shared.store import open_store
from tests.pauses import growing_pauses
from tests.suzhou import suzhou

WITHIN_S = 30.0


@dataclass
class ClockInTest:
    """Stands still until told."""

    now: datetime = datetime(2024, 6, 1, 1, 30, tzinfo=UTC)

    def __call__(self) -> datetime:
        """The time of day."""
        return self.now

    def advance(self, by: timedelta) -> None:
        """Let time pass."""
        self.now += by


@dataclass(frozen=True)
class Engine:
    """Which log and store a test runs over."""

    log_url: str
    store_url: str
    topic_prefix: str = ""

    @property
    def is_embedded(self) -> bool:
        """Whether it is files alone."""
        return self.log_url.startswith("sqlite:")

    @classmethod
    def embedded(cls, folder: Path) -> Engine:
        """Files in ``folder``."""
        return cls(f"sqlite:///{folder}/log.db", f"sqlite:///{folder}/store.db")


@dataclass(repr=False)  # a test's runner asks for it again and again, and it is long
class Running:
    """One process of a service; ``tokens`` has those who were let in by ``be``."""

    app: FastAPI
    platform: Platform
    client: httpx.AsyncClient
    issuer: LocalIssuer
    service: Service
    channel_keys: dict[str, str]
    tokens: dict[str, str] = field(default_factory=dict)

    def be(self, subject: str, *roles: str, unit: str | None = None) -> None:
        """Let ``subject`` be somebody with ``roles``."""
        self.tokens[subject] = self.issuer.issue(subject, roles, unit)

    def be_channels(self) -> None:
        """Let every channel be its frontend, with its key."""
        self.tokens.update(self.channel_keys)

    async def post(
        self, subject: str, path: str, content: bytes, *, headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        """Post ``content`` as it is, as ``subject``."""
        headers = {"authorization": f"Bearer {self.tokens[subject]}", **(headers or {})}
        return await self.client.post(path, headers=headers, content=content)

    async def ask(
        self, subject: str, method: str, path: str, *, key: str | None = None, **content: object
    ) -> httpx.Response:
        """Ask as ``subject``; ``content`` is the JSON of the body."""
        headers = {"authorization": f"Bearer {self.tokens[subject]}"}
        if key is not None:
            headers["idempotency-key"] = key
        return await self.client.request(method, path, headers=headers, json=content or None)

    async def events(self, topic: Topic) -> list[Event]:
        """Everything that stands in ``topic`` now."""
        return [from_message(message) for message in await self.messages(topic)]

    async def messages(self, topic: Topic) -> list[LoggedMessage]:
        """Every message that stands in ``topic`` now, by partition and offset."""
        ends = await self.platform.log.ends(topic)
        found: list[LoggedMessage] = []
        subscription = await self.platform.log.subscribe([topic], group=None, listener=_Indifferent())
        try:
            while len(found) < sum(ends.values()):
                for messages in (await subscription.poll(1000, 1.0)).values():
                    found.extend(messages)
        finally:
            await subscription.close()
        return found

    async def append(self, topic: Topic, *events: Event) -> None:
        """Put ``events`` into the log."""
        await self.platform.log.append(topic, [to_message(event) for event in events])


@asynccontextmanager
async def running(
    build: Callable[[Platform], Service],
    engine: Engine,
    folder: Path,
    clock: ClockInTest,
    *,
    waits_for_log: bool = True,
    campaign: Campaign | None = None,
) -> AsyncIterator[Running]:
    """``build``'s service, started; stopped at the end. ``campaign``: another one than Suzhou's."""
    settings = Settings(
        log_url=engine.log_url,
        store_url=engine.store_url,
        topic_prefix=engine.topic_prefix,
        partition_count=2,
        oidc_keys_url=f"file:{folder}/public.json",
        keys_file=folder / "keys.json",
        channel_keys_file=folder / "channel-keys.json",
        signing_keys_file=folder / "signing-keys.json",
        interviewers_file=folder / "interviewers.json",
    )
    issuer = LocalIssuer(
        folder / "private.json", folder / "public.json", settings.oidc_issuer, settings.oidc_audience
    )
    campaign = campaign or suzhou()
    create_keys(settings.keys_file, [campaign.id])
    channel_keys = {
        channel: add_channel_key(settings.channel_keys_file, channel, now=clock())[0]
        for channel in campaign.channels
    }
    platform = Platform(
        settings=settings,
        log=open_log(engine.log_url, topic_prefix=engine.topic_prefix),
        store=open_store(engine.store_url),
        campaigns={campaign.id: campaign},
        access=Access.from_settings(settings),
        clock=clock,
        real_clock=clock,
    )
    service = build(platform)
    app = create_app([service], platform, title="test")
    lifecycle: Lifecycle = app.state.lifecycle
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://service") as client,
    ):
        await asyncio.wait_for(lifecycle.started.wait(), WITHIN_S)
        if waits_for_log:
            await until(partial(_is_log_open, lifecycle), "the log to be open")
        yield Running(app, platform, client, issuer, service, channel_keys)
    assert lifecycle.crash is None, lifecycle.crash


async def until(condition: Callable[[], Awaitable[bool]], what: str, *, within_s: float = WITHIN_S) -> None:
    """Wait until ``condition`` holds."""
    try:
        async with asyncio.timeout(within_s):
            pauses_s = growing_pauses()
            while not await condition():  # noqa: ASYNC110 - what is waited for may be in another process
                await asyncio.sleep(next(pauses_s))
    except TimeoutError:
        raise AssertionError(f"waited {within_s} s in vain: {what}") from None


async def _is_log_open(lifecycle: Lifecycle) -> bool:
    return not lifecycle.health()["log"].detail


class _Indifferent:
    """An assignment listener that doesn't care."""

    async def assigned(self, partitions: frozenset[TopicPartition]) -> None:
        """Nothing to do."""

    async def revoked(self, partitions: frozenset[TopicPartition]) -> None:
        """Nothing to do."""
