"""A small issuer of tokens for the embedded mode, where no OpenID Connect provider is at hand."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from pathlib import Path

import orjson
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from shared.privacy.files import create_private_file, write_private_file
from shared.privacy.keys import KeysUnusable

LIFETIME_S = 8 * 3600


class LocalIssuer:
    """Issues tokens that a ``TokenVerifier`` over ``public_keys_file`` accepts.

    Makes an Ed25519 key (file mode 0600) when ``private_key_file`` isn't there, and the file of public keys
    from it. Whoever reads the private key can be anybody.
    """

    def __init__(
        self,
        private_key_file: Path,
        public_keys_file: Path,
        issuer: str,
        audience: str,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._issuer = issuer
        self._audience = audience
        self._clock = clock
        self._key = _load_or_make(private_key_file)
        _publish(self._key, public_keys_file)

    def issue(
        self,
        subject: str,
        roles: Collection[str],
        unit: str | None = None,
        *,
        name: str | None = None,
        lifetime_s: int = LIFETIME_S,
    ) -> str:
        """A token that says that its bearer is ``subject``."""
        now_s = int(self._clock())
        claims = {
            "iss": self._issuer,
            "aud": self._audience,
            "sub": subject,
            "iat": now_s,
            "nbf": now_s,
            "exp": now_s + lifetime_s,
            "dafangtan_roles": sorted(roles),
            "dafangtan_unit": unit,
            "name": name,
        }
        stated = {claim: value for claim, value in claims.items() if value is not None}
        header = {"alg": "Ed25519", "kid": self._key.thumbprint()}
        return jwt.encode(header, stated, self._key, algorithms=["Ed25519"])


def _load_or_make(path: Path) -> OKPKey:
    if not path.exists():
        fresh = OKPKey.generate_key("Ed25519")
        create_private_file(path, orjson.dumps(fresh.as_dict(private=True)))
    try:
        key = OKPKey.import_key(orjson.loads(path.read_bytes()))
    except (JoseError, ValueError, OSError) as error:
        raise KeysUnusable(f"签发密钥文件 {path} 无法使用：应为 Ed25519 私钥（JWK）。") from error
    if not key.is_private:
        raise KeysUnusable(f"签发密钥文件 {path} 中没有私钥。")
    return key


def _publish(key: OKPKey, path: Path) -> None:
    public = {**key.as_dict(private=False), "kid": key.thumbprint(), "use": "sig", "alg": "Ed25519"}
    content = orjson.dumps({"keys": [public]})
    if not path.exists() or path.read_bytes() != content:
        write_private_file(path, content)
