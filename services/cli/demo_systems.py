"""The two systems that the demo can run: everything in one process, or one process for each service."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from services.cli.demo_clients import channel_keys, credentials, unit_of, wechat_environment
from services.cli.ground import load_campaigns
from services.cli.local import local_issuer, make_local_secrets
from services.cli.settings import ClientSettings, DemoSettings, own_environment
from services.demo.channels.everybody import Credentials
from services.demo.client import Urls
from services.demo.steps import Step
from services.demo.supervisor import Command
from shared.access import Role
from shared.replay_clock import REPLAY, SYSTEM
from shared.settings import Settings

CAMPAIGN = "suzhou-2024"
CONSUMER_COPIES = 2
TOKEN_LIFETIME_S = 12 * 3600
UNIT_OF_TOKENS = "zhangjiagang"
REPLAY_SUFFIX = "-replay"
"""Of the folder and the database: what a replay's clock filled is never opened by the real one."""


@dataclass(frozen=True)
class DemoSystem:
    """Processes to start, where they answer, and what opens them."""

    folder: Path
    settings: Settings
    commands: Sequence[Command]
    urls: Urls
    documentation: Mapping[str, str]
    tokens: Mapping[str, str]
    channel_keys: Mapping[str, str]
    credentials: Credentials
    team_leads: Mapping[str, str]

    @property
    def client_settings(self) -> ClientSettings:
        """For the commands that ask the services."""
        return ClientSettings(
            intake_url=self.urls.intake,
            quota_url=self.urls.quota,
            analytics_url=self.urls.analytics,
            release_url=self.urls.release,
        )

    @property
    def pace_file(self) -> Path:
        """What a replay's clock runs by."""
        return _pace_file(self.folder)

    def token_for(self, step: Step) -> str:
        """A team lead signs; everything else comes from its channel's frontend."""
        if step.action == "sign_off":
            return self.team_leads[step.unit]
        return self.channel_keys[step.channel]


def embedded_system(folder: Path, port: int, *, is_replay: bool = False) -> DemoSystem:
    """Every service in one process on ``port``, everything it keeps in ``folder``; a replay's beside it."""
    folder = folder.with_name(folder.name + REPLAY_SUFFIX) if is_replay else folder
    environment = _environment(folder, is_replay=is_replay) | {
        "DAFANGTAN_LOG_URL": f"sqlite:///{folder}/log.db",
        "DAFANGTAN_STORE_URL": f"sqlite:///{folder}/store.db",
    }
    url = f"http://127.0.0.1:{port}"
    command = Command("all", ["up", "--port", str(port)], own_environment() | environment)
    return _system(folder, environment, [command], Urls(url, url, url, url, url), {"全部服务": url})


def distributed_system(folder: Path, port: int, *, is_replay: bool = False) -> DemoSystem:
    """A process for each service, two for each consumer, on the local Kafka and MongoDB.

    A replay has topics and a database of its own.
    """
    suffix = REPLAY_SUFFIX if is_replay else ""
    folder = folder.with_name(folder.name + "-distributed" + suffix)
    servers = DemoSettings()
    store = urlsplit(servers.demo_store_url)
    environment = _environment(folder, is_replay=is_replay) | {
        "DAFANGTAN_LOG_URL": servers.demo_log_url,
        "DAFANGTAN_STORE_URL": urlunsplit(store._replace(path=store.path + suffix)),
        "DAFANGTAN_TOPIC_PREFIX": servers.demo_topic_prefix + ("replay." if is_replay else ""),
    }
    commands: list[Command] = []
    urls: dict[str, str] = {}
    for service, copies in {
        "intake": 1,
        "quota": CONSUMER_COPIES,
        "analytics": CONSUMER_COPIES,
        "notify": CONSUMER_COPIES,
        "release": 1,
    }.items():
        for copy in range(1, copies + 1):
            own_port = str(port + len(commands))
            commands.append(
                Command(
                    f"{service}-{copy}",
                    ["serve", service, "--port", own_port],
                    own_environment() | environment,
                )
            )
            urls.setdefault(service, f"http://127.0.0.1:{own_port}")
    asked = Urls(urls["intake"], urls["quota"], urls["analytics"], urls["release"], urls["notify"])
    return _system(folder, environment, commands, asked, urls)


def _environment(folder: Path, *, is_replay: bool) -> dict[str, str]:
    """The settings whose files lie in ``folder``."""
    return {
        "DAFANGTAN_CLOCK": f"{REPLAY}{_pace_file(folder)}" if is_replay else SYSTEM,
        "DAFANGTAN_KEYS_FILE": str(folder / "keys.json"),
        "DAFANGTAN_CHANNEL_KEYS_FILE": str(folder / "channel-keys.json"),
        "DAFANGTAN_INTERVIEWERS_FILE": str(folder / "interviewers.json"),
        "DAFANGTAN_ISSUER_FILE": str(folder / "issuer.json"),
        "DAFANGTAN_OIDC_KEYS_URL": f"file:{folder / 'issuer-public.json'}",
        "DAFANGTAN_SIGNING_KEYS_FILE": str(folder / "signing-keys.json"),
        "DAFANGTAN_INTAKE_SPOOL_DIR": str(folder / "spool"),
        "DAFANGTAN_INTAKE_ATTACHMENTS_DIR": str(folder / "attachments"),
        "DAFANGTAN_INTAKE_IMPORTS_DIR": str(folder / "imports"),
        **wechat_environment(folder, CAMPAIGN),
    }


def _system(
    folder: Path,
    environment: Mapping[str, str],
    commands: Sequence[Command],
    urls: Urls,
    documentation: Mapping[str, str],
) -> DemoSystem:
    folder.mkdir(parents=True, exist_ok=True)
    names = {name.removeprefix("DAFANGTAN_").lower(): value for name, value in environment.items()}
    settings = Settings.model_validate(names)
    make_local_secrets(settings)
    issuer = local_issuer(settings)

    keys = channel_keys(settings, folder)

    def token(role: Role, subject: str, unit: str) -> str:
        return issuer.issue(subject, [role], unit=unit, lifetime_s=TOKEN_LIFETIME_S)

    return DemoSystem(
        folder=folder,
        settings=settings,
        commands=commands,
        urls=urls,
        documentation=documentation,
        tokens={str(role): token(role, f"demo-{role}", UNIT_OF_TOKENS) for role in Role},
        channel_keys=keys,
        credentials=credentials(
            settings,
            folder,
            CAMPAIGN,
            hotline=keys["hotline"],
            unit_admin=token(Role.UNIT_ADMIN, "demo-workbooks", unit_of("excel")),
        ),
        team_leads={unit: token(Role.TEAM_LEAD, f"demo-lead-{unit}", unit) for unit in _units(settings)},
    )


def _pace_file(folder: Path) -> Path:
    return folder / "clock.json"


def _units(settings: Settings) -> list[str]:
    return [unit for campaign in load_campaigns(settings).values() for unit in campaign.units]
