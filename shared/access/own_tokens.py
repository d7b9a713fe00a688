"""Tokens that a service signs for itself: JSON Web Tokens (RFC 7519) with a MAC (HS256), for those alone who have
the key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from shared.errors import NotAuthenticated

_ALGORITHM = "HS256"


def sign_token(claims: Mapping[str, Any], *, key: bytes, key_id: str) -> str:
    """``claims`` as a token under ``key`` (32 bytes). They hold ``aud``, ``sub`` and ``exp``."""
    header = {"alg": _ALGORITHM, "kid": key_id}
    return jwt.encode(header, dict(claims), OctKey.import_key(key), algorithms=[_ALGORITHM])


def verified_claims(token: str, *, key: bytes, audience: str, now_s: int) -> dict[str, Any]:
    """The claims of a token that ``key`` signed for ``audience`` and that hasn't ended by ``now_s``.

    Raises NotAuthenticated.
    """
    registry = jwt.JWTClaimsRegistry(
        now=lambda: now_s,
        leeway=0,
        aud={"essential": True, "value": audience},
        exp={"essential": True},
        sub={"essential": True},
    )
    try:
        claims = jwt.decode(token, OctKey.import_key(key), algorithms=[_ALGORITHM]).claims
        registry.validate(claims)
    except (JoseError, ValueError) as error:
        raise NotAuthenticated(f"凭据无效或已过期（{error}）。", code="bad-token") from error
    return claims
