"""The HTTP face of the WeChat channel, for WeChat's servers and followers' browsers."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse, RedirectResponse

from services.intake.channels.wechat.accounts import Accounts
from services.intake.channels.wechat.pushes import Pushes
from services.intake.channels.wechat.web_login import STATE_LIFETIME_S, WebLogin, path_of
from services.intake.routes import JSON
from shared.http import DirectRoute

TEXT: dict[str, Any] = {"schema": {"type": "string"}}
SIGNED = [
    {"name": name, "in": "query", **TEXT}
    for name in ("signature", "timestamp", "nonce", "encrypt_type", "msg_signature", "echostr")
]
PUSH = {
    "parameters": [{"name": "campaign", "in": "path", "required": True, **TEXT}, *SIGNED[:-1]],
    "requestBody": {"required": True, "content": {"text/xml": TEXT, JSON: {}}},
}
ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/plain": TEXT, "text/xml": TEXT, JSON: {}}, "description": "被动回复，或 success"}
}
STATE_COOKIE = "dafangtan_wechat_state"


def router_of(accounts: Accounts, pushes: Pushes, login: WebLogin) -> APIRouter:
    """The routes. A campaign without an account has none of them."""
    router = APIRouter(prefix="/intake/wechat", tags=["intake 微信公众号"])

    @router.get(
        "/{campaign}",
        summary="公众平台验证服务器地址",
        response_class=PlainTextResponse,
        openapi_extra={"parameters": SIGNED},
    )
    async def verify(campaign: str, request: Request) -> PlainTextResponse:
        return PlainTextResponse(pushes.echo(accounts.of(campaign), request.query_params))

    async def callback(request: Request) -> Response:
        account = accounts.of(request.path_params["campaign"])
        answer = await pushes.answer(account, request.query_params, await request.body())
        return Response(answer, media_type=_media_type(answer))

    router.add_api_route(
        "/{campaign}",
        callback,
        methods=["POST"],
        route_class_override=DirectRoute,
        response_class=Response,
        responses=ANSWERS,
        openapi_extra=PUSH,
        summary="接收公众平台推送的消息和事件（明文或安全模式，XML 或 JSON）",
        description="四秒内不能确认保存的，答复 503，由微信重新推送。",
    )

    @router.get(
        "/{campaign}/questionnaire",
        status_code=302,
        response_class=RedirectResponse,
        summary="公众号菜单进入问卷：转到微信网页授权",
    )
    async def depart(campaign: str) -> RedirectResponse:
        departure = login.depart(accounts.of(campaign))
        response = RedirectResponse(departure.location, 302)
        response.set_cookie(
            STATE_COOKIE,
            departure.cookie,
            max_age=STATE_LIFETIME_S,
            path=path_of(campaign),
            secure=login.is_secure,
            httponly=True,
            samesite="lax",
        )
        return response

    @router.get(
        "/{campaign}/questionnaire/callback",
        status_code=303,
        response_class=RedirectResponse,
        summary="微信网页授权返回：带凭据转到问卷页面",
    )
    async def arrive(campaign: str, request: Request, code: str = "", state: str = "") -> RedirectResponse:
        cookie = request.cookies.get(STATE_COOKIE, "")
        page = await login.arrive(accounts.of(campaign), code=code, state=state, cookie=cookie)
        response = RedirectResponse(page, 303)
        response.delete_cookie(STATE_COOKIE, path=path_of(campaign))
        return response

    return router


def _media_type(answer: bytes) -> str:
    return {b"<": "text/xml", b"{": "application/json"}.get(answer[:1], "text/plain")
