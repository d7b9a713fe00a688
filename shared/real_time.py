"""The time that it really is, told apart from the campaign's by its type.

Who authenticates, signs, expires, claims or tries again must go by real time whatever the campaign's clock shows
(a replay's is fast and years behind). Such code takes a ``RealClock``: the campaign's clock doesn't type-check there.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import NewType

RealMoment = NewType("RealMoment", datetime)
"""A moment of real time: aware, in UTC."""

RealClock = Callable[[], RealMoment]
"""Gives the real time."""


def system_clock() -> RealMoment:
    """The machine's clock."""
    return RealMoment(datetime.now(UTC))
