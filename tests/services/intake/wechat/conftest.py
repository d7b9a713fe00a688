"""An official account with a follower, and WeChat's servers behind it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from services.intake.app import build
from tests.services.intake.wechat.followers import APP_ID, APP_SECRET, Follower, setting
from tests.services.intake.wechat.wechat_servers import WeChatServers, serving
from tests.services.running import ClockInTest, Engine, Running, running

Start = Callable[..., AbstractAsyncContextManager[Running]]


@pytest.fixture
async def servers(clock: ClockInTest) -> AsyncIterator[WeChatServers]:
    """WeChat's own servers."""
    async with serving(WeChatServers(clock, APP_ID, APP_SECRET, "intake.example.org")) as stand_in:
        yield stand_in


@pytest.fixture
def start(
    engine: Engine,
    tmp_path: Path,
    clock: ClockInTest,
    servers: WeChatServers,
    monkeypatch: pytest.MonkeyPatch,
) -> Start:
    """Starts the service with an account, changed as told."""

    @asynccontextmanager
    async def started(*, fresh_s: int = 600, **changes: Any) -> AsyncIterator[Running]:
        environment = {
            "SPOOL_DIR": str(tmp_path / "spool"),
            "ATTACHMENTS_DIR": str(tmp_path / "attachments"),
            "PUBLIC_URL": "https://intake.example.org",
            "WECHAT_ACCOUNTS": setting(**changes),
            "WECHAT_API_URL": servers.url,
            "WECHAT_OPEN_URL": servers.url,
            "WECHAT_FRESH_S": str(fresh_s),
        }
        for name, value in environment.items():
            monkeypatch.setenv(f"DAFANGTAN_INTAKE_{name}", value)
        async with running(build, engine, tmp_path, clock) as service:
            service.be("office", "office")
            yield service

    return started


@pytest.fixture
async def follower(start: Start, servers: WeChatServers) -> AsyncIterator[Follower]:
    """A follower of an account in safe mode."""
    async with start() as service:
        yield Follower(service, servers)


@pytest.fixture
async def agreed(follower: Follower) -> Follower:
    """A follower who has agreed."""
    await follower.say("同意")
    return follower
