"""What every request goes through: ids, limits, headers, metrics."""

import asyncio
import logging

import httpx
import pytest
from fastapi import APIRouter, Request, Response
from prometheus_client import REGISTRY
from pydantic import RootModel

from shared.http import bodies, request_id_of
from shared.logging import get_logger


class Anything(RootModel[dict[str, str]]):
    """Any flat object."""


@pytest.fixture
def router():
    router = APIRouter(prefix="/test/v1")

    @router.post("/echo")
    @router.post("/things:batch")
    async def echo(request: Request):
        return Response(await request.body())

    @router.post("/models")
    async def models(form: Anything):
        return form

    @router.get("/things/{id}")
    async def thing(id: str, request: Request):
        get_logger("test").info("seen")
        return request_id_of(request)

    @router.get("/page")
    async def page():
        headers = {"cache-control": "max-age=60", "content-security-policy": "default-src 'self'"}
        return Response("<p>", media_type="text/html", headers=headers)

    @router.get("/ignores-its-body")
    @router.post("/ignores-its-body")
    async def ignores():
        return Response()

    return router


@pytest.fixture
def app(app_of, router):
    return app_of(router)


@pytest.fixture
async def client(app, running):
    async with running(app) as client:
        yield client


async def test_a_plain_request_id_is_kept_and_any_other_replaced(client):
    answer = await client.get("/test/v1/things/1", headers={"x-request-id": "Abc-1.2_3"})
    assert answer.headers["x-request-id"] == answer.json() == "Abc-1.2_3"
    made = set()
    for id in ("", "a b", "x" * 65, "中文".encode(), 'a"b', "a\tb"):
        answer = await client.get("/test/v1/things/1", headers={"x-request-id": id})
        assert answer.headers["x-request-id"] == answer.json() != id
        made.add(answer.json())
    assert len(made) == 6


async def test_the_request_id_is_on_every_line_logged_on_the_way(client, caplog):
    from shared.logging import JsonFormatter

    caplog.set_level(logging.INFO)
    lines = []
    handler = logging.Handler()
    handler.emit = lambda record: lines.append(JsonFormatter().format(record))
    logging.getLogger("test").addHandler(handler)
    await client.get("/test/v1/things/1", headers={"x-request-id": "r-7"})
    logging.getLogger("test").removeHandler(handler)
    assert '"request_id":"r-7"' in lines[0]


async def test_answers_are_closed_to_browsers_unless_they_say_otherwise(client):
    headers = (await client.get("/test/v1/things/1")).headers
    assert headers["cache-control"] == "no-store"
    assert headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    headers = (await client.get("/test/v1/page")).headers
    assert headers["cache-control"] == "max-age=60"
    assert headers.get_list("content-security-policy") == ["default-src 'self'"]


async def test_a_body_up_to_the_limit_is_read_and_one_byte_more_refused(client):
    for path, limit in (("/test/v1/echo", 1024), ("/test/v1/things:batch", 4096)):
        assert (await client.post(path, content=b"x" * limit)).status_code == 200
        answer = await client.post(path, content=b"x" * (limit + 1))
        assert (answer.status_code, answer.json()["code"]) == (413, "too-large")
        assert str(limit) in answer.json()["detail"]


@pytest.mark.parametrize("path", ["/test/v1/echo", "/test/v1/models"])
async def test_a_body_without_a_length_is_counted_while_it_comes(client, path):
    sent = []

    async def parts():
        for number in range(1000):
            sent.append(number)
            yield b" " * 100

    headers = {"content-type": "application/json"}
    answer = await client.post(path, content=parts(), headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (413, "too-large")
    assert len(sent) < 20


async def test_a_wrong_length_doesnt_fool_the_count(client):
    async def parts():
        yield b"x" * 2000

    for length in ("10", "-5", "many", "1e3"):
        answer = await client.post("/test/v1/echo", content=parts(), headers={"content-length": length})
        assert answer.status_code == 413


async def test_even_a_route_that_ignores_its_body_refuses_one_too_long(client):
    assert (await client.post("/test/v1/ignores-its-body", content=b"x" * 1025)).status_code == 413


async def test_a_body_that_doesnt_arrive_is_given_up(client, monkeypatch):
    monkeypatch.setattr(bodies, "FIRST_WAIT_S", 0.0)

    async def parts():
        yield b"x"
        await asyncio.Event().wait()

    async with asyncio.timeout(10):
        answer = await client.post("/test/v1/echo", content=parts())
    assert (answer.status_code, answer.json()["code"]) == (408, "too-slow")


async def call(app, path, messages, method="POST"):
    """Speak ASGI to ``app`` and return what it sent; the last of ``messages`` is repeated."""
    sent, waiting = [], list(messages)

    async def receive():
        return waiting.pop(0) if len(waiting) > 1 else waiting[0]

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": b"",
        "headers": [],
        "root_path": "",
    }
    await app({**scope, "http_version": "1.1", "scheme": "http", "server": ("test", 80)}, receive, send)
    return sent


async def test_a_client_that_leaves_is_nobodys_error(client, app, caplog):
    part = {"type": "http.request", "body": b"x", "more_body": True}
    before = seconds_count("POST", "/test/v1/echo", "4xx")
    assert await call(app, "/test/v1/echo", [part, {"type": "http.disconnect"}]) == []
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert seconds_count("POST", "/test/v1/echo", "4xx") == before + 1


async def test_the_answer_can_be_watched_for_the_client_leaving_after_the_body(app, client):
    """What follows a whole body is passed on, without a time limit."""
    reader = bodies.LimitedBody(iterator([{"type": "http.request"}, {"type": "http.disconnect"}]), 10, {})
    assert (await reader())["type"] == "http.request"
    assert (await reader())["type"] == "http.disconnect"


def iterator(messages):
    remaining = iter(messages)

    async def receive():
        return next(remaining)

    return receive


def seconds_count(method, route, status_class):
    labels = {"method": method, "route": route, "status_class": status_class}
    return REGISTRY.get_sample_value("dafangtan_http_request_duration_seconds_count", labels) or 0


async def test_requests_are_counted_by_route_and_never_by_what_they_ask_for(client):
    before = seconds_count("GET", "/test/v1/things/{id}", "2xx")
    for id in range(5):
        await client.get(f"/test/v1/things/{id}")
    assert seconds_count("GET", "/test/v1/things/{id}", "2xx") == before + 5
    await client.get("/made/up")
    await client.request("BREW", "/test/v1/things/1")
    assert seconds_count("GET", "unmatched", "4xx") >= 1
    assert seconds_count("other", "/test/v1/things/{id}", "4xx") >= 1
    text = (await client.get("/metrics")).text
    assert "things/1" not in text
    assert "made/up" not in text
    assert "BREW" not in text


async def test_metrics_health_and_reference_need_no_token(client):
    for path in ("/healthz", "/readyz", "/metrics", "/openapi.json", "/docs"):
        assert (await client.get(path)).status_code == 200, path


async def test_the_reference_lists_every_route_and_loads_nothing(client):
    answer = await client.get("/docs")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "/test/v1/things/{id}" in answer.text
    assert 'lang="zh-CN"' in answer.text
    for outside in ("http://", "https://", "<script", "src=", "@import", "url("):
        assert outside not in answer.text
    paths = (await client.get("/openapi.json")).json()["paths"]
    assert all(path in answer.text for path in paths)


async def test_websockets_are_turned_away(app, client):
    assert isinstance(client, httpx.AsyncClient)
    sent = []

    async def receive():
        return {"type": "websocket.connect"}

    async def send(message):
        sent.append(message["type"])

    scope = {
        "type": "websocket",
        "path": "/test/v1/echo",
        "headers": [],
        "query_string": b"",
        "root_path": "",
    }
    await app(scope, receive, send)
    assert sent == ["websocket.close"]
