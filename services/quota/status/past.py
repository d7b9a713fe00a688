"""Statuses of past days, judged again day by day from what is known of them now. Pure, with a memory."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import accumulate

from services.quota.forecast.model import LineHistory
from services.quota.status.grounds import grounds_of
from services.quota.status.model import FIRST, TRANSITIONS
from shared.campaign import Campaign
from shared.campaign.calendar import days_between
from shared.events import QuotaStatus

Statuses = Mapping[str, QuotaStatus]
"""By quota line."""


@dataclass(frozen=True, slots=True)
class _Day:
    """A day: what each line had done by its end, in the order of the lines, and its status then."""

    totals: tuple[int, ...]
    statuses: Statuses


class PastStatuses:
    """Judges each day of a campaign, from the first one of its interviewing phase on, by that day's end.

    The same counts always give the same statuses. Days are remembered as long as nothing up to them changes, so
    that what comes in today costs nothing for the days before. To be asked by one thread at a time.
    """

    def __init__(self) -> None:
        self._known: dict[Hashable, Sequence[_Day]] = {}

    def on(
        self, campaign: Campaign, histories: Sequence[LineHistory], day: date, *, kind: Hashable
    ) -> Statuses:
        """The status of every line at the end of ``day``; the first one before the interviewing phase.

        Histories of different kinds are remembered apart.
        """
        days = days_between(campaign.interviewing.starts_on, min(day, campaign.ends_on))
        totals = _totals(histories, days)
        known = self._known.get((campaign.id, kind), ())
        judged = list(known[: _same_count(known, totals)])
        statuses = judged[-1].statuses if judged else {line.quota_line: FIRST for line in histories}
        if len(judged) == len(days):
            return statuses
        for place in range(len(judged), len(days)):
            statuses = _following(statuses, campaign, histories, days[place])
            judged.append(_Day(totals[place], statuses))
        self._known[campaign.id, kind] = judged
        return statuses


def first_judged(campaign: Campaign, histories: Sequence[LineHistory], day: date) -> Statuses:
    """The status of every line when ``day`` is the first one that is judged."""
    first = {line.quota_line: FIRST for line in histories}
    if day < campaign.interviewing.starts_on:
        return first
    return _following(first, campaign, histories, day)


def _totals(histories: Sequence[LineHistory], days: Sequence[date]) -> list[tuple[int, ...]]:
    """What each line had by the end of each day."""
    if not days:
        return []
    of_lines = []
    for line in histories:
        before = sum(n for day, n in line.daily_counts.items() if day < days[0])
        totals = accumulate((line.daily_counts.get(day, 0) for day in days), initial=before)
        of_lines.append([*totals][1:])
    return [*zip(*of_lines, strict=True)]


def _same_count(known: Sequence[_Day], totals: Sequence[tuple[int, ...]]) -> int:
    """How many days, from the first on, are known with these totals."""
    pairs = zip(known, totals, strict=False)
    changed = (place for place, (day, now) in enumerate(pairs) if day.totals != now)
    return next(changed, min(len(known), len(totals)))


def _following(before: Statuses, campaign: Campaign, histories: Sequence[LineHistory], day: date) -> Statuses:
    grounds = grounds_of(campaign, histories, day, today=day)
    return {id: TRANSITIONS[before[id], its.evidence] for id, its in grounds.items()}
