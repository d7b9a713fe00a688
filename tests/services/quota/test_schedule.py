"""The schedule counted back from the end, over working days."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.quota.schedule import schedule_of
from tests.suzhou import suzhou

CAMPAIGN = suzhou()
FIRST, LAST = date(2024, 5, 11), date(2024, 8, 9)  # the first and the last working day of the phase
DAYS = st.dates(date(2024, 5, 1), date(2024, 9, 10))


def test_the_last_working_day_asks_for_everything_and_each_day_before_for_a_share_less() -> None:
    schedule = schedule_of(CAMPAIGN, 1000, {}, FIRST)
    assert (schedule.days[0].day, schedule.days[-1].day, len(schedule.days)) == (FIRST, LAST, 65)
    assert schedule.days[-1].due == 1000
    steps = {
        later.due - earlier.due for earlier, later in zip(schedule.days, schedule.days[1:], strict=False)
    }
    assert steps == {15, 16}
    assert schedule.days[0].due == 16


def test_nothing_is_due_on_days_off() -> None:
    days = {day.day for day in schedule_of(CAMPAIGN, 1000, {}, FIRST).days}
    assert date(2024, 6, 10) not in days
    assert date(2024, 5, 11) in days
    assert date(2024, 5, 12) not in days


@pytest.mark.parametrize(
    ("today", "due", "days_left", "rate_needed"),
    [
        (date(2024, 5, 9), 0, 65, 900 / 65),
        (date(2024, 5, 11), 16, 64, 900 / 64),
        (date(2024, 5, 12), 16, 64, 900 / 64),  # a Sunday
        (date(2024, 8, 8), 985, 1, 900.0),
        (date(2024, 8, 9), 1000, 0, None),
        (date(2024, 8, 31), 1000, 0, None),
    ],
)
def test_what_is_due_and_the_rate_from_here_on(today, due, days_left, rate_needed) -> None:
    schedule = schedule_of(CAMPAIGN, 1000, {date(2024, 5, 1): 100}, today)
    assert (schedule.due, schedule.done, schedule.days_left) == (due, 100, days_left)
    assert schedule.rate_needed == rate_needed


def test_who_is_done_needs_nothing_more() -> None:
    schedule = schedule_of(CAMPAIGN, 500, {FIRST: 700}, LAST)
    assert (schedule.done, schedule.rate_needed) == (700, 0.0)


@given(st.dictionaries(DAYS, st.integers(0, 200)), DAYS, st.integers(1, 5000))
def test_it_never_asks_for_less_later_and_knows_only_what_was(done, today, target) -> None:
    schedule = schedule_of(CAMPAIGN, target, done, today)
    dues = [day.due for day in schedule.days]
    assert dues == sorted(dues)
    assert schedule.done == sum(count for day, count in done.items() if day <= today)
    for day in schedule.days:
        assert (day.done is None) == (day.day > today)
    if schedule.rate_needed:
        assert schedule.done + schedule.rate_needed * schedule.days_left == pytest.approx(target)
    tomorrow = schedule_of(CAMPAIGN, target, done, today + timedelta(days=1))
    assert tomorrow.due >= schedule.due
