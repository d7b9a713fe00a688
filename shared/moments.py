"""Times that people tell, as far as they can mean any: every one of them is a time in every time zone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AwareDatetime, Field

EARLIEST, LATEST = datetime(1900, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)

Moment = Annotated[AwareDatetime, Field(ge=EARLIEST, lt=LATEST)]
"""A field of an input; near the ends of the calendar the same moment in UTC would be none."""


def is_possible(moment: datetime) -> bool:
    """Whether ``moment`` (aware) could be a ``Moment``."""
    # A year further inside no time zone matters; comparing the moments takes ten times as long.
    return EARLIEST.year < moment.year < LATEST.year - 1 or EARLIEST <= moment < LATEST
