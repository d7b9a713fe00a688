"""How the commands ask the running services over HTTP: with whose token, and what their answers mean."""

from __future__ import annotations

from typing import Any, cast

import httpx

from services.cli.local import local_issuer
from services.cli.settings import ClientSettings
from shared.access import Role
from shared.errors import Invalid, NotAllowed, NotAuthenticated, RetryLater
from shared.settings import Settings

TOKEN_LIFETIME_S = 600


def operator_headers(settings: ClientSettings) -> dict[str, str]:
    """The headers of an operator: with the token of the settings, or else one of the local issuer."""
    token = settings.token or local_issuer(Settings()).issue(
        "operator", [Role.OPERATOR], lifetime_s=TOKEN_LIFETIME_S
    )
    return {"Authorization": f"Bearer {token}"}


def content_of(answer: httpx.Response) -> dict[str, Any]:
    """What a service answered. Raises NotAuthenticated, NotAllowed and Invalid for what it refuses, and RetryLater
    when it can't answer now, or when something else listens there."""
    try:
        body = answer.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise RetryLater(f"{answer.url} 的应答（{answer.status_code}）不是本系统的：请核对服务的地址。")
    if not answer.is_error:
        return cast(dict[str, Any], body)
    told = f"{answer.url} 应答 {answer.status_code}：{body.get('detail', '没有说明原因。')}"
    if answer.status_code == httpx.codes.UNAUTHORIZED:
        raise NotAuthenticated(
            f"{told}请在 DAFANGTAN_TOKEN 中给出该系统认可的运维令牌；"
            "若是本机的系统，请让 DAFANGTAN_ISSUER_FILE 指向它的签发者（演示的是 var/demo/issuer.json）。"
        )
    if answer.status_code == httpx.codes.FORBIDDEN:
        raise NotAllowed(told)
    if answer.is_server_error:
        raise RetryLater(told)
    raise Invalid(told)
