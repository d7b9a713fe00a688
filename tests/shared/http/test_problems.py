"""Every error as problem details."""

import json
import logging

import pytest
from fastapi import APIRouter, Query, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from shared.errors import (
    Conflict,
    DafangtanError,
    FieldProblem,
    Invalid,
    NotAllowed,
    NotAuthenticated,
    NotFound,
    RejectEvent,
    RetryLater,
    TooLarge,
)
from shared.http import CurrentPrincipal, body_of, problem_fields
from shared.privacy import SealBroken
from shared.store.port import DuplicateId, TransactionConflict, VersionMoved


class Form(BaseModel):
    age: int = Field(ge=16, le=100)
    name: str = Field(max_length=4)
    tags: list[str] = []


ERRORS = {
    "retry": (RetryLater("存储暂时不可用。", after_s=2.2), 503, "unavailable"),
    "conflict-of-transactions": (TransactionConflict("lost"), 503, "unavailable"),
    "reject": (RejectEvent("不是事件。"), 422, "rejected"),
    "not-allowed": (NotAllowed("没有批准。", code="no-grant"), 403, "no-grant"),
    "not-authenticated": (NotAuthenticated("请登录。"), 401, "not-authenticated"),
    "expired": (NotAuthenticated("令牌已过期。", code="expired"), 401, "expired"),
    "unknown-unit": (NotFound("没有这个单位。", code="unknown-unit"), 404, "unknown-unit"),
    "conflict": (Conflict("已有不同内容。", code="content-differs"), 409, "content-differs"),
    "duplicate": (DuplicateId("x"), 409, "conflict"),
    "moved": (VersionMoved("x"), 409, "conflict"),
    "too-large": (TooLarge("太大。"), 413, "too-large"),
    "invalid": (Invalid("有误。", [FieldProblem("answers.q01", "应为 a、b 之一")]), 422, "invalid"),
    "broken": (Invalid("不是 JSON。", code="broken-json"), 400, "broken-json"),
}
BUGS = {
    "key": KeyError("13812345678"),
    "seal": SealBroken("x"),
    "root": DafangtanError("x"),
    "division": ZeroDivisionError(),
}


@pytest.fixture
def router():
    router = APIRouter(prefix="/test/v1", tags=["测试"])

    @router.get("/errors/{name}")
    async def errors(name: str):
        raise (ERRORS[name][0] if name in ERRORS else BUGS[name])

    @router.get("/hidden")
    async def hidden():
        raise NotAllowed("您不能看这个", is_hidden=True)

    @router.get("/missing")
    async def missing():
        raise NotFound("没有编号为 7 的内容")

    @router.post("/models")
    async def models(form: Form):
        return form

    @router.post("/raw")
    async def raw(request: Request):
        return await body_of(request, Form)

    @router.get("/limits")
    async def limits(limit: int = Query(10, ge=1, le=100)):
        return limit

    @router.get("/me")
    async def me(principal: CurrentPrincipal):
        return principal.subject

    @router.get("/half")
    async def half():
        async def parts():
            yield b"half"
            raise ZeroDivisionError

        return StreamingResponse(parts())

    return router


@pytest.fixture
async def client(app_of, running, router, issuer):
    async with running(app_of(router)) as client:
        yield client


@pytest.mark.parametrize("name", ERRORS)
async def test_an_error_is_answered_by_what_to_do_about_it(client, name):
    error, status, code = ERRORS[name]
    answer = await client.get(f"/test/v1/errors/{name}")
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["type"] == f"urn:dafangtan:problem:{code}"
    assert (body["status"], body["code"], body["detail"]) == (status, code, str(error))
    assert body["title"]
    assert body["request_id"] == answer.headers["x-request-id"]


async def test_field_problems_are_listed(client):
    body = (await client.get("/test/v1/errors/invalid")).json()
    assert body["problems"] == [{"field": "answers.q01", "message": "应为 a、b 之一"}]
    assert "problems" not in (await client.get("/test/v1/errors/conflict")).json()


async def test_what_is_away_says_when_to_come_back(client):
    assert (await client.get("/test/v1/errors/retry")).headers["retry-after"] == "3"


async def test_whoever_isnt_known_is_told_how_to_authenticate(client):
    answer = await client.get("/test/v1/errors/not-authenticated")
    assert answer.headers["www-authenticate"] == 'Bearer realm="dafangtan"'
    answer = await client.get("/test/v1/errors/expired")
    assert answer.headers["www-authenticate"] == 'Bearer realm="dafangtan", error="invalid_token"'


async def test_hidden_and_missing_cant_be_told_apart(client):
    hidden = await client.get("/test/v1/hidden", headers={"x-request-id": "same"})
    missing = await client.get("/test/v1/missing", headers={"x-request-id": "same"})
    assert (hidden.status_code, hidden.content, hidden.headers) == (404, missing.content, missing.headers)
    assert hidden.json()["code"] == "not-found"


@pytest.mark.parametrize("name", BUGS)
async def test_a_bug_is_logged_whole_and_shown_to_nobody(client, name, caplog):
    answer = await client.get(f"/test/v1/errors/{name}")
    assert answer.status_code == 500
    body = answer.json()
    assert body["code"] == "internal-error"
    assert body["request_id"] in body["detail"]
    assert type(BUGS[name]).__name__ not in answer.text
    (record,) = (record for record in caplog.records if record.levelno >= logging.ERROR)
    assert record.getMessage() == "request-crashed"
    assert record.exc_info[1] is BUGS[name]


async def test_a_bug_in_half_an_answer_breaks_the_connection(client, caplog):
    with pytest.raises(ZeroDivisionError):
        await client.get("/test/v1/half")
    assert "request-crashed" in caplog.text


async def test_an_unknown_path_and_a_wrong_method_are_problems_too(client):
    answer = await client.get("/test/v1/nothing")
    assert (answer.status_code, answer.json()["code"]) == (404, "no-such-path")
    answer = await client.delete("/test/v1/hidden")
    assert (answer.status_code, answer.json()["code"]) == (405, "method-not-allowed")
    assert answer.headers["allow"] == "GET"
    assert (await client.get("/test/v1/hidden/")).status_code == 404


@pytest.mark.parametrize("path", ["/test/v1/models", "/test/v1/raw"])
async def test_a_body_that_breaks_its_model_gets_a_problem_for_each_field(client, path):
    answer = await client.post(path, json={"age": 7, "name": "欧阳青青青", "tags": ["a", 3]})
    assert answer.status_code == 422
    assert answer.json()["problems"] == [
        {"field": "age", "message": "不能小于 16"},
        {"field": "name", "message": "最多 4 个字"},
        {"field": "tags[1]", "message": "应为文字"},
    ]
    answer = await client.post(path, json={})
    assert [each["field"] for each in answer.json()["problems"]] == ["age", "name"]


@pytest.mark.parametrize("path", ["/test/v1/models", "/test/v1/raw"])
@pytest.mark.parametrize("body", [b"{", b'{"age": 20,}', b"\xff\xfe", b'{"age": NaN1}', b"[" * 1000])
async def test_a_body_that_isnt_json_is_another_matter(client, path, body):
    answer = await client.post(path, content=body, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (400, "broken-json"), answer.text
    assert answer.json()["detail"].startswith("内容不是有效的 JSON")


async def test_a_wrong_parameter_is_named(client):
    answer = await client.get("/test/v1/limits?limit=many")
    assert answer.json()["problems"] == [{"field": "limit", "message": "应为整数"}]
    answer = await client.get("/test/v1/limits?limit=500")
    assert answer.json()["problems"] == [{"field": "limit", "message": "不能大于 100"}]


async def test_a_route_gets_the_principal_of_its_request(client, issuer):
    assert (await client.get("/test/v1/me")).status_code == 401
    headers = {"authorization": f"Bearer {issuer.issue('zhang', [])}"}
    assert (await client.get("/test/v1/me", headers=headers)).json() == "zhang"


def test_one_line_of_many_tells_the_same():
    fields = problem_fields(ERRORS["invalid"][0])
    assert (fields["status"], fields["code"]) == (422, "invalid")
    assert json.dumps(fields)
    with pytest.raises(SealBroken):
        problem_fields(BUGS["seal"])
