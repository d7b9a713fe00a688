"""How errors are answered: as problem details, but where clients speak a protocol of their own in its words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.types import Scope

from shared.errors import DafangtanError
from shared.http.problems import MEDIA_TYPE, Problem, problem_of
from shared.http.validation import invalid_from
from shared.problems import BROKEN_JSON

Answer = Callable[[Request, Problem], Response]
"""From a request and what went wrong with it to the answer."""

_OF_HTTP: Mapping[int, tuple[str, str | None]] = {
    400: (BROKEN_JSON, "内容不是有效的 JSON（UTF-8），或嵌套过深，或有过长的数字。"),
    404: ("no-such-path", "没有这个地址；可用的地址见 /docs。"),
    405: ("method-not-allowed", "这个地址不支持这种请求方法；可用的方法见 Allow 头。"),
    408: ("too-slow", "内容没有在规定时间内送达，请检查网络后重新发送。"),
    413: ("too-large", None),
}


@dataclass(frozen=True, slots=True)
class Face:
    """How requests whose path begins with ``prefix`` are met: errors as ``answer`` says, of ``media_type``.

    Without a ``limit_bytes`` of its own a body may be as long as everywhere.
    """

    prefix: str
    answer: Answer
    limit_bytes: int | None = None
    media_type: str = MEDIA_TYPE


def answer_plainly(request: Request, problem: Problem) -> Response:
    """As problem details."""
    return problem.response(request.state.request_id)


PLAIN = Face("/", answer_plainly)


def face_for(path: str, faces: Sequence[Face]) -> Face:
    """The one whose prefix ``path`` has."""
    return next((face for face in faces if path.startswith(face.prefix)), PLAIN)


def answer_of(scope: Scope, problem: Problem) -> Response:
    """``problem`` as the clients of this request's path read it."""
    face: Face = scope["state"]["face"]
    return face.answer(Request(scope), problem)


async def answer_error(request: Request, error: Exception) -> Response:
    """Exception handler of the app for DafangtanError; what is a bug is raised on."""
    assert isinstance(error, DafangtanError)
    problem = problem_of(error)
    if problem is None:
        raise error
    return answer_of(request.scope, problem)


async def answer_http_error(request: Request, error: Exception) -> Response:
    """Exception handler of the app for what the framework itself refuses."""
    assert isinstance(error, HTTPException)
    return answer_of(request.scope, http_problem_of(error))


def http_problem_of(error: HTTPException) -> Problem:
    """The problem that ``error`` is for the client."""
    code, detail = _OF_HTTP.get(error.status_code, (f"http-{error.status_code}", None))
    headers = {name.lower(): value for name, value in (error.headers or {}).items()}
    return Problem(error.status_code, code, detail or str(error.detail), headers=headers)


async def answer_validation_error(request: Request, error: Exception) -> Response:
    """Exception handler of the app for parameters and bodies that break their model."""
    assert isinstance(error, RequestValidationError)
    problem = problem_of(invalid_from(error.errors()))
    assert problem is not None
    return answer_of(request.scope, problem)
