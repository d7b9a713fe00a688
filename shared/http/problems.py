"""Errors as problem details (RFC 9457): one shape for every answer that isn't what was asked for."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus

import orjson
from fastapi import Response

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
    StorageFull,
    TooLarge,
    TooMany,
)
from shared.problems import BROKEN_JSON

TYPE_PREFIX = "urn:dafangtan:problem:"
MEDIA_TYPE = "application/problem+json"
MOST_PROBLEMS = 200
"""So many are told at once: an answer is never much longer than what it answers."""

TITLES: Mapping[int, str] = {
    400: "请求无法读懂",
    401: "需要身份验证",
    403: "不允许",
    404: "没有找到",
    405: "不支持这种请求方法",
    408: "请求超时",
    409: "与现有内容冲突",
    412: "不满足前提条件",
    413: "内容过大",
    415: "不支持这种内容类型",
    422: "内容有误",
    423: "正在被使用",
    429: "请求过于频繁",
    500: "系统内部出错",
    503: "暂时无法处理",
    507: "存储空间不足",
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
    StorageFull: 507,
    TooMany: 429,
}


@dataclass(frozen=True, slots=True)
class Problem:
    """What went wrong, as the client is told it. ``code`` is stable; ``detail`` is for people."""

    status: int
    code: str
    detail: str
    problems: Sequence[FieldProblem] = ()
    kept_as: str | None = None
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
            told = self.problems[:MOST_PROBLEMS]
            fields["problems"] = [{"field": each.field, "message": each.message} for each in told]
        if self.kept_as is not None:
            fields["kept_as"] = self.kept_as
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
    headers = _headers(error)
    if isinstance(error, Invalid):
        return Problem(status, code, str(error), error.problems, error.kept_as, headers)
    return Problem(status, code, str(error), headers=headers)


def problem_fields(error: DafangtanError) -> dict[str, object]:
    """``error`` as the fields of a problem, for one line of many. Raises it again when it is a bug."""
    problem = problem_of(error)
    if problem is None:
        raise error
    return problem.fields()


def bug(request_id: str) -> Problem:
    """The problem of an error that nobody foresaw; nothing of its inside is shown."""
    return Problem(500, "internal-error", f"系统内部出错，已经记录。请把请求编号 {request_id} 告知运维人员。")


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
