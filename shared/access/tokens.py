"""Bearer tokens of people: JSON Web Tokens of an OpenID Connect issuer (RFC 7519, RFC 8725)."""

from __future__ import annotations

import time
import warnings
from base64 import urlsafe_b64decode
from collections import OrderedDict
from collections.abc import Callable
from hashlib import sha256
from typing import Any

import orjson
from joserfc import jwt
from joserfc.errors import ExpiredTokenError, JoseError, SecurityWarning

from shared.access.jwks import IssuerKeys
from shared.access.principals import Principal, Role
from shared.errors import NotAuthenticated

ALGORITHMS = ("EdDSA", "Ed25519", "ES256", "RS256")
"""Signatures only: ``none``, and a MAC made with the public key as its secret, are not among them."""
warnings.filterwarnings("ignore", "EdDSA is deprecated", SecurityWarning)  # providers' name for Ed25519
LEEWAY_S = 30
REMEMBERED_TOKENS = 10_000
LONGEST_TOKEN_CHARS = 8192


class TokenVerifier:
    """Turns a token into a Principal.

    Checked are signature, ``iss``, ``aud``, ``exp``, ``nbf``, ``iat`` and ``sub``; roles come from the claim
    ``dafangtan_roles`` (those that nobody knows are left out), the unit from ``dafangtan_unit``. A verified
    token is remembered by its digest until it expires, since a verification costs some 100 us.
    """

    def __init__(
        self, issuer: str, audience: str, keys_url: str, *, clock: Callable[[], float] = time.time
    ) -> None:
        self._clock = clock
        self._keys = IssuerKeys(keys_url, clock=clock)
        self._claims = jwt.JWTClaimsRegistry(
            now=lambda: int(clock()),
            leeway=LEEWAY_S,
            iss={"essential": True, "value": issuer},
            aud={"essential": True, "value": audience},
            exp={"essential": True},
            sub={"essential": True},
        )
        self._remembered: OrderedDict[bytes, tuple[Principal, float]] = OrderedDict()

    async def verify(self, token: str) -> Principal:
        """The principal of ``token``. Raises NotAuthenticated; RetryLater when the issuer's keys are away."""
        digest = sha256(token.encode()).digest()
        remembered = self._remembered.get(digest)
        if remembered is not None and self._clock() < remembered[1]:
            self._remembered.move_to_end(digest)
            return remembered[0]
        claims = await self._verified_claims(token)
        until_s = claims["exp"] + LEEWAY_S
        principal = _principal(claims, until_s)
        self._remember(digest, principal, until_s)
        return principal

    async def _verified_claims(self, token: str) -> dict[str, Any]:
        key = await self._keys.get(key_id_of(token))
        if key is None:
            raise _refused("令牌的签名密钥未知", "unknown-key")
        try:
            claims = jwt.decode(token, key, algorithms=ALGORITHMS).claims
            self._claims.validate(claims)
        except ExpiredTokenError:
            raise _refused("令牌已过期，请重新登录", "expired") from None
        except (JoseError, ValueError) as error:
            raise _refused(f"令牌无效（{error}）", "bad-token") from error
        return claims

    def _remember(self, digest: bytes, principal: Principal, until_s: float) -> None:
        self._remembered[digest] = (principal, until_s)
        self._remembered.move_to_end(digest)
        if len(self._remembered) > REMEMBERED_TOKENS:
            self._remembered.popitem(last=False)


def key_id_of(token: str) -> str:
    """The header's ``kid``. Nothing is believed yet; it only chooses the key to verify with."""
    try:
        encoded = token.split(".", 1)[0] if len(token) <= LONGEST_TOKEN_CHARS else ""
        header = orjson.loads(urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)))
        key_id = header["kid"]
    except (ValueError, KeyError, TypeError) as error:
        raise _refused("令牌格式不正确", "bad-token") from error
    if not isinstance(key_id, str):
        raise _refused("令牌格式不正确", "bad-token")
    return key_id


def _principal(claims: dict[str, Any], until_s: float) -> Principal:
    subject, roles, unit, name = (
        claims["sub"], claims.get("dafangtan_roles", []), claims.get("dafangtan_unit"), claims.get("name"),
    )  # fmt: skip
    if not subject:
        raise _refused("令牌缺少 sub", "bad-token")
    if not isinstance(roles, list) or not isinstance(unit, str | None):
        raise _refused("令牌中的 dafangtan_roles 应为列表，dafangtan_unit 应为文字", "bad-token")
    return Principal(
        subject=subject,
        kind="person",
        roles=frozenset(role.value for role in Role if role in roles),
        unit=unit or None,
        name=name if isinstance(name, str) else None,
        until_s=until_s,
    )


def _refused(reason: str, code: str) -> NotAuthenticated:
    return NotAuthenticated(f"{reason}。", code=code)
