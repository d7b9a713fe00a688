"""What lets the demo's clients of the channels in: made once for a folder, the same when the demo is run again.

Only the demo keeps such things in plain text.
"""

from __future__ import annotations

import secrets
from base64 import b64encode
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import orjson

from services.demo.channels.everybody import Credentials
from services.demo.channels.wechat import Account
from services.demo.scenario import WAYS
from services.intake.channels.wechat.crypto import KEY_BYTES, MessageCipher, signature_of
from shared.access import add_channel_key, add_interviewer
from shared.access.signing_keys import add_signing_key
from shared.privacy import KeyRing
from shared.real_time import system_clock
from shared.settings import Settings

CHANNELS = ("offline", "wechat", "app", "hotline")
INTERVIEWER = "演示访问员"


def unit_of(way: str) -> str:
    """The unit whose interviews travel so."""
    return next(unit for unit, each in WAYS.items() if each == way)


def wechat_environment(folder: Path, campaign: str) -> dict[str, str]:
    """The setting that makes the demo's official account known to intake."""
    return {"DAFANGTAN_INTAKE_WECHAT_ACCOUNTS": orjson.dumps({campaign: _wechat(folder)}).decode()}


def channel_keys(settings: Settings, folder: Path) -> dict[str, str]:
    """A key for each channel's frontend."""
    return _kept(
        folder / "channel-keys-plain.json",
        lambda: {
            channel: add_channel_key(settings.channel_keys_file, channel, now=system_clock())[0]
            for channel in CHANNELS
        },
    )


def credentials(
    settings: Settings, folder: Path, campaign: str, *, hotline: str, unit_admin: str
) -> Credentials:
    """For all of them."""
    made = _kept(folder / "clients-plain.json", lambda: _made(settings, campaign))
    wechat = _wechat(folder)
    cipher = MessageCipher(wechat["encoding_aes_key"], wechat["app_id"])
    return Credentials(
        collect=(made["username"], made["password"]),
        app=(made["key_id"], made["secret"]),
        wechat=Account(wechat["token"], cipher.encrypt, cipher.decrypt, signature_of),
        hotline=hotline,
        unit_admin=unit_admin,
    )


def _made(settings: Settings, campaign: str) -> dict[str, str]:
    keys, now = KeyRing.load(settings.keys_file).campaign(campaign), system_clock()
    password, interviewer = add_interviewer(
        settings.interviewers_file,
        keys,
        campaign=campaign,
        name=INTERVIEWER,
        unit=unit_of("openrosa"),
        now=now,
    )
    secret, key = add_signing_key(
        settings.signing_keys_file, keys, channel="app", campaign=campaign, webhook_url=None, now=now
    )
    return {
        "username": interviewer.username,
        "password": password,
        "key_id": key.id,
        "secret": secret,
    }


def _wechat(folder: Path) -> Mapping[str, str]:
    return _kept(
        folder / "wechat-plain.json",
        lambda: {
            "app_id": f"wx{secrets.token_hex(8)}",
            "token": secrets.token_hex(16),
            "encoding_aes_key": b64encode(secrets.token_bytes(KEY_BYTES)).decode().rstrip("="),
        },
    )


def _kept(path: Path, make: Callable[[], dict[str, str]]) -> dict[str, str]:
    """What ``path`` keeps; made first where there is no such file."""
    if path.exists():
        kept: dict[str, Any] = orjson.loads(path.read_bytes())
        return kept
    made = make()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_bytes(orjson.dumps(made))
    return made
