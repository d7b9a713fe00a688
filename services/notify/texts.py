"""From an event to the words that people read: the campaign's templates, with names in place of ids."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from shared.campaign import NOTICE_EVENTS, Campaign
from shared.errors import RejectEvent
from shared.events import QUOTA_STATUS_NAMES, EventData

KIND_OF_EVENT: Mapping[type[EventData], str] = {event: kind for kind, event in NOTICE_EVENTS.items()}
EVERYTHING = "*"
TIME_FIELDS = frozenset(
    {"until", "reached_at", "changed_at", "requested_at", "granted_at", "refused_at", "revoked_at"}
)
STATUS_FIELDS = frozenset({"status", "status_before"})

# Plain text, not HTML: nothing is escaped. Values are data and never templates.
_environment = ImmutableSandboxedEnvironment(
    autoescape=False, undefined=StrictUndefined, keep_trailing_newline=True
)


@dataclass(frozen=True, slots=True)
class Text:
    """A notice as it is read; ``subject`` is one line."""

    subject: str
    body: str


def text_of(data: EventData, campaign: Campaign) -> Text:
    """The words for ``data``, of which ``audience_of`` knows the names.

    Raises RejectEvent when the template fails, saying how.
    """
    kind = KIND_OF_EVENT[type(data)]
    template = campaign.notices.templates[kind]
    words = readable(data, campaign)
    return Text(
        subject=" ".join(_rendered(template.subject, words, f"{kind}.subject").split()),
        body=_rendered(template.body, words, f"{kind}.body"),
    )


def readable(data: EventData, campaign: Campaign) -> dict[str, Any]:
    """The event's fields and ``office``, for people: names, and times in the campaign's timezone."""
    words = {**data.model_dump(), "campaign": campaign.name, "office": campaign.office.name}
    if "quota_line" in words:
        words["quota_line"] = campaign.quota_lines[words["quota_line"]].name
    if "units" in words:
        names = {id: unit.name for id, unit in campaign.units.items()}
        words["units"] = _listed(words["units"], names, "全部责任单位")
    if "variables" in words:
        titles = {name: variable.title for name, variable in campaign.variables().items()}
        words["variables"] = _listed(words["variables"], titles, "全部变量")
    for field in STATUS_FIELDS & words.keys():
        words[field] = QUOTA_STATUS_NAMES[words[field]]
    for field in TIME_FIELDS & words.keys():
        words[field] = _local_time(field, words[field], campaign.timezone)
    return words


def _rendered(template: str, words: Mapping[str, Any], place: str) -> str:
    try:
        return _environment.from_string(template).render(words)
    except (TemplateError, TypeError, ValueError, ArithmeticError) as error:
        raise RejectEvent(f"template {place}: {error}") from error


def _listed(ids: Sequence[str], names: Mapping[str, str], everything: str) -> str:
    """What the definition no longer has goes by its id."""
    return everything if EVERYTHING in ids else "、".join(names.get(id, id) for id in ids)


def _local_time(field: str, text: str, timezone: ZoneInfo) -> str:
    try:
        local = datetime.fromisoformat(text).astimezone(timezone)
    except ValueError as error:
        raise RejectEvent(f"{field}: {error}") from error
    return f"{local.year}年{local.month}月{local.day}日 {local:%H:%M}"
