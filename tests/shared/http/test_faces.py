"""Where clients speak a protocol of their own, its limits and its words hold for every error."""

import httpx
import pytest
from fastapi import APIRouter, Request, Response

from shared.errors import Invalid
from shared.http import Face, Service, create_app

LIMIT_BYTES = 400_000


@pytest.fixture
async def client(settings, platform_of):
    platform = platform_of(settings)
    router = APIRouter()

    @router.post("/plain/echo")
    @router.post("/odd/echo")
    async def echo(request: Request) -> Response:
        return Response(await request.body())

    @router.get("/odd/{what}")
    async def refuse(what: str) -> Response:
        if what == "bug":
            raise KeyError(what)
        raise Invalid(f"没有 {what}")

    def answer(request: Request, problem) -> Response:
        return Response(f"{problem.status} {problem.detail}", 418)

    face = Face("/odd/", answer, LIMIT_BYTES)
    app = create_app([Service(name="s", router=router, faces=(face,))], platform, title="t")
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://s") as client,
    ):
        await app.state.lifecycle.started.wait()
        yield client


async def test_every_error_under_the_prefix_is_in_its_words(client):
    for path, status in (("/odd/a", 422), ("/odd/bug", 500), ("/odd/a/b", 404)):
        answer = await client.get(path)
        assert (answer.status_code, answer.text[:3]) == (418, str(status))
        assert answer.headers["x-request-id"]
    assert (await client.delete("/odd/a")).text.startswith("405")
    elsewhere = await client.get("/plain/a/b")
    assert elsewhere.headers["content-type"] == "application/problem+json"


async def test_its_limit_is_its_own(client):
    for size in (LIMIT_BYTES, LIMIT_BYTES + 1):
        answer = await client.post("/odd/echo", content=b"x" * size)
        assert answer.status_code == (200 if size == LIMIT_BYTES else 418)
    assert (await client.post("/plain/echo", content=b"x" * LIMIT_BYTES)).status_code == 413
