"""Every service in one app, as ``dafangtan up`` runs them, and people to ask it."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from services.cli.assembly import SERVICES, build_app
from services.cli.local import local_issuer, make_local_secrets
from services.cli.references import settings_in
from shared.access import Role, add_channel_key, add_interviewer
from shared.access.signing_keys import add_signing_key
from shared.http import App
from shared.platform import Platform, system_clock
from shared.privacy import KeyRing
from shared.settings import Settings
from tests.services.intake.app_board.backend import Backend
from tests.services.intake.wechat import followers
from tests.services.openapi.good import CAMPAIGN, JSON
from tests.services.running import WITHIN_S

URL = "https://service"
NOWHERE = "http://127.0.0.1:9"


@dataclass
class Whole:
    """The system.

    ``tokens`` are those of people and channels, ``collect`` an interviewer's password as Basic has it, ``signing`` id
    and secret of the app's key.
    """

    app: App
    platform: Platform
    client: httpx.AsyncClient
    tokens: Mapping[str, str]
    collect: str
    signing: tuple[str, str]

    @property
    def backend(self) -> Backend:
        """The app's."""
        return Backend(self, *self.signing)

    async def make(self, who: str, path: str, content: Any = None, **headers: str) -> dict[str, Any]:
        """Post what is right, and say what was answered."""
        is_file = isinstance(content, bytes)
        media_type = "application/octet-stream" if is_file else JSON
        content = content if is_file else orjson.dumps(content)
        given = {"content-type": media_type, "authorization": f"Bearer {self.tokens[who]}"}
        headers = given | {name.replace("_", "-"): value for name, value in headers.items()}
        answer = await self.client.post(path, content=content, headers=headers)
        assert answer.is_success, answer.text
        return {"location": answer.headers.get("location")} | (answer.json() if answer.content else {})


@asynccontextmanager
async def whole_system(folder: Path, environment: pytest.MonkeyPatch) -> AsyncIterator[Whole]:
    """The system over files in ``folder``; at its end nothing of it may have crashed."""
    settings = _settings(folder, environment)
    make_local_secrets(settings)
    tokens, collect, signing = _tokens(settings), _collect(settings), _signing(settings)
    app = build_app(SERVICES, settings)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=URL) as client,
    ):
        await asyncio.wait_for(app.state.lifecycle.started.wait(), WITHIN_S)
        yield Whole(app, app.state.platform, client, tokens, collect, signing)
    assert app.state.lifecycle.crash is None, app.state.lifecycle.crash


def _settings(folder: Path, environment: pytest.MonkeyPatch) -> Settings:
    for name in ("SPOOL", "ATTACHMENTS", "IMPORTS"):
        environment.setenv(f"DAFANGTAN_INTAKE_{name}_DIR", str(folder / name.lower()))
    environment.setenv("DAFANGTAN_INTAKE_WECHAT_ACCOUNTS", followers.setting(encoding_aes_key=None))
    environment.setenv("DAFANGTAN_INTAKE_WECHAT_API_URL", NOWHERE)
    environment.setenv("DAFANGTAN_INTAKE_WECHAT_FRESH_S", "0")
    environment.setenv("DAFANGTAN_INTAKE_PUBLIC_URL", URL)
    return settings_in(folder)


def _tokens(settings: Settings) -> Mapping[str, str]:
    """``boss`` may whatever a person may; ``ann`` asks for data; ``stranger`` works for another unit."""
    issuer = local_issuer(settings)
    people = {
        "boss": issuer.issue("boss", list(Role), unit="zhangjiagang"),
        "ann": issuer.issue("ann", [Role.ANALYST]),
        "lead": issuer.issue("lead", [Role.TEAM_LEAD], unit="zhangjiagang"),
        "stranger": issuer.issue("stranger", [Role.UNIT_ADMIN, Role.INTERVIEWER], unit="kunshan"),
    }
    channels = {
        channel: add_channel_key(settings.channel_keys_file, channel, now=system_clock())[0]
        for channel in ("offline", "wechat", "app", "hotline")
    }
    return people | channels


def _collect(settings: Settings) -> str:
    keys = KeyRing.load(settings.keys_file).campaign(CAMPAIGN)
    password, made = add_interviewer(
        settings.interviewers_file,
        keys,
        campaign=CAMPAIGN,
        name="陆建国",
        unit="zhangjiagang",
        now=system_clock(),
    )
    return b64encode(f"{made.username}:{password}".encode()).decode()


def _signing(settings: Settings) -> tuple[str, str]:
    keys = KeyRing.load(settings.keys_file).campaign(CAMPAIGN)
    secret, key = add_signing_key(
        settings.signing_keys_file,
        keys,
        channel="app",
        campaign=CAMPAIGN,
        webhook_url=None,
        now=system_clock(),
    )
    return key.id, secret
