"""Where a request enters and its answer leaves: id, limits, metrics, headers, bugs turned into answers."""

from __future__ import annotations

import asyncio
import itertools
import re
import secrets
import time
from collections.abc import Callable, Sequence

from prometheus_client import Histogram
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.errors import DafangtanError, RetryLater
from shared.http.bodies import ATTACHMENTS_PATH, BATCH_SUFFIXES, LimitedBody, too_large
from shared.http.faces import Face, answer_of, face_for, http_problem_of
from shared.http.problems import Problem, bug, problem_of
from shared.logging import get_logger, log_context
from shared.metrics import HTTP_REQUEST_DURATION
from shared.settings import Settings

OPERATIONS = frozenset({"/healthz", "/readyz", "/metrics", "/openapi.json", "/docs"})
"""What answers before log and store are open."""
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
DEFAULT_HEADERS = (
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
)
"""Set where the answer doesn't have its own."""
CLIENT_LEFT = 499
STOPPING = RetryLater("系统正在停止，请稍后重新发送。")

_REQUEST_ID = re.compile(rb"[A-Za-z0-9._\-]{1,64}")
_log = get_logger("http")


class Boundary:
    """ASGI middleware, the outermost of the app."""

    def __init__(
        self, app: ASGIApp, *, settings: Settings, is_open: Callable[[], bool], faces: Sequence[Face] = ()
    ) -> None:
        self._app = app
        self._settings = settings
        self._is_open = is_open
        self._faces = faces
        self._id_prefix = secrets.token_hex(6)
        self._numbers = itertools.count(1)
        self._durations: dict[tuple[str, str, int], Histogram] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request; everything that isn't HTTP goes through as it is."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began_s = time.perf_counter()
        answer = _Answer(send, self._request_id(scope))
        with log_context(request_id=answer.request_id):
            await self._handle(scope, receive, answer)
        if "is_stream" not in scope["state"]:
            self._observe(scope, answer.status, time.perf_counter() - began_s)

    async def _handle(self, scope: Scope, receive: Receive, answer: _Answer) -> None:
        face = face_for(scope["path"], self._faces)
        state = scope.setdefault("state", {})
        state["request_id"], state["face"] = answer.request_id, face
        try:
            limit_bytes = face.limit_bytes or self._limit_bytes(scope["path"])
            self._check(scope, limit_bytes)
            body = state["body"] = LimitedBody(receive, limit_bytes, state)
            await self._app(scope, body, answer.send)
        except ClientDisconnect:
            answer.status = CLIENT_LEFT
        except asyncio.CancelledError:
            if not answer.status:
                await self._tell(scope, answer, problem_of(STOPPING), STOPPING)
            raise
        except DafangtanError as error:
            await self._tell(scope, answer, problem_of(error), error)
        except HTTPException as error:
            await self._tell(scope, answer, http_problem_of(error), error)
        except Exception as error:  # noqa: BLE001 - the one place that turns a bug into an answer
            await self._tell(scope, answer, None, error)

    def _check(self, scope: Scope, limit_bytes: int) -> None:
        """Raises RetryLater before the start is complete, TooLarge for a body that says so itself."""
        if not self._is_open() and scope["path"] not in OPERATIONS:
            raise RetryLater("系统正在启动，请稍后再试。")
        if _content_length(scope) > limit_bytes:
            raise too_large(limit_bytes)

    async def _tell(self, scope: Scope, answer: _Answer, problem: Problem | None, error: Exception) -> None:
        if problem is None:
            _log.exception("request-crashed", error=error, path=scope["path"], method=scope["method"])
            problem = bug(answer.request_id)
        if answer.status:
            raise error  # half of an answer is out: the server must break the connection
        await answer_of(scope, problem)(scope, _nothing_more, answer.send)

    def _limit_bytes(self, path: str) -> int:
        settings = self._settings
        if ATTACHMENTS_PATH.search(path):
            return settings.http_attachment_limit_bytes
        is_batch = path.endswith(BATCH_SUFFIXES)
        return settings.http_batch_limit_bytes if is_batch else settings.http_body_limit_bytes

    def _request_id(self, scope: Scope) -> str:
        """The client's X-Request-Id where it is a plain one, else a fresh one."""
        for name, value in scope["headers"]:
            if name == b"x-request-id" and _REQUEST_ID.fullmatch(value):
                return str(value.decode())
        return f"{self._id_prefix}-{next(self._numbers):x}"

    def _observe(self, scope: Scope, status: int, took_s: float) -> None:
        route = getattr(scope.get("route"), "path", "unmatched")
        method = scope["method"] if scope["method"] in METHODS else "other"
        labels = (method, route, status // 100)
        duration = self._durations.get(labels)
        if duration is None:
            duration = HTTP_REQUEST_DURATION.labels(method, route, f"{status // 100}xx")
            self._durations[labels] = duration
        duration.observe(took_s)


class _Answer:
    """The answer on its way out: its id and default headers are put in, its status is noted."""

    __slots__ = ("_send", "request_id", "status")

    def __init__(self, send: Send, request_id: str) -> None:
        self._send = send
        self.request_id = request_id
        self.status = 0

    async def send(self, message: Message) -> None:
        """Send ``message`` on."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = list(message.get("headers", ()))
            names = {name for name, _ in headers}
            headers += [header for header in DEFAULT_HEADERS if header[0] not in names]
            headers.append((b"x-request-id", self.request_id.encode()))
            message["headers"] = headers
        await self._send(message)


def _content_length(scope: Scope) -> int:
    """What the request says of its body's length; 0 when it says nothing (parts are counted as they come)."""
    for name, value in scope["headers"]:
        if name == b"content-length":
            return int(value) if value.isdigit() else 0
    return 0


async def _nothing_more() -> Message:
    """Stands for the request's body where nobody reads it."""
    return {"type": "http.disconnect"}


def request_id_of(request: Request) -> str:
    """The id that is in the answer and in every line logged on the way to it."""
    return str(request.state.request_id)
