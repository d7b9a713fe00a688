"""The OpenAPI document beyond what the framework knows."""

import pytest
from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, create_model

from shared.errors import FieldProblem, Invalid
from shared.http import Face, Service, create_app, json_body
from shared.http.document import ProblemBody


class Inner(BaseModel):
    words: str


class Outer(BaseModel):
    inner: Inner
    others: list[Inner]


@pytest.fixture
def router():
    router = APIRouter()

    @router.post("/test/{what}", openapi_extra=json_body(Outer))
    async def refuse(what: int, request: Request) -> Response:
        raise Invalid("没有", [FieldProblem("inner.words", "应为文字")], kept_as="q1" if what else None)

    @router.get("/odd/{what}")
    async def odd(what: int) -> Outer:
        return Outer.model_validate(what)

    return router


@pytest.fixture
def app(platform_of, settings, router):
    face = Face("/odd/", lambda request, problem: Response(), media_type="text/odd; charset=utf-8")
    return create_app([Service("test", router, faces=(face,))], platform_of(settings), title="t")


def refers_to(node):
    """Every reference in ``node``."""
    inner = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    own = {node["$ref"]} if isinstance(node, dict) and "$ref" in node else set()
    return own.union(*map(refers_to, inner))


def test_errors_are_documented_as_their_clients_get_them(app):
    document = app.openapi()
    for path, method, media_type in (
        ("/test/{what}", "post", "application/problem+json"),
        ("/odd/{what}", "get", "text/odd"),
        ("/healthz", "get", "application/problem+json"),
    ):
        responses = document["paths"][path][method]["responses"]
        assert list(responses["default"]["content"]) == [media_type]
        assert "422" not in responses
    assert "HTTPValidationError" not in document["components"]["schemas"]


async def test_an_error_is_as_the_document_says(app, running):
    async with running(app) as client:
        for path in ("/test/0", "/test/1", "/test/many", "/nowhere"):
            answer = (await client.post(path)).json()
            assert ProblemBody.model_validate(answer).model_dump(exclude_unset=True) == answer


def test_what_models_bring_along_stands_where_references_lead(app):
    document = app.openapi()
    schemas = document["components"]["schemas"]
    assert {"Inner", "Outer", "ProblemBody", "FieldProblemBody"} <= schemas.keys()
    assert {f"#/components/schemas/{name}" for name in schemas} >= refers_to(document)
    assert "$defs" not in str(document)
    assert app.openapi() is document


def test_two_different_schemas_of_one_name_are_a_mistake(platform_of, settings, router):
    other = create_model("Other", inner=(create_model("Inner", words=(int, ...)), ...))
    router.add_api_route("/other", lambda: None, openapi_extra=json_body(other), methods=["POST"])
    app = create_app([Service("test", router)], platform_of(settings), title="t")
    with pytest.raises(ValueError, match="Inner"):
        app.openapi()
