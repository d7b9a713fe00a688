"""Which times can be meant: every one of them is a time in every time zone."""

from __future__ import annotations

from datetime import UTC, datetime

EARLIEST, LATEST = datetime(1900, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


def is_possible(moment: datetime) -> bool:
    """Whether ``moment`` (aware) is from ``EARLIEST`` on and before ``LATEST``."""
    # A year further inside no time zone matters; comparing the moments takes ten times as long.
    return EARLIEST.year < moment.year < LATEST.year - 1 or EARLIEST <= moment < LATEST
