"""The pages of the reference, generated from the code; ``docs/reference`` holds them and a test compares."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from prometheus_client.metrics import MetricWrapperBase

import services.intake.cases.parts
import services.intake.handling.model
import services.intake.obligations.points
import services.notify.model
import services.quota.obligations.model
import services.quota.status.model
import services.release.model
import shared.metrics
from services.cli.assembly import SERVICES, build_service
from services.cli.ground import build_platform
from services.cli.local import make_local_secrets
from services.cli.settings import ClientSettings, DemoSettings
from services.intake.settings import IntakeSettings
from services.notify.settings import NotifySettings
from services.quota.settings import QuotaSettings
from shared.events import REGISTRY as EVENTS
from shared.events import EventData
from shared.http import create_app
from shared.settings import DafangtanSettings, Settings

SETTINGS_CLASSES: tuple[type[DafangtanSettings], ...] = (
    Settings,
    IntakeSettings,
    QuotaSettings,
    NotifySettings,
    ClientSettings,
    DemoSettings,
)
GENERATED = "<!-- Generated from the code by `dafangtan reference`; a test compares. -->\n\n"


@dataclass(frozen=True, slots=True)
class Setting:
    """One environment variable; ``meaning`` is what an operator reads, ``description`` stands in the reference."""

    variable: str
    default: str
    meaning: str
    description: str


def all_settings() -> Iterator[Setting]:
    """Every setting of every service and command."""
    for settings_class in SETTINGS_CLASSES:
        own = settings_class.model_fields
        for name, field in own.items():
            default = "" if field.default is None else str(field.default)
            variable = f"DAFANGTAN_{name.upper()}"
            yield Setting(variable, default, field.title or "", field.description or "")


def pages() -> dict[str, str]:
    """File name to text."""
    return {
        "events.md": GENERATED + _events(),
        "http.md": GENERATED + _http(),
        "metrics.md": GENERATED + _metrics(),
        "settings.md": GENERATED + _settings(),
        "states.md": GENERATED + _states(),
    }


def _events() -> str:
    parts = [
        "# Events\n\nCloudEvents 1.0, Kafka binding, binary mode. "
        "The AsyncAPI document: `dafangtan events asyncapi`.\n"
    ]
    for name, model in sorted(EVENTS.items()):
        parts.append(f"\n## {name}\n\nTopic `{model.topic}`. {_one_line(model.__doc__)}\n\n{_fields(model)}")
    return "".join(parts)


def _fields(model: type[EventData]) -> str:
    rows = ["| field | type | required | meaning |\n| --- | --- | --- | --- |\n"]
    schema = model.model_json_schema()
    required = schema.get("required", [])
    for name, field in schema["properties"].items():
        need = "yes" if name in required else "no"
        rows.append(f"| `{name}` | {_type(field)} | {need} | {field.get('description', '')} |\n")
    return "".join(rows)


def _type(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        return str(schema["$ref"].rpartition("/")[2])
    if "anyOf" in schema:
        return " or ".join(_type(option) for option in schema["anyOf"])
    if schema.get("type") == "array":
        return f"list of {_type(schema['items'])}"
    if schema.get("type") == "object" and isinstance(schema.get("additionalProperties"), dict):
        return f"map to {_type(schema['additionalProperties'])}"
    return str(schema.get("type", "any"))


def _http() -> str:
    rows = [
        "# HTTP\n\nThe whole OpenAPI document is served at `/openapi.json`, a readable page at `/docs`.\n\n"
    ]
    rows.append("| method | path | what |\n| --- | --- | --- |\n")
    for path, operations in sorted(_openapi()["paths"].items()):
        for method, operation in sorted(operations.items()):
            rows.append(f"| {method.upper()} | `{path}` | {operation.get('summary', '')} |\n")
    return "".join(rows)


def settings_in(folder: Path) -> Settings:
    """Of the embedded engine, with everything in ``folder``; the environment tells the rest."""
    return Settings(
        log_url=f"sqlite:///{folder}/log.db",
        store_url=f"sqlite:///{folder}/store.db",
        keys_file=folder / "keys.json",
        channel_keys_file=folder / "channel-keys.json",
        signing_keys_file=folder / "signing-keys.json",
        interviewers_file=folder / "interviewers.json",
        issuer_file=folder / "issuer.json",
        oidc_keys_url=f"file:{folder}/issuer-public.json",
    )


def _openapi() -> dict[str, Any]:
    """Of every service, built over an empty folder and never connected: only the routes matter."""
    with TemporaryDirectory() as name:
        settings = settings_in(Path(name))
        make_local_secrets(settings)
        platform = build_platform(settings)
        app = create_app([build_service(name, platform) for name in SERVICES], platform, title="大访谈")
        return app.openapi()


def _metrics() -> str:
    rows = ["# Metrics\n\n| name | kind | labels | meaning |\n| --- | --- | --- | --- |\n"]
    for collector in vars(shared.metrics).values():
        if isinstance(collector, MetricWrapperBase):
            for metric in collector.describe():
                name = metric.name + _ENDINGS.get(metric.type, "")
                labels = ", ".join(f"`{label}`" for label in collector._labelnames)
                rows.append(f"| `{name}` | {metric.type} | {labels} | {metric.documentation} |\n")
    return "".join([*rows[:1], *sorted(rows[1:])])


_ENDINGS = {"counter": "_total"}
"""What Prometheus' clients put behind the name; a histogram has three endings, and is named without."""


def _settings() -> str:
    rows = ["# Settings\n\n| variable | default | meaning |\n| --- | --- | --- |\n"]
    for setting in all_settings():
        default = f"`{setting.default}`" if setting.default else "(empty)"
        rows.append(f"| `{setting.variable}` | {default} | {setting.description} |\n")
    return "".join(rows)


def _states() -> str:
    return (
        "# States\n\n## A use grant\n\n```mermaid\n"
        f"{services.release.model.state_diagram()}\n```\n\n"
        f"## A notice by mail\n\n```mermaid\n{services.notify.model.state_diagram()}\n```\n\n"
        "## A part of a case (form, notes, edited text)\n\n```mermaid\n"
        f"{services.intake.cases.parts.state_diagram()}\n```\n\n"
        "## What a submission raised\n\n```mermaid\n"
        f"{services.intake.handling.model.state_diagram()}\n```\n\n"
        "## The status of a quota line\n\nPer cent are the probability of having the target at the phase's end.\n\n"
        f"```mermaid\n{services.quota.status.model.state_diagram()}\n```\n\n"
        "## An interview point\n\n```mermaid\n"
        f"{services.intake.obligations.points.state_diagram()}\n```\n\n"
        f"## What a unit owes\n\n{services.quota.obligations.model.status_table()}\n"
    )


def _one_line(text: str | None) -> str:
    """A docstring as one line of Markdown."""
    return " ".join((text or "").split()).replace("``", "`")
