"""Statuses of past days: the same for the same counts, remembered as long as nothing up to them changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from random import Random

from services.quota.forecast.model import LineHistory
from services.quota.forecast.simulation import simulated
from services.quota.status.grounds import grounds_of
from services.quota.status.judging import moves_of
from services.quota.status.model import FIRST, FIRST_WEEK_DAYS, is_better
from services.quota.status.past import PastStatuses
from shared.events import QuotaStatus
from tests.suzhou import suzhou

SUZHOU = suzhou()
STARTS_ON, ENDS_ON = SUZHOU.interviewing.starts_on, SUZHOU.interviewing.ends_on
LINES = [*SUZHOU.quota_lines.values()][:4]


def histories(*paces: int, until: date = ENDS_ON) -> list[LineHistory]:
    """Lines that do so many interviews on every working day."""
    days = SUZHOU.calendar.working_days(STARTS_ON, until)
    return [
        LineHistory(line.id, line.target_count, dict.fromkeys(days, pace))
        for line, pace in zip(LINES, paces, strict=False)
    ]


def test_statuses_follow_the_lines_from_day_to_day() -> None:
    past, lines = PastStatuses(), histories(30, 16, 8, 2)
    early = past.on(SUZHOU, lines, STARTS_ON + timedelta(FIRST_WEEK_DAYS - 2), kind="")
    assert set(early.values()) == {FIRST}
    middle = past.on(SUZHOU, lines, date(2024, 6, 14), kind="")
    assert [*middle.values()] == [
        QuotaStatus.AHEAD,
        QuotaStatus.ON_TRACK,
        QuotaStatus.BEHIND,
        QuotaStatus.BEHIND,
    ]
    end = past.on(SUZHOU, lines, ENDS_ON, kind="")
    assert [*end.values()] == [QuotaStatus.DONE, QuotaStatus.DONE, QuotaStatus.MISSED, QuotaStatus.MISSED]


def test_nothing_is_judged_before_the_phase_and_nothing_after_the_campaign() -> None:
    lines = histories(30, 2)
    assert set(PastStatuses().on(SUZHOU, lines, STARTS_ON - timedelta(1), kind="").values()) == {FIRST}
    long_after = PastStatuses().on(SUZHOU, lines, date(2025, 1, 1), kind="")
    assert [*long_after.values()] == [QuotaStatus.DONE, QuotaStatus.MISSED]


def test_what_is_remembered_gives_what_is_judged_anew_and_knows_what_came_late() -> None:
    day, past, lines = STARTS_ON + timedelta(20), PastStatuses(), histories(16, 8)
    past.on(SUZHOU, lines, day, kind="")
    late = replace(lines[1], daily_counts={**lines[1].daily_counts, STARTS_ON + timedelta(12): 400})
    changed = [lines[0], late]
    for asked in (day, STARTS_ON + timedelta(13), day + timedelta(2)):
        anew = PastStatuses().on(SUZHOU, changed, asked, kind="")
        assert past.on(SUZHOU, changed, asked, kind="") == anew
    assert past.on(SUZHOU, lines, day, kind="") == PastStatuses().on(SUZHOU, lines, day, kind="")


def test_a_line_that_came_late_on_its_last_day_is_done_after_the_phase() -> None:
    line = replace(histories(15)[0], target_count=10_000)
    signed_later = replace(line, daily_counts={**line.daily_counts, ENDS_ON + timedelta(3): 10_000})
    past = PastStatuses()
    for days, status in ((0, QuotaStatus.MISSED), (3, QuotaStatus.DONE)):
        assert past.on(SUZHOU, [signed_later], ENDS_ON + timedelta(days), kind="")[line.quota_line] is status


def test_the_order_of_lines_does_not_matter() -> None:
    (campaign,) = simulated(1, seed=5)
    day = STARTS_ON + timedelta(40)
    lines = list(campaign.lines)
    first = {m.line.quota_line: m for m in moves_of(lines, {}, grounds_of(SUZHOU, lines, day, today=day))}
    Random(1).shuffle(lines)
    second = {m.line.quota_line: m for m in moves_of(lines, {}, grounds_of(SUZHOU, lines, day, today=day))}
    assert first == second
    assert len({move.judgement.status for move in first.values()}) > 1


def test_on_simulated_campaigns_a_line_turns_back_about_once() -> None:
    """With single thresholds it did more than four times."""
    turns, lines = 0, 0
    for campaign in simulated(2, seed=7):
        past, days = PastStatuses(), (ENDS_ON - STARTS_ON).days
        walked = [
            past.on(SUZHOU, campaign.lines, STARTS_ON + timedelta(n), kind=campaign.family)
            for n in range(days)
        ]
        for line in campaign.lines:
            statuses = [statuses[line.quota_line] for statuses in walked]
            turns += _turns(statuses)
            lines += 1
    assert turns / lines <= 1.5


def _turns(statuses: list[QuotaStatus]) -> int:
    """How often a change for the better follows one for the worse, or the other way round."""
    changes = [is_better(now, before) for before, now in pairwise(statuses) if now is not before]
    return sum(one is not other for one, other in pairwise(changes))
