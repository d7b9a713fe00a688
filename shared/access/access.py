"""The door of every service: who asks, and may they?"""

from __future__ import annotations

from collections.abc import Callable

from shared.access.channel_keys import PREFIX, ChannelKeys
from shared.access.policies import Action, Policies, Resource
from shared.access.principals import Principal
from shared.access.tokens import TokenVerifier
from shared.errors import NotAllowed, NotAuthenticated
from shared.settings import Settings

_REASONS = {
    Action.SUBMIT: "您不能为这个活动、渠道或责任单位提交。",
    Action.AMEND: "您不能修改这份提交；修改须由原来的渠道进行。",
    Action.WITHDRAW: "您不能撤回这份提交；撤回须由原来的渠道进行。",
    Action.SIGN_OFF: "只有本单位的调查组负责人或管理员可以签字确认。",
    Action.HANDLE: "只有本单位的管理员和办公室可以办理、答复。",
    Action.SETTLE_QUARANTINE: "只有办公室和运维人员可以处理隔离区。",
    Action.KEEP_CASE: "只有本单位的访问员可以登记个案，登记后由其本人记录和签名。",
    Action.RECORD_ACTIVITY: "您不能为这个责任单位登记活动。",
    Action.RECORD_OBLIGATION: "只有本单位的管理员和办公室可以登记这项任务。",
    Action.HAND_IN_REPORT: "只有本单位的管理员、办公室和获准的程序可以登记报告。",
    Action.QUERY_TABLE: "您的角色不能查询数据表。",
    Action.REQUEST_GRANT: "您的角色不能申请使用数据。",
    Action.DECIDE_GRANT: "只有领导小组成员可以审批，并且不能审批本人的申请。",
    Action.REVOKE_GRANT: "只有领导小组成员可以收回批准。",
    Action.OPERATE: "只有运维人员可以进行这项操作。",
}
NOTHING_HERE = "没有这个内容，或者您无权查看。"


class Access:
    """Authenticates requests and checks what their principals may do."""

    def __init__(self, tokens: TokenVerifier, channel_keys: ChannelKeys) -> None:
        self._tokens = tokens
        self._channel_keys = channel_keys
        self._policies = Policies()
        self._others: dict[str, Callable[[str], Principal]] = {}

    @classmethod
    def from_settings(cls, settings: Settings) -> Access:
        """With the issuer and the channel keys that the settings name. Raises KeysUnusable."""
        tokens = TokenVerifier(settings.oidc_issuer, settings.oidc_audience, settings.oidc_keys_url)
        return cls(tokens, ChannelKeys(settings.channel_keys_file))

    def accept(self, prefix: str, authenticate: Callable[[str], Principal]) -> None:
        """Also take credentials that begin with ``prefix``, which ``authenticate`` turns into their principal.

        It raises NotAuthenticated.
        """
        self._others[prefix] = authenticate

    async def authenticate(self, authorization_header: str | None) -> Principal:
        """The principal of ``Authorization: Bearer <token, channel key or what else is accepted>``.

        Raises NotAuthenticated; RetryLater when the issuer's keys can't be had.
        """
        scheme, _, credential = (authorization_header or "").partition(" ")
        credential = credential.strip()
        if scheme.lower() != "bearer" or not credential:
            raise NotAuthenticated("请在请求头 Authorization 中以 Bearer 方式提供令牌或渠道密钥。")
        for prefix, authenticate in self._others.items():
            if credential.startswith(prefix):
                return authenticate(credential)
        if not credential.startswith(PREFIX):
            return await self._tokens.verify(credential)
        principal = self._channel_keys.authenticate(credential)
        if principal is None:
            raise NotAuthenticated("渠道密钥不正确或已停用。", code="bad-channel-key")
        return principal

    def is_allowed(self, principal: Principal, action: Action, resource: Resource) -> bool:
        """Whether ``principal`` may do ``action`` to ``resource``."""
        return self._policies.is_allowed(principal, action, resource)

    def check(self, principal: Principal, action: Action, resource: Resource) -> None:
        """Raises NotAllowed when it may not; what may not even be seen is hidden (answered as not found)."""
        if not self._policies.is_allowed(principal, action, resource):
            raise NotAllowed(_REASONS.get(action, NOTHING_HERE), is_hidden=action.is_read)
