"""WeChat's own servers, as far as this channel asks them.

Rules: WeChat official documentation, 获取稳定版接口调用凭据, 获取临时素材, 网页授权, 全局返回码说明.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import orjson

from services.intake.channels.wechat.accounts import Account
from services.intake.channels.wechat.errors import WeChatAway, WeChatRefused
from shared.errors import TooLarge
from shared.tls import client_tls

TIMEOUT_S = 10.0
MEDIA_LIMIT_BYTES = 32 * 1024 * 1024
"""The longest media that WeChat lets followers send are 10 to 20 MB."""
TOKEN_REFUSED = frozenset({40001, 40014, 42001})
AGAIN_AFTER_S: Mapping[int, float] = {-1: 5.0, 45009: 600.0, 45011: 60.0}
"""Busy; the day's calls are used up (they are set back at midnight); too many in this minute."""

_JSON_TYPES = ("application/json", "text/plain", "text/json")


class TokenRefused(WeChatRefused):
    """The access token is not, or no longer, good: get another one and ask again."""


@dataclass(frozen=True, slots=True)
class Media:
    """A file that a follower sent."""

    media_type: str
    chunks: AsyncIterator[bytes]


class WeChatApi:
    """WeChat's API at ``base_url``. Every method raises WeChatAway and WeChatRefused."""

    def __init__(self, base_url: str) -> None:
        self._client = httpx.AsyncClient(base_url=base_url, verify=client_tls(), timeout=TIMEOUT_S)

    async def close(self) -> None:
        """Let go of the connections."""
        await self._client.aclose()

    async def stable_token(self, account: Account, *, force: bool) -> tuple[str, int]:
        """The account's access token, and for how many seconds it is good.

        Without ``force`` it is the one that is in use, until it is about to end; with it a fresh one, and the
        one before ends at once.
        """
        question = {
            "grant_type": "client_credential",
            "appid": account.app_id,
            "secret": account.app_secret,
            "force_refresh": force,
        }
        answer = await self._ask("POST", "/cgi-bin/stable_token", json=question)
        return str(_told(answer, "access_token")), int(_told(answer, "expires_in"))

    async def openid_of(self, account: Account, code: str) -> str:
        """The openid of the follower whose browser brought ``code``, which is good once and for five minutes."""
        question = {
            "appid": account.app_id,
            "secret": account.app_secret,
            "code": code,
            "grant_type": "authorization_code",
        }
        answer = await self._ask("GET", "/sns/oauth2/access_token", params=question)
        return str(_told(answer, "openid"))

    @asynccontextmanager
    async def media(self, token: str, media_id: str) -> AsyncIterator[Media]:
        """The media called ``media_id``. Raises TokenRefused too; its chunks raise TooLarge."""
        query = {"access_token": token, "media_id": media_id}
        async with self._streamed("/cgi-bin/media/get", query) as response:
            video_url = await _video_url(response)
            if video_url is None:
                yield _media(response)
                return
        async with self._streamed(video_url, {}) as response:
            yield _media(response)

    async def _ask(self, method: str, path: str, **content: Any) -> Mapping[str, Any]:
        with _reached():
            response = await self._client.request(method, path, **content)
        _check_status(response)
        return _checked(response.content)

    @asynccontextmanager
    async def _streamed(self, url: str, query: Mapping[str, str]) -> AsyncIterator[httpx.Response]:
        with _reached():
            async with self._client.stream("GET", url, params=query) as response:
                _check_status(response)
                yield response


@contextmanager
def _reached() -> Iterator[None]:
    """Errors on the way, without the address, which holds secrets."""
    try:
        yield
    except httpx.HTTPError as error:
        raise WeChatAway(f"无法连接微信接口（{type(error).__name__}）。") from None


async def _video_url(response: httpx.Response) -> str | None:
    """Where the content is, if it isn't here: for videos. Raises what WeChat refuses."""
    if response.headers.get("content-type", "").partition(";")[0].strip() not in _JSON_TYPES:
        return None
    answer = _checked(await response.aread())
    return str(_told(answer, "video_url"))


def _media(response: httpx.Response) -> Media:
    media_type = response.headers.get("content-type", "").partition(";")[0].strip()
    return Media(media_type or "application/octet-stream", _limited(response))


async def _limited(response: httpx.Response) -> AsyncIterator[bytes]:
    size_bytes = 0
    async for chunk in response.aiter_bytes(65_536):
        size_bytes += len(chunk)
        if size_bytes > MEDIA_LIMIT_BYTES:
            raise TooLarge(f"内容超过 {MEDIA_LIMIT_BYTES:,} 字节。")
        yield chunk


def _check_status(response: httpx.Response) -> None:
    if response.status_code != httpx.codes.OK:
        raise WeChatAway(f"微信接口答复 HTTP {response.status_code}。")


def _checked(content: bytes) -> Mapping[str, Any]:
    """The answer. Raises what its ``errcode`` means."""
    try:
        answer = orjson.loads(content)
    except orjson.JSONDecodeError:
        raise WeChatAway("微信接口的答复不是 JSON。") from None
    if not isinstance(answer, dict):
        raise WeChatAway("微信接口的答复不是 JSON 对象。")
    code, meaning = answer.get("errcode", 0), str(answer.get("errmsg", ""))[:200]
    if code in TOKEN_REFUSED:
        raise TokenRefused(code, meaning)
    if code in AGAIN_AFTER_S:
        raise WeChatAway(f"微信接口答复 errcode={code}：{meaning}", after_s=AGAIN_AFTER_S[code])
    if code:
        raise WeChatRefused(code, meaning)
    return answer


def _told(answer: Mapping[str, Any], name: str) -> Any:
    if name not in answer:
        raise WeChatAway(f"微信接口的答复没有 {name}。")
    return answer[name]
