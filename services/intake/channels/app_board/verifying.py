"""Who signed a request, if anybody did, now, and for the first time."""

from __future__ import annotations

from collections.abc import Mapping

from services.intake.channels.app_board.nonces import Nonces
from services.intake.channels.app_board.signers import Signers
from services.intake.channels.app_board.signing import WINDOW_S, Claim, Message, claim_of, is_signed_by
from shared.access import Principal
from shared.access.signing_keys import SigningKey
from shared.errors import NotAuthenticated
from shared.events import rfc3339
from shared.real_time import RealClock


class Verifying:
    """Makes a principal of a signed request."""

    def __init__(self, signers: Signers, nonces: Nonces, clock: RealClock) -> None:
        self._signers = signers
        self._nonces = nonces
        self._clock = clock

    async def principal_of(self, headers: Mapping[str, str], message: Message) -> Principal:
        """Who signed ``message``. Raises NotAuthenticated, saying what to do about it; RetryLater.

        The signature comes first: what the time and the nonce are is only believed where it is right.
        """
        claim = claim_of(headers)
        key = self._signers.get(claim.key_id)
        if key is None:
            raise NotAuthenticated(
                f"没有编号为 {claim.key_id} 的签名密钥，或已停用；请核对，或请运维人员重新生成。",
                code="unknown-key",
            )
        self._check_signature(key, message, claim)
        self._check_time(claim)
        if not await self._nonces.use(claim):
            raise NotAuthenticated(
                "这个 nonce 已经用过，请求没有处理。重发时请换新的 nonce 和时间戳，重新签名；"
                "同一条留言（post_id 和内容不变）重发会得到原来的回执。",
                code="replayed",
            )
        return key.principal

    def _check_signature(self, key: SigningKey, message: Message, claim: Claim) -> None:
        secrets = self._signers.secrets_of(key, self._clock())
        if not any(is_signed_by(secret, message, claim) for secret in secrets):
            raise NotAuthenticated(
                "签名不正确。签名内容为五行：请求方法、路径（含查询串，与请求行一致）、时间戳、nonce、"
                "请求体的 SHA-256（小写十六进制），以换行符连接，用密钥做 HMAC-SHA256。",
                code="bad-signature",
            )

    def _check_time(self, claim: Claim) -> None:
        now = self._clock()
        off_s = claim.timestamp_s - int(now.timestamp())
        if abs(off_s) > WINDOW_S:
            raise NotAuthenticated(
                f"请求的时间与服务器相差 {abs(off_s)} 秒（{'快' if off_s > 0 else '慢'}），最多可差 {WINDOW_S} 秒。"
                f"服务器现在是 {rfc3339(now)}（Unix 时间 {int(now.timestamp())}）；请校准时钟后重新签名发送。",
                code="clock-skew",
            )
