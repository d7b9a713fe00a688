"""What every event's data model shares, and the registry of all of them."""

from __future__ import annotations

import uuid
from enum import StrEnum
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict

from shared.events.envelope import Event

EVENT_NAMESPACE = uuid.UUID("6f0c6f0e-7d7a-5c43-9a67-0d1f8a2b9c11")


class Topic(StrEnum):
    """The topics of the log; the settings may put a prefix before each."""

    SUBMISSIONS = "submissions"
    ACTIVITIES = "activities"
    OBLIGATIONS = "obligations"
    PROBLEMS = "problems"
    QUOTA = "quota"
    ACCESS = "access"
    NOTICES = "notices"


class EventData(BaseModel):
    """The data of one type of event: ``class X(EventData, type="dafangtan.….v1", topic=Topic.…)``."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    event_type: ClassVar[str]
    topic: ClassVar[Topic]

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        cls.event_type, cls.topic = kwargs.pop("type"), kwargs.pop("topic")
        super().__pydantic_init_subclass__(**kwargs)
        if cls.event_type in REGISTRY:
            raise ValueError(f"{cls.event_type} is registered twice")
        REGISTRY[cls.event_type] = cls

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Take the class keywords; pydantic hands them on to ``__pydantic_init_subclass__``."""
        super().__init_subclass__()


REGISTRY: dict[str, type[EventData]] = {}
"""The event types by name whose modules were imported: ``shared.events.registry`` imports them all."""


def derived_id(cause: str, *parts: str) -> str:
    """An event's id from what caused it, so that the same cause always gives the same id (UUIDv5).

    Other parts give another id, also where some contain a slash: it is escaped (as in RFC 6901, section 3).
    """
    escaped = (part.replace("~", "~0").replace("/", "~1") for part in (cause, *parts))
    return str(uuid.uuid5(EVENT_NAMESPACE, "/".join(escaped)))


def make_event(data: EventData, *, id: str, source: str, subject: str, time: str, key: str) -> Event:
    """Wrap ``data`` in its envelope. ``source`` is ``/dafangtan/<service>``; ``time`` RFC 3339 in UTC."""
    return Event(
        id=id,
        type=data.event_type,
        source=source,
        subject=subject,
        time=time,
        key=key,
        data=data.model_dump_json(exclude_none=True).encode(),
    )
