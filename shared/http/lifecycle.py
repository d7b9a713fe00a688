"""The life of an app: opening log and store, starting components, watching them, stopping."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Protocol, runtime_checkable

from shared.consuming.backoff import Backoff
from shared.errors import RetryLater
from shared.events import Topic
from shared.http.service import Service
from shared.http.streams import Streams
from shared.logging import get_logger
from shared.platform import Component, Health, Platform
from shared.store.port import Collection, Counters

LOOK_EVERY_S = 0.5
"""How soon a crashed component is noticed."""

_log = get_logger("http.lifecycle")


@runtime_checkable
class MayCrash(Protocol):
    """A component that can be stopped by a bug of its own."""

    @property
    def crashed(self) -> BaseException | None:
        """The bug that stopped it, if one did."""


class Lifecycle:
    """Brings an app up in the background, and down.

    The process is alive at once; it is ready when log and store are open and every component is. A bug in a
    component, or while starting, ends the whole: ``crash`` holds it and ``on_crash`` is called once.
    """

    def __init__(self, services: Sequence[Service], platform: Platform) -> None:
        self.started = asyncio.Event()
        self.crash: BaseException | None = None
        self.on_crash: Callable[[], None] = lambda: None
        self.streams = Streams()
        self._platform = platform
        self._components = [component for service in services for component in service.components]
        self._is_log_needed = any(service.needs_log_to_start for service in services)
        self._collections = _distinct([each for service in services for each in service.collections])
        self._running: list[Component] = []
        self._waiting_for = {"log": "尚未连接事件日志", "store": "尚未连接存储"}
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin; returns at once."""
        self._task = asyncio.create_task(self._run(), name="lifecycle")

    async def stop(self) -> None:
        """Stop the components in reverse, then close log and store.

        What isn't stopped after the grace period is cancelled first: it would go on with a closed log and store.
        """
        self.streams.end()
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
        try:
            async with asyncio.timeout(self._platform.settings.stop_grace_s):
                await self._stop_components()
        except TimeoutError as error:
            self._crashed("stop", error)
        await self._cancel_components()
        await self._platform.log.close()
        await self._platform.store.close()

    def is_open(self) -> bool:
        """Whether log and store are open and the components were started."""
        return self.started.is_set()

    def health(self) -> dict[str, Health]:
        """Of log, store and every component, by name."""
        log, store = self._waiting_for["log"], self._waiting_for["store"]
        parts = {
            "log": Health(not log or not self._is_log_needed, log),
            "store": Health(not store, store),
        }
        for component in self._components:
            is_running = component in self._running
            parts[component.name] = component.health() if is_running else Health(False, "尚未启动")
        return parts

    async def _run(self) -> None:
        opening = asyncio.create_task(self._open_log(), name="lifecycle.log")
        try:
            await self._open_store()
            if self._is_log_needed:
                await opening
            for component in self._components:
                self._running.append(component)
                await component.start()
            self.started.set()
            _log.info("started", components=[component.name for component in self._components])
            await self._watch(opening)
        except Exception as error:  # noqa: BLE001 - the one place that turns a crash into a stop
            self._crashed("start", error)
        finally:
            opening.cancel()

    async def _open_log(self) -> None:
        topics, partition_count = list(Topic), self._platform.settings.partition_count
        await self._until_open(
            "log", partial(self._platform.log.open, topics, partition_count=partition_count)
        )

    async def _open_store(self) -> None:
        await self._until_open("store", partial(self._platform.store.open, self._collections))

    async def _until_open(self, name: str, open_it: Callable[[], Awaitable[None]]) -> None:
        backoff = Backoff()
        while True:
            try:
                await open_it()
            except RetryLater as error:
                if str(error) != self._waiting_for[name]:
                    _log.warning("waiting", part=name, reason=str(error))
                self._waiting_for[name] = str(error)
                await backoff.wait()
            else:
                self._waiting_for[name] = ""
                return

    async def _watch(self, opening: asyncio.Task[None]) -> None:
        while True:
            if opening.done():
                opening.result()  # a bug in opening is a crash too
            for component in self._components:
                if isinstance(component, MayCrash) and component.crashed is not None:
                    self._crashed(component.name, component.crashed)
                    return
            await asyncio.sleep(LOOK_EVERY_S)

    async def _stop_components(self) -> None:
        for component in reversed(self._running):
            try:
                await component.stop()
            except Exception as error:  # noqa: BLE001 - the others must be stopped too; the status tells
                self._crashed(component.name, error)

    async def _cancel_components(self) -> None:
        while self._running:
            await self._running.pop().cancel()

    def _crashed(self, part: str, error: BaseException) -> None:
        _log.exception("crashed", error=error, part=part)
        if self.crash is None:
            self.crash = error
            self.on_crash()


def _distinct(collections: Sequence[Collection | Counters]) -> list[Collection | Counters]:
    """Each collection once. Raises ValueError when two of one name differ."""
    by_name: dict[str, Collection | Counters] = {}
    for collection in collections:
        if by_name.setdefault(collection.name, collection) != collection:
            raise ValueError(f"two different collections are called {collection.name}")
    return list(by_name.values())
