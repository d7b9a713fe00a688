"""Routes without the framework between: answered, refused and counted as all others."""

import pytest
from fastapi import APIRouter, Request, Response
from prometheus_client import REGISTRY

from shared.errors import NotFound
from shared.http import DirectRoute


@pytest.fixture
def app(app_of):
    router = APIRouter(prefix="/test/v1")

    @router.get("/things/{id}/told")
    async def told(id: str):
        return f"told of {id}"

    async def thing(request: Request):
        if request.path_params["id"] == "none":
            raise NotFound("没有。", code="no-thing")
        if request.path_params["id"] == "bug":
            raise KeyError("a bug")
        return Response(request.path_params["id"].encode() + await request.body())

    router.add_api_route("/things/{id}", thing, methods=["POST"], route_class_override=DirectRoute)
    return app_of(router)


@pytest.fixture
async def client(app, running):
    async with running(app) as client:
        yield client


async def test_the_endpoint_gets_the_request_and_what_its_path_says(client):
    assert (await client.post("/test/v1/things/a%20b", content=b"!")).text == "a b!"


async def test_what_it_refuses_is_answered_as_everywhere(client):
    answer = await client.post("/test/v1/things/none")
    assert (answer.status_code, answer.json()["code"]) == (404, "no-thing")
    answer = await client.post("/test/v1/things/bug")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal-error")


async def test_a_body_over_the_limit_is_refused_however_it_is_sent(client):
    async def parts():
        yield b"x" * 2000

    for content in (b"x" * 2000, parts()):
        answer = await client.post("/test/v1/things/a", content=content)
        assert (answer.status_code, answer.json()["code"]) == (413, "too-large")


async def test_other_methods_and_paths_go_their_way(client):
    answer = await client.get("/test/v1/things/a")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert (await client.get("/test/v1/things/a/told")).json() == "told of a"
    assert (await client.post("/test/v1/things/a/b")).status_code == 404


async def test_it_is_counted_by_its_route(client):
    labels = {"method": "POST", "route": "/test/v1/things/{id}", "status_class": "2xx"}
    name = "dafangtan_http_request_duration_seconds_count"
    before = REGISTRY.get_sample_value(name, labels) or 0
    await client.post("/test/v1/things/1")
    await client.post("/test/v1/things/2")
    assert REGISTRY.get_sample_value(name, labels) == before + 2


async def test_it_is_documented(app):
    assert "post" in app.openapi()["paths"]["/test/v1/things/{id}"]
