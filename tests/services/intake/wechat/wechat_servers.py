"""A stand-in for WeChat's own servers, over real sockets: it checks what the documentation says they check.

获取稳定版接口调用凭据, 获取临时素材, 网页授权, 全局返回码说明.
"""

from __future__ import annotations

import asyncio
import socket
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from tests.services.running import ClockInTest

TOKEN_LIFETIME_S = 7200
OVERLAP_S = 300
MEDIA_LIFETIME_S = 3 * 24 * 3600
CODE_LIFETIME_S = 300
FORCED_A_DAY = 20


@dataclass
class Issued:
    """Something that was given out."""

    value: str
    ends_s: float
    is_used: bool = False


@dataclass
class WeChatServers:
    """WeChat's side of one official account."""

    clock: ClockInTest
    app_id: str
    app_secret: str
    oauth_domain: str
    follower: str = "oFollower-1"
    url: str = ""
    tokens: list[Issued] = field(default_factory=list)
    media: dict[str, tuple[str, bytes, float]] = field(default_factory=dict)
    videos: dict[str, bytes] = field(default_factory=dict)
    codes: dict[str, Issued] = field(default_factory=dict)
    calls: Counter[str] = field(default_factory=Counter)
    answers_first: dict[str, list[int]] = field(default_factory=dict)
    forced_count: int = 0
    hold_tokens: asyncio.Event | None = None

    def keep(self, media_id: str, media_type: str, content: bytes) -> None:
        """A follower sent this."""
        self.media[media_id] = (media_type, content, self._now() + MEDIA_LIFETIME_S)

    def fail(self, path: str, *errcodes: int) -> None:
        """Answer the next calls of ``path`` with these."""
        self.answers_first.setdefault(path, []).extend(errcodes)

    def revoke_tokens(self) -> None:
        """Somebody else made a fresh token: those before are good no longer."""
        for issued in self.tokens:
            issued.ends_s = 0
            issued.is_used = True

    def app(self) -> Starlette:
        """The servers, all behind one address."""
        return Starlette(
            routes=[
                Route("/cgi-bin/stable_token", self._stable_token, methods=["POST"]),
                Route("/cgi-bin/media/get", self._media_get),
                Route("/videos/{id}", self._video),
                Route("/sns/oauth2/access_token", self._oauth_token),
                Route("/connect/oauth2/authorize", self._authorize),
            ]
        )

    async def _stable_token(self, request: Request) -> Response:
        if (failure := self._counted("stable_token")) is not None:
            return failure
        if self.hold_tokens is not None:
            await self.hold_tokens.wait()
        asked = await request.json()
        if asked.get("grant_type") != "client_credential":
            return _error(40002, "invalid grant_type")
        if asked.get("appid") != self.app_id:
            return _error(40013, "invalid appid")
        if asked.get("secret") != self.app_secret:
            return _error(40125, "invalid appsecret")
        if asked.get("force_refresh", False):
            self.forced_count += 1
            if self.forced_count > FORCED_A_DAY:
                return _error(45009, "reach max api daily quota limit")
            self.revoke_tokens()
        token = self._current_token()
        return JSONResponse({"access_token": token.value, "expires_in": int(token.ends_s - self._now())})

    async def _media_get(self, request: Request) -> Response:
        if (failure := self._counted("media")) is not None:
            return failure
        if (refused := self._refused_token(request.query_params.get("access_token"))) is not None:
            return refused
        media_id = request.query_params.get("media_id")
        if not media_id:
            return _error(41004, "media_id missing")
        media_type, content, ends_s = self.media.get(media_id, ("", b"", 0.0))
        if self._now() >= ends_s:
            return _error(40007, "invalid media_id")
        if media_type.startswith("video/"):
            self.videos[media_id] = content
            return JSONResponse({"video_url": f"{self.url}/videos/{media_id}"})
        disposition = {"Content-disposition": f'attachment; filename="{media_id}"'}
        return Response(content, media_type=media_type, headers=disposition)

    async def _video(self, request: Request) -> Response:
        return Response(self.videos[request.path_params["id"]], media_type="video/mp4")

    async def _oauth_token(self, request: Request) -> Response:
        if (failure := self._counted("oauth")) is not None:
            return failure
        asked = request.query_params
        if (asked.get("appid"), asked.get("secret")) != (self.app_id, self.app_secret):
            return _error(40125, "invalid appsecret")
        if asked.get("grant_type") != "authorization_code":
            return _error(40002, "invalid grant_type")
        code = self.codes.get(asked.get("code", ""))
        if code is None:
            return _error(40029, "invalid code")
        if code.is_used:
            return _error(40163, "code been used")
        if self._now() >= code.ends_s:
            return _error(42003, "code expired")
        code.is_used = True
        return JSONResponse(
            {"access_token": "page", "expires_in": 7200, "openid": self.follower, "scope": "snsapi_base"}
        )

    async def _authorize(self, request: Request) -> Response:
        asked = request.query_params
        state = asked.get("state", "")
        target = urlsplit(asked.get("redirect_uri", ""))
        if list(asked) != ["appid", "redirect_uri", "response_type", "scope", "state"]:
            return PlainTextResponse("Oops! Something went wrong:(", 400)  # their order matters, it says
        if asked["appid"] != self.app_id or asked["response_type"] != "code":
            return PlainTextResponse("appid 参数错误 10013", 400)
        if target.hostname != self.oauth_domain:
            return PlainTextResponse("redirect_uri 域名与后台配置不一致 10003", 400)
        if asked["scope"] != "snsapi_base" or not state.isalnum() or len(state) > 128:
            return PlainTextResponse("scope 或 state 参数错误 10005", 400)
        code = f"code{len(self.codes)}"
        self.codes[code] = Issued(code, self._now() + CODE_LIFETIME_S)
        return RedirectResponse(f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': state})}", 302)

    def _current_token(self) -> Issued:
        current = self.tokens[-1] if self.tokens else None
        if current is None or current.ends_s - OVERLAP_S <= self._now():
            current = Issued(f"token-{len(self.tokens)}", self._now() + TOKEN_LIFETIME_S)
            self.tokens.append(current)
        return current

    def _refused_token(self, value: str | None) -> Response | None:
        if not value:
            return _error(41001, "access_token missing")
        issued = next((each for each in self.tokens if each.value == value), None)
        if issued is None or issued.is_used:
            return _error(40001, "invalid credential, access_token is invalid or not latest")
        return _error(42001, "access_token expired") if issued.ends_s <= self._now() else None

    def _counted(self, path: str) -> Response | None:
        self.calls[path] += 1
        waiting = self.answers_first.get(path)
        return _error(waiting.pop(0), "as the test says") if waiting else None

    def _now(self) -> float:
        return self.clock().timestamp()


def _error(code: int, message: str) -> Response:
    return JSONResponse({"errcode": code, "errmsg": message})


@asynccontextmanager
async def serving(servers: WeChatServers) -> AsyncIterator[WeChatServers]:
    """Listen meanwhile."""
    listener = socket.create_server(("127.0.0.1", 0))
    servers.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    config = uvicorn.Config(servers.app(), log_level="warning", lifespan="off", ws="none")
    server = _Server(config)
    task = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield servers
    finally:
        server.should_exit = server.force_exit = True  # whatever a test left unanswered
        await task


class _Server(uvicorn.Server):
    """Leaves the signals to the tests."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
