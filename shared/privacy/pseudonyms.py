"""Keyed pseudonyms: the same person gets the same one in a campaign, and nobody without the key can tell who.

HMAC-SHA-256 truncated to 128 bits (RFC 2104, section 5), 32 hexadecimal digits; each kind of pseudonym is
made in a domain of its own.
"""

from __future__ import annotations

import hmac
import re
import unicodedata

DIGEST_BYTES = 16
_NO_DIGITS = re.compile(r"[^0-9]+")
_MOBILE = re.compile(r"1[3-9][0-9]{9}\Z")
_CHINA_PREFIX = re.compile(r"^(?:00)?86(?=1[3-9][0-9]{9}$|0[1-9])")


class Pseudonyms:
    """Makes pseudonyms with one campaign's pseudonym key (32 bytes)."""

    def __init__(self, key: bytes) -> None:
        self._person = hmac.new(key, b"person\0", "sha256")
        self._interviewer = hmac.new(key, b"interviewer\0", "sha256")
        self._firm = hmac.new(key, b"firm\0", "sha256")
        self._content = hmac.new(key, b"content\0", "sha256")

    def person(
        self,
        name: str | None,
        employer: str | None,
        phone: str | None,
        *,
        resident_id: str | None = None,
        openid: str | None = None,
        app_id: str | None = None,
    ) -> str | None:
        """The person's pseudonym, by the strongest that is given, so that channels agree on who it is.

        In this order: a mobile number, the resident id, the WeChat openid, the app's id, another telephone
        with the name (an office shares one), name and employer. None for less: thousands share a name.
        """
        digits = normalise_phone(phone)
        if _MOBILE.match(digits):
            return _digest(self._person, "phone", digits)
        resident = normalise(resident_id).replace(" ", "")
        for kind, id in (("resident", resident), ("openid", openid), ("app", app_id)):  # accounts as they are
            if id:
                return _digest(self._person, kind, id)
        plain_name, plain_employer = normalise(name), normalise(employer)
        if digits and plain_name:
            return _digest(self._person, "phone", digits, plain_name)
        if plain_name and plain_employer:
            return _digest(self._person, "name", plain_name, plain_employer)
        return None

    def interviewer(self, text: str) -> str:
        """The interviewer's pseudonym."""
        return _digest(self._interviewer, normalise(text))

    def firm(self, name: str) -> str:
        """A firm's pseudonym, to count firms apart from visits to them."""
        return _digest(self._firm, normalise(name))

    def content_mac(self, content: bytes) -> str:
        """A fingerprint that tells whether two contents are equal, and nothing to outsiders."""
        mac = self._content.copy()
        mac.update(content)
        return mac.digest()[:DIGEST_BYTES].hex()


def normalise(text: str | None) -> str:
    """``text`` in Unicode form NFKC, lower case, without blanks at its ends and with one for many inside.

    Blanks between Chinese characters go altogether: 张 三 is 张三.
    """
    if not text:
        return ""
    words = " ".join((text if text.isascii() else unicodedata.normalize("NFKC", text)).split())
    return (words if words.isascii() else _without_blanks_between_han(words)).casefold()


def _without_blanks_between_han(words: str) -> str:
    return re.sub(r"(?<=[\u2e80-\u9fff]) | (?=[\u2e80-\u9fff])", "", words) if " " in words else words


def normalise_phone(text: str | None) -> str:
    """The digits of a phone number, without China's prefix +86 or 0086."""
    if not text:
        return ""
    plain = text if text.isascii() else unicodedata.normalize("NFKC", text)
    digits = plain if plain.isdigit() else _NO_DIGITS.sub("", plain)
    return _CHINA_PREFIX.sub("", digits)


def _digest(keyed: hmac.HMAC, *parts: str) -> str:
    mac = keyed.copy()
    mac.update("\0".join(parts).encode())
    return mac.digest()[:DIGEST_BYTES].hex()
