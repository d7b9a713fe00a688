"""Up and down: opening, readiness, crashes, stopping."""

import asyncio

import pytest
from fastapi import APIRouter

from shared.background import FinishingComponent
from shared.http import Service, create_app
from shared.platform import Health
from shared.store.port import Collection, Counters, Index

THINGS = Collection("test.things", (Index(("x",)),))


@pytest.fixture
def router():
    router = APIRouter(prefix="/test/v1")

    @router.get("/thing")
    async def thing():
        return "here"

    return router


async def until(condition):
    """Wait until ``condition`` holds; the test's own time limit ends a vain wait."""
    while not condition():  # noqa: ASYNC110 - nobody tells when a health changes
        await asyncio.sleep(0.01)


async def test_components_start_in_order_and_stop_in_reverse(app_of, router, running, part):
    diary = []
    async with running(app_of(router, part("a", diary), part("b", diary), part("c", diary))) as client:
        assert (await client.get("/test/v1/thing")).json() == "here"
        assert diary == ["start a", "start b", "start c"]
    assert diary[3:] == ["stop c", "stop b", "stop a"]


async def test_it_is_ready_when_every_component_is(app_of, router, running, part):
    lagging = part("test.consumer", health=Health(False, "正在从事件日志重建"))
    async with running(app_of(router, part("test.outbox"), lagging)) as client:
        answer = await client.get("/readyz")
        assert (answer.status_code, answer.json()["status"]) == (503, "not-ready")
        assert answer.json()["components"] == [
            {"name": "log", "is_ready": True, "detail": ""},
            {"name": "store", "is_ready": True, "detail": ""},
            {"name": "test.outbox", "is_ready": True, "detail": ""},
            {"name": "test.consumer", "is_ready": False, "detail": "正在从事件日志重建"},
        ]
        assert (await client.get("/healthz")).status_code == 200
        lagging.current = Health(True)
        answer = await client.get("/readyz")
        assert (answer.status_code, answer.json()["status"]) == (200, "ready")


async def test_collections_are_there_when_components_start(app_of, router, running, part):
    class Writer(part):
        async def start(self):
            async with app.state.platform.store.transaction() as transaction:
                await transaction.insert(THINGS, "1", {"x": 1})
            await super().start()

    app = app_of(router, Writer("writer"), collections=[THINGS, Counters("test.sums"), THINGS])
    async with running(app):
        assert app.state.lifecycle.crash is None
        assert (await app.state.platform.store.get(THINGS, "1")).body == {"x": 1}


def test_two_collections_of_one_name_are_a_bug(app_of, router):
    with pytest.raises(ValueError, match="x"):
        app_of(router, collections=[Collection("x"), Collection("x", (Index(("y",)),))])


async def test_the_process_lives_while_log_and_store_are_away(settings, app_of, router, running, part):
    nobody = {"log_url": "kafka://127.0.0.1:1", "store_url": "mongodb://127.0.0.1:1/test?replicaSet=rs0"}
    component = part("test.consumer")
    app = app_of(router, component, settings=settings.model_copy(update=nobody))
    async with running(app, until_started=False) as client:
        first = app.state.lifecycle.health()
        await until(
            lambda: all(app.state.lifecycle.health()[name] != first[name] for name in ("log", "store"))
        )
        assert (await client.get("/healthz")).status_code == 200
        answer = await client.get("/readyz")
        assert answer.status_code == 503
        assert [each["is_ready"] for each in answer.json()["components"]] == [False, False, False]
        assert all(each["detail"] for each in answer.json()["components"])
        answer = await client.get("/test/v1/thing")
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert component.diary == []


@pytest.mark.mongo
async def test_it_becomes_ready_when_what_was_away_is_there(
    settings, app_of, router, running, part, mongo_server, mongo_url
):
    await asyncio.to_thread(mongo_server.kill)
    component = part("test.consumer")
    app = app_of(router, component, settings=settings.model_copy(update={"store_url": mongo_url}))
    async with running(app, until_started=False) as client:
        await until(lambda: app.state.lifecycle.health()["log"].is_ready)
        assert (await client.get("/readyz")).status_code == 503
        await asyncio.to_thread(mongo_server.start)
        await app.state.lifecycle.started.wait()
        assert (await client.get("/readyz")).status_code == 200
        assert (await client.get("/test/v1/thing")).json() == "here"
        assert component.diary == ["start test.consumer"]


async def test_a_crashed_component_ends_the_whole(app_of, router, running, part):
    component = part("test.consumer")
    app = app_of(router, component)
    ended = asyncio.Event()
    app.state.lifecycle.on_crash = ended.set
    async with running(app) as client:
        component.crashed = KeyError("a bug")
        await ended.wait()
        assert app.state.lifecycle.crash is component.crashed
        assert (await client.get("/readyz")).status_code == 503
    assert component.diary == ["start test.consumer", "stop test.consumer"]


async def test_a_component_that_cant_start_ends_the_whole_and_the_started_ones_stop(
    app_of, router, running, part
):
    class Broken(part):
        async def start(self):
            raise KeyError("a bug")

    diary = []
    app = app_of(router, part("a", diary), Broken("b", diary), part("c", diary))
    ended = asyncio.Event()
    app.state.lifecycle.on_crash = ended.set
    async with running(app, until_started=False) as client:
        await ended.wait()
        assert (await client.get("/readyz")).status_code == 503
        assert (await client.get("/test/v1/thing")).status_code == 503
    assert diary == ["start a", "stop b", "stop a"]


async def test_a_component_that_fails_to_stop_doesnt_keep_the_others(app_of, router, running, part):
    class Broken(part):
        async def stop(self):
            raise KeyError("a bug")

    diary = []
    app = app_of(router, part("a", diary), Broken("b", diary))
    async with running(app):
        pass
    assert diary == ["start a", "start b", "stop a"]
    assert isinstance(app.state.lifecycle.crash, KeyError)


async def test_a_component_that_never_stops_is_given_up(settings, app_of, router, running, part):
    class Endless(part):
        async def stop(self):
            await asyncio.Event().wait()

    app = app_of(router, Endless("a"), settings=settings.model_copy(update={"stop_grace_s": 0.05}))
    async with running(app):
        pass
    assert isinstance(app.state.lifecycle.crash, TimeoutError)


async def test_what_isnt_stopped_in_time_has_ended_before_the_store_is_closed(
    settings, app_of, router, running
):
    ended = []

    class Busy(FinishingComponent):
        def __init__(self, name):
            self.name = name
            super().__init__()

        async def _run(self):
            try:
                await asyncio.Event().wait()
            finally:
                ended.append((self.name, await app.state.platform.store.get(THINGS, "a")))

    settings = settings.model_copy(update={"stop_grace_s": 0.05})
    app = app_of(router, Busy("a"), Busy("b"), collections=[THINGS], settings=settings)
    async with running(app):
        pass
    assert ended == [("b", None), ("a", None)]
    assert isinstance(app.state.lifecycle.crash, TimeoutError)


async def test_several_services_share_one_app(platform_of, settings, running, part):
    diary, services = [], []
    for name in ("one", "two"):
        router = APIRouter(prefix=f"/{name}/v1")
        router.add_api_route("/name", lambda name=name: name)
        services.append(Service(name, router, components=(part(name, diary),)))
    async with running(create_app(services, platform_of(settings), title="x")) as client:
        assert (await client.get("/one/v1/name")).json() == "one"
        assert (await client.get("/two/v1/name")).json() == "two"
    assert diary == ["start one", "start two", "stop two", "stop one"]
