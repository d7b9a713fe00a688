"""Errors as problem details (RFC 9457): one shape for every answer that isn't what was asked for."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus

import orjson
from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from shared.access.access import NOTHING_HERE
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
from shared.http.validation import BROKEN_JSON, invalid_from

TYPE_PREFIX = "urn:dafangtan:problem:"
MEDIA_TYPE = "application/problem+json"

TITLES: Mapping[int, str] = {
    400: "请求无法读懂",
    401: "需要身份验证",
    403: "不允许",
    404: "没有找到",
    405: "不支持这种请求方法",
    408: "请求超时",
    409: "与现有内容冲突",
    413: "内容过大",
    415: "不支持这种内容类型",
    422: "内容有误",
    500: "系统内部出错",
    503: "暂时无法处理",
}
_STATUS_OF: Mapping[type[DafangtanError], int] = {
    Invalid: 422,
    NotAuthenticated: 401,
    NotAllowed: 403,
    NotFound: 404,
    Conflict: 409,
    TooLarge: 413,
    RejectEvent: 422,
    RetryLater: 503,
}
_OF_HTTP: Mapping[int, tuple[str, str | None]] = {
    404: ("no-such-path", "没有这个地址；可用的地址见 /docs。"),
    405: ("method-not-allowed", "这个地址不支持这种请求方法；可用的方法见 Allow 头。"),
    408: ("too-slow", "内容没有在规定时间内送达，请检查网络后重新发送。"),
    413: ("too-large", None),
}


@dataclass(frozen=True, slots=True)
class Problem:
    """What went wrong, as the client is told it. ``code`` is stable; ``detail`` is for people."""

    status: int
    code: str
    detail: str
    problems: Sequence[FieldProblem] = ()
    headers: Mapping[str, str] = field(default_factory=dict)

    def fields(self) -> dict[str, object]:
        """The members of the problem details object."""
        fields: dict[str, object] = {
            "type": TYPE_PREFIX + self.code,
            "title": TITLES.get(self.status) or HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
        }
        if self.problems:
            fields["problems"] = [{"field": each.field, "message": each.message} for each in self.problems]
        return fields

    def response(self, request_id: str) -> Response:
        """The answer."""
        body = orjson.dumps({**self.fields(), "request_id": request_id})
        return Response(body, self.status, dict(self.headers), MEDIA_TYPE)


def problem_of(error: DafangtanError) -> Problem | None:
    """The problem that ``error`` is for the client; None when it is none of the client's: a bug."""
    status = _status_of(error)
    if status is None:
        return None
    if _is_hidden(error):
        return Problem(404, "not-found", NOTHING_HERE)
    code = getattr(error, "code", "unavailable" if status == HTTPStatus.SERVICE_UNAVAILABLE else "rejected")
    problems = error.problems if isinstance(error, Invalid) else ()
    return Problem(status, code, str(error), problems, _headers(error))


def problem_fields(error: DafangtanError) -> dict[str, object]:
    """``error`` as the fields of a problem, for one line of many. Raises it again when it is a bug."""
    problem = problem_of(error)
    if problem is None:
        raise error
    return problem.fields()


def bug(request_id: str) -> Problem:
    """The problem of an error that nobody foresaw; nothing of its inside is shown."""
    return Problem(500, "internal-error", f"系统内部出错，已经记录。请把请求编号 {request_id} 告知运维人员。")


async def answer_error(request: Request, error: Exception) -> Response:
    """Exception handler of the app for DafangtanError; what is a bug is raised on."""
    assert isinstance(error, DafangtanError)
    problem = problem_of(error)
    if problem is None:
        raise error
    return problem.response(request.state.request_id)


async def answer_http_error(request: Request, error: Exception) -> Response:
    """Exception handler of the app for what the framework itself refuses."""
    assert isinstance(error, HTTPException)
    code, detail = _OF_HTTP.get(error.status_code, (f"http-{error.status_code}", None))
    headers = {name.lower(): value for name, value in (error.headers or {}).items()}
    problem = Problem(error.status_code, code, detail or str(error.detail), headers=headers)
    return problem.response(request.state.request_id)


async def answer_validation_error(request: Request, error: Exception) -> Response:
    """Exception handler of the app for parameters and bodies that break their model."""
    assert isinstance(error, RequestValidationError)
    problem = problem_of(invalid_from(error.errors()))
    assert problem is not None
    return problem.response(request.state.request_id)


def _status_of(error: DafangtanError) -> int | None:
    if isinstance(error, Invalid) and error.code == BROKEN_JSON:
        return 400
    return next((_STATUS_OF[kind] for kind in type(error).__mro__ if kind in _STATUS_OF), None)


def _is_hidden(error: DafangtanError) -> bool:
    """What may not be seen, and what isn't there and has no code of its own, get the same answer."""
    return (isinstance(error, NotAllowed) and error.is_hidden) or (
        isinstance(error, NotFound) and error.code == "not-found"
    )


def _headers(error: DafangtanError) -> dict[str, str]:
    if isinstance(error, RetryLater):
        return {"retry-after": str(max(1, math.ceil(error.after_s)))}
    if isinstance(error, NotAuthenticated):
        failure = "" if error.code == "not-authenticated" else ', error="invalid_token"'
        return {"www-authenticate": f'Bearer realm="dafangtan"{failure}'}
    return {}
