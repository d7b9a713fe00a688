"""From the menu to the questionnaire: who the follower is, by web authorization.

Rules: WeChat official documentation, 网页授权 (scope ``snsapi_base``, which asks nobody anything); RFC 6749,
section 10.12, for the state.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from urllib.parse import urlencode

from services.intake.channels.wechat.accounts import Account
from services.intake.channels.wechat.api import WeChatApi
from services.intake.channels.wechat.errors import WeChatRefused
from services.intake.channels.wechat.messages import Messages
from services.intake.channels.wechat.page_tokens import PageTokens
from shared.errors import Invalid, NotFound
from shared.real_time import RealClock

STATE_LIFETIME_S = 600
NONCE_BYTES = 16


@dataclass(frozen=True, slots=True)
class Departure:
    """Where to send the browser, and what it must bring back in a cookie."""

    location: str
    cookie: str


class WebLogin:
    """Sends browsers to WeChat and takes them back. ``public_url`` is where they reach this service."""

    def __init__(
        self,
        *,
        public_url: str,
        open_url: str,
        api: WeChatApi,
        messages: Messages,
        tokens: PageTokens,
        clock: RealClock,
    ) -> None:
        self._public_url = public_url.rstrip("/")
        self._open_url = open_url.rstrip("/")
        self._api = api
        self._messages = messages
        self._tokens = tokens
        self._clock = clock

    def entry(self, account: Account) -> str | None:
        """The address that the menu links to; None where no page is set."""
        is_set = self._public_url and account.questionnaire_url and account.app_secret
        return f"{self._public_url}{path_of(account.campaign)}" if is_set else None

    def depart(self, account: Account) -> Departure:
        """On the way to WeChat. Raises NotFound where no page is set."""
        entry = self._entry(account)
        cookie = secrets.token_hex(NONCE_BYTES)
        expires = f"{int(self._clock().timestamp()) + STATE_LIFETIME_S:x}"
        query = urlencode(
            {
                "appid": account.app_id,
                "redirect_uri": f"{entry}/callback",
                "response_type": "code",
                "scope": "snsapi_base",
                "state": f"{_mac(account, cookie, expires)}{expires}",
            }
        )
        return Departure(f"{self._open_url}/connect/oauth2/authorize?{query}#wechat_redirect", cookie)

    async def arrive(self, account: Account, *, code: str, state: str, cookie: str) -> str:
        """Back from WeChat with ``code``: where the page is, with a token for it behind ``#``, which browsers send
        to no server.

        Raises Invalid when this browser didn't depart from here lately, or for a code that is used up;
        WeChatAway; NotFound.
        """
        self._entry(account)
        if not self._is_state_of(account, state, cookie):
            raise Invalid("授权请求已失效，请从公众号菜单重新进入。", code="bad-state")
        try:
            openid = await self._api.openid_of(account, code)
        except WeChatRefused:
            raise Invalid("微信授权已失效，请从公众号菜单重新进入。", code="bad-code") from None
        owner = self._messages.sender(account.campaign, openid).subject
        return f"{account.questionnaire_url}#token={self._tokens.issue(account, openid, owner)}"

    @property
    def is_secure(self) -> bool:
        """Whether browsers come by https."""
        return self._public_url.startswith("https://")

    def _entry(self, account: Account) -> str:
        entry = self.entry(account)
        if entry is None:
            raise NotFound("没有设置问卷页面。")
        return entry

    def _is_state_of(self, account: Account, state: str, cookie: str) -> bool:
        mac, expires = state[:64], state[64:]
        if not state.isascii() or not cookie.isascii() or not 1 <= len(expires) <= 12:
            return False
        if not hmac.compare_digest(mac, _mac(account, cookie, expires)):
            return False
        return int(expires, 16) > self._clock().timestamp()


def path_of(campaign: str) -> str:
    """The path that the menu links to."""
    return f"/intake/wechat/{campaign}/questionnaire"


def _mac(account: Account, cookie: str, expires: str) -> str:
    """Letters and digits, as WeChat asks of a state, which is at most 128 long."""
    content = f"{account.campaign}\0{cookie}\0{expires}".encode()
    return hmac.digest(account.derived_key("web-login-state"), content, "sha256").hex()
