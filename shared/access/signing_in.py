"""Signing in with user name and password: HTTP Digest (RFC 7616, MD5, qop=auth) and Basic (RFC 7617).

Both come down to comparing with H(A1), which takes some microseconds, so that nothing needs to be remembered of
who signed in before. A nonce carries the time that it was made and is signed, so that any process can verify
it. The counts that were used with a nonce are remembered in the process: the same request is refused when it
comes again, with ``stale=true``, after which an honest client asks anew by itself.
"""

from __future__ import annotations

import hmac
import os
import re
from base64 import b64decode, b64encode
from collections import OrderedDict
from collections.abc import Mapping
from hashlib import md5

from shared.access.interviewers import REALM, Interviewers, Known, ha1_of
from shared.access.principals import Principal
from shared.errors import NotAuthenticated
from shared.real_time import RealClock

NONCE_LIFETIME_S = 600
REMEMBERED_NONCES = 100_000
REMEMBERED_COUNTS = 64
"""Of one nonce: requests that overtake each other by more are asked to sign in anew."""
STALE = "stale-nonce"
NOBODY = Known("0" * 32, Principal("nobody", "person", frozenset()))

_TIME_BYTES, _RANDOM_BYTES, _MAC_BYTES = 8, 8, 16
_PARAMETER = re.compile(r'(?<![a-z])([a-z]++)\s*+=\s*+(?:"((?:[^"\\]|\\.)*+)"|([^\s",]++))', re.IGNORECASE)
_LONGEST_CHARS = 4096
_COUNT = re.compile(r"[0-9a-fA-F]{8}")
_REQUIRED = frozenset({"username", "realm", "nonce", "uri", "response", "qop", "nc", "cnonce"})


class SigningIn:
    """The sign-in of one campaign's interviewers. ``key`` signs nonces."""

    def __init__(self, interviewers: Interviewers, key: bytes, clock: RealClock) -> None:
        self._interviewers = interviewers
        self._nonces = _Nonces(key, clock)

    def principal(self, authorization: str | None, method: str, target: str) -> Principal:
        """Who asks for ``target`` (path and query) with this header. Raises NotAuthenticated."""
        scheme, _, credential = (authorization or "")[:_LONGEST_CHARS].partition(" ")
        match scheme.lower():
            case "digest":
                return self._by_digest(_parameters(credential), method, target)
            case "basic":
                return self._by_password(credential)
            case _:
                raise NotAuthenticated("请填写访问员的用户名和密码。")

    def challenges(self, *, is_stale: bool, is_https: bool) -> list[str]:
        """The values of ``WWW-Authenticate``. A password is only asked for where nobody can read it."""
        stale = ", stale=true" if is_stale else ""
        nonce = self._nonces.new()
        challenges = [f'Digest realm="{REALM}", qop="auth", algorithm=MD5, nonce="{nonce}"{stale}']
        if is_https:
            challenges.append(f'Basic realm="{REALM}", charset="UTF-8"')
        return challenges

    def _by_digest(self, told: Mapping[str, str], method: str, target: str) -> Principal:
        if not told.keys() >= _REQUIRED or told["realm"] != REALM or told["qop"].lower() != "auth":
            raise _refused()
        # A proxy may have taken a prefix off the path.
        if not told["uri"].endswith(target) or told.get("algorithm", "MD5").upper() != "MD5":
            raise _refused()
        known = self._interviewers.get(told["username"]) or NOBODY
        asked = _h(f"{method}:{told['uri']}")
        words = (known.ha1, told["nonce"], told["nc"], told["cnonce"], told["qop"], asked)
        if not _is_same(_h(":".join(words)), told["response"].lower()) or known is NOBODY:
            raise _refused()
        if not _COUNT.fullmatch(told["nc"]) or not self._nonces.use(told["nonce"], int(told["nc"], 16)):
            raise NotAuthenticated("登录已过期，请重新发送。", code=STALE)
        return known.principal

    def _by_password(self, credential: str) -> Principal:
        try:
            text = b64decode(credential.strip(), validate=True).decode()
        except ValueError:
            raise _refused() from None
        username, _, password = text.partition(":")
        known = self._interviewers.get(username) or NOBODY
        if not _is_same(ha1_of(username, password), known.ha1) or known is NOBODY:
            raise _refused()
        return known.principal


class _Nonces:
    """Makes nonces, and knows those of its key: time in seconds, random bytes, MAC over both."""

    def __init__(self, key: bytes, clock: RealClock) -> None:
        self._key = key
        self._clock = clock
        self._used: OrderedDict[str, set[int]] = OrderedDict()

    def new(self) -> str:
        """A fresh one."""
        content = self._now_s().to_bytes(_TIME_BYTES, "big") + os.urandom(_RANDOM_BYTES)
        return b64encode(content + self._mac(content)).decode()

    def use(self, nonce: str, count: int) -> bool:
        """Whether ``nonce`` is one of ours, young, and ``count`` wasn't used with it."""
        if not self._is_young(nonce):
            return False
        counts = self._used.setdefault(nonce, set())
        if len(self._used) > REMEMBERED_NONCES:
            self._used.popitem(last=False)
        if count in counts or (len(counts) == REMEMBERED_COUNTS and count < min(counts)):
            return False
        counts.add(count)
        if len(counts) > REMEMBERED_COUNTS:
            counts.remove(min(counts))
        return True

    def _is_young(self, nonce: str) -> bool:
        try:
            signed = b64decode(nonce, validate=True)
        except ValueError:
            return False
        content, mac = signed[:-_MAC_BYTES], signed[-_MAC_BYTES:]
        if len(content) != _TIME_BYTES + _RANDOM_BYTES or not hmac.compare_digest(mac, self._mac(content)):
            return False
        age_s = self._now_s() - int.from_bytes(content[:_TIME_BYTES], "big")
        return age_s <= NONCE_LIFETIME_S

    def _mac(self, content: bytes) -> bytes:
        return hmac.digest(self._key, content, "sha256")[:_MAC_BYTES]

    def _now_s(self) -> int:
        return int(self._clock().timestamp())


def _parameters(credential: str) -> dict[str, str]:
    """``name=value`` and ``name="value"``, names in small letters."""
    return {
        name.lower(): bare or re.sub(r"\\(.)", r"\1", quoted)
        for name, quoted, bare in _PARAMETER.findall(credential)
    }


def _h(text: str) -> str:
    return md5(text.encode(), usedforsecurity=False).hexdigest()


def _is_same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())


def _refused() -> NotAuthenticated:
    return NotAuthenticated("用户名或密码不正确，或者已停用。", code="bad-password")
