"""An app over a real log and store."""

from contextlib import asynccontextmanager

import httpx
import pytest

from shared.access import Access, LocalIssuer
from shared.http import Service, create_app
from shared.log import open_log
from shared.platform import Health, Platform
from shared.settings import Settings
from shared.store import open_store


class Part:
    """A component that writes down what happens to it."""

    def __init__(self, name, diary=None, *, health=None):
        self.name = name
        self.diary = [] if diary is None else diary
        self.crashed = None
        self.current = health or Health(True)

    async def start(self):
        self.diary.append(f"start {self.name}")

    async def stop(self):
        self.diary.append(f"stop {self.name}")

    async def cancel(self):
        pass

    def health(self):
        return self.current


@pytest.fixture
def settings(tmp_path):
    return Settings(
        log_url=f"sqlite:///{tmp_path}/log.db",
        store_url=f"sqlite:///{tmp_path}/store.db",
        channel_keys_file=tmp_path / "channel-keys.json",
        oidc_keys_url=f"file:{tmp_path}/public.json",
        http_body_limit_bytes=1024,
        http_batch_limit_bytes=4096,
        stop_grace_s=5.0,
    )


@pytest.fixture
def issuer(settings, tmp_path):
    files = tmp_path / "private.json", tmp_path / "public.json"
    return LocalIssuer(*files, settings.oidc_issuer, settings.oidc_audience)


@pytest.fixture
def platform_of():
    def make(settings):
        return Platform(
            settings=settings,
            log=open_log(settings.log_url, topic_prefix=settings.topic_prefix),
            store=open_store(settings.store_url),
            campaigns={},
            access=Access.from_settings(settings),
        )

    return make


@pytest.fixture
def app_of(settings, platform_of):
    """Makes an app of one service with these routes and parts."""

    def make(router, *parts, collections=(), settings=settings):
        service = Service("test", router, components=parts, collections=tuple(collections))
        return create_app([service], platform_of(settings), title="大访谈测试")

    return make


@pytest.fixture
def running():
    """Runs an app and gives a client of it, by default once it is started."""

    @asynccontextmanager
    async def run(app, *, until_started=True):
        async with app.router.lifespan_context(app):
            if until_started:
                await app.state.lifecycle.started.wait()
            transport = httpx.ASGITransport(app)
            async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
                yield client

    return run


@pytest.fixture
def part():
    return Part
