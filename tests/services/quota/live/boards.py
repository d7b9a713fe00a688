"""Pictures of small boards for tests, and what a page makes of the events of the stream."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import orjson

from services.quota.live.ahead import look_ahead
from services.quota.live.picture import Counts, Picture, draw
from services.quota.status.past import Statuses
from services.quota.store import Sums
from shared.campaign import Campaign
from tests.suzhou import suzhou

SUZHOU = suzhou()
TODAY = date(2024, 6, 1)
BUREAUS = SUZHOU.quota_lines["bureaus"].units
"""Two and more units that share a line."""


def picture(
    sums: Sums,
    before: Picture | None = None,
    *,
    campaign: Campaign = SUZHOU,
    days: Mapping[str, Sums] | None = None,
    at: str = "t1",
    today: date = TODAY,
    statuses: Statuses | None = None,
) -> Picture:
    """The board of ``sums``, drawn over ``before``; its ``days`` are those of ``before`` where none are given."""
    is_known = before is not None and days is None and before.ahead.today == today
    ahead = before.ahead if before is not None and is_known else look_ahead(campaign, days or {}, today)
    revision = sum(count for buckets in sums.values() for count in buckets.values())
    return draw(campaign, Counts(sums, statuses or ahead.first_statuses, revision, today, at), ahead, before)


def with_common(*parts: str) -> Campaign:
    """Suzhou's campaign, where these are common."""
    return replace(SUZHOU, common=frozenset(parts))  # type: ignore[arg-type]


def told(event: bytes) -> tuple[str, str, Any]:
    """Name, id and data of a server-sent event."""
    fields = dict(line.split(": ", 1) for line in event.decode().strip().split("\n"))
    return fields["event"], fields["id"], orjson.loads(fields["data"])


_IDS = {"lines": "quota_line", "units": "unit"}


def merged(board: dict[str, Any], change: dict[str, Any]) -> dict[str, Any]:
    """``board`` after ``change``, as the documentation tells pages to do it."""
    after = {**board, **change}
    for name, id in _IDS.items():
        if name in change and name in board:
            known = {each[id]: each for each in board[name]}
            after[name] = list((known | {each[id]: each for each in change[name]}).values())
    return after
