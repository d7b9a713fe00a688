"""What interviewers sign in with where a token can't be had: user names and passwords for ODK Collect.

The password is made here: 16 random characters of 31, some 79 bits. Such a one can't be guessed, so that slow
hashing (argon2) would protect nothing and only cost 50 ms a request. HTTP Digest can't be verified by a hash of
the password anyway: it needs H(A1) (RFC 7616, section 3.4.2), which opens the door itself. So H(A1) is kept
sealed, together with the interviewer's name, under a key derived from the campaign's: the file alone lets
nobody in and names nobody.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from hashlib import md5
from pathlib import Path

import msgspec
import orjson

from shared.access.credentials_file import CredentialsFile
from shared.access.principals import Principal, Role
from shared.access.sealed_secrets import derived_key, open_secret, seal_secret
from shared.access.watching import Watched, entry_of
from shared.errors import NotFound
from shared.events import rfc3339
from shared.logging import get_logger
from shared.privacy.keys import CampaignKeys, KeysUnusable

REALM = "dafangtan"
CHANNEL = "offline"
"""Interviews are held face to face, whatever they are sent with."""
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without those that look like another on a phone."""
USERNAME_CHARS = 6
PASSWORD_GROUPS = 4
GROUP_CHARS = 4

_log = get_logger("access.interviewers")


@dataclass(frozen=True, slots=True)
class Interviewer:
    """What is kept of one. ``sealed`` holds the name and H(A1); times are RFC 3339."""

    username: str
    campaign: str
    unit: str
    sealed: str
    created_at: str
    revoked_at: str | None = None


class Known(msgspec.Struct, frozen=True, gc=False):
    """One who may sign in: H(A1) in hexadecimal, and who that is."""

    ha1: str
    principal: Principal


class _Secret(msgspec.Struct, frozen=True):
    name: str
    ha1: str


def ha1_of(username: str, password: str) -> str:
    """H(A1) of RFC 7616 for the algorithm MD5."""
    content = f"{username}:{REALM}:{password}".encode()
    return md5(content, usedforsecurity=False).hexdigest()


def add_interviewer(
    path: Path, keys: CampaignKeys, *, campaign: str, name: str, unit: str, now: datetime
) -> tuple[str, Interviewer]:
    """Make an interviewer and keep them in the file at ``path``; the password, which nobody will see again."""
    password = "-".join(_random_text(GROUP_CHARS) for _ in range(PASSWORD_GROUPS))

    def make(taken: Collection[str]) -> Interviewer:
        username = _random_text(USERNAME_CHARS)
        while username in taken:
            username = _random_text(USERNAME_CHARS)
        secret = msgspec.json.encode(_Secret(name, ha1_of(username, password)))
        sealed = seal_secret(_sealing_key(keys), _context(username, campaign, unit), secret)
        return Interviewer(username, campaign, unit, sealed, rfc3339(now))

    return password, _FILE.add(path, make)


def revoke_interviewer(path: Path, username: str, *, now: datetime) -> Interviewer:
    """Refuse ``username`` from now on; who is revoked stays so. Raises NotFound."""
    return _FILE.revoke(path, username, now=now)


def read_interviewers(path: Path) -> dict[str, Interviewer]:
    """All of them by user name; none when there is no file. Raises KeysUnusable when it is malformed."""
    return _FILE.read(path)


def known_of(interviewer: Interviewer, keys: CampaignKeys) -> Known:
    """What lies under the seal. Raises KeysUnusable where the keys aren't those that it was sealed with."""
    context = _context(interviewer.username, interviewer.campaign, interviewer.unit)
    try:
        secret = msgspec.json.decode(
            open_secret(_sealing_key(keys), context, interviewer.sealed), type=_Secret
        )
    except ValueError as error:
        raise KeysUnusable(f"访问员 {interviewer.username} 的登记不是用本活动的密钥密封的。") from error
    principal = Principal(
        subject=f"interviewer:{interviewer.username}",
        kind="person",
        roles=frozenset({Role.INTERVIEWER.value}),
        unit=interviewer.unit,
        channel=CHANNEL,
        name=secret.name,
        campaigns=frozenset({interviewer.campaign}),
    )
    return Known(secret.ha1, principal)


class Interviewers:
    """The interviewers of one campaign, of a file that may change while this runs."""

    def __init__(
        self, path: Path, campaign: str, keys: CampaignKeys, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._campaign = campaign
        self._keys = keys
        self._entries = Watched(path, self._read, clock=clock)
        self._unsealed: dict[str, Known] = {}

    def get(self, username: str) -> Known | None:
        """Who signs in as ``username``; None when there is no such, or they were revoked."""
        entry = entry_of(self._entries, username)
        if entry is None:
            return None
        known = self._unsealed.get(entry.sealed)
        return known or self._unseal(entry)

    def _unseal(self, entry: Interviewer) -> Known | None:
        try:
            known = known_of(entry, self._keys)
        except KeysUnusable as error:
            _log.error("interviewer-unusable", error=str(error))
            return None
        self._unsealed[entry.sealed] = known
        return known

    def _read(self, path: Path) -> dict[str, Interviewer]:
        good = _FILE.read_good(path)
        return {username: entry for username, entry in good.items() if entry.campaign == self._campaign}


def _random_text(length: int) -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


def _context(*parts: str) -> bytes:
    return orjson.dumps(parts)


def _sealing_key(keys: CampaignKeys) -> bytes:
    return derived_key(keys, "interviewers/sealing")


def _unknown(username: str) -> NotFound:
    return NotFound(f"没有用户名为“{username}”的访问员。", code="unknown-interviewer")


_FILE = CredentialsFile[Interviewer](
    "访问员", "interviewers", lambda each: each.username, lambda entry: Interviewer(**entry), _unknown
)
