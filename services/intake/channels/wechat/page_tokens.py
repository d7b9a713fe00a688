"""What the questionnaire page gets to post as one follower: a token, good for an hour.

It is signed with a key of the account's own, so that no two accounts take each other's. The page reads from it what
it has to put into the form: ``openid``, and ``source_id_prefix``.
"""

from __future__ import annotations

from services.intake.channels.wechat.accounts import Account, Accounts
from services.intake.channels.wechat.messages import respondent
from shared.access import Principal
from shared.access.own_tokens import sign_token, verified_claims
from shared.access.tokens import key_id_of
from shared.errors import NotAuthenticated, NotFound
from shared.real_time import RealClock

PREFIX = "dfwx_"
LIFETIME_S = 3600
AUDIENCE = "dafangtan/intake/wechat"
_PURPOSE = "page-token"


class PageTokens:
    """Issues and verifies them."""

    def __init__(self, *, accounts: Accounts, clock: RealClock) -> None:
        self._accounts = accounts
        self._clock = clock

    def issue(self, account: Account, openid: str, owner: str) -> str:
        """A token that lets its bearer be ``owner``, the follower ``openid``."""
        now_s = self._now_s()
        claims = {
            "aud": AUDIENCE,
            "sub": owner,
            "iat": now_s,
            "exp": now_s + LIFETIME_S,
            "campaign": account.campaign,
            "openid": openid,
            "source_id_prefix": f"{owner}:",
        }
        return PREFIX + sign_token(claims, key=account.derived_key(_PURPOSE), key_id=account.campaign)

    def authenticate(self, credential: str) -> Principal:
        """Who bears ``credential``, which begins with ``PREFIX``. Raises NotAuthenticated."""
        token = credential.removeprefix(PREFIX)
        try:
            account = self._accounts.of(key_id_of(token))
        except NotFound:
            account = None
        if account is None or account.app_secret is None:
            raise _refused()
        key = account.derived_key(_PURPOSE)
        try:
            claims = verified_claims(token, key=key, audience=AUDIENCE, now_s=self._now_s())
        except NotAuthenticated as error:
            raise _refused() from error
        return respondent(claims["sub"], account.campaign)

    def _now_s(self) -> int:
        return int(self._clock().timestamp())


def _refused() -> NotAuthenticated:
    return NotAuthenticated("问卷页面的凭据无效或已过期，请从公众号菜单重新进入。", code="bad-page-token")
