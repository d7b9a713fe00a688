"""Points that have gone quiet."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.quota.advice.quiet import QuietPoint, quiet_points
from tests.suzhou import suzhou

CALENDAR = suzhou().calendar
START, FRIDAY = date(2024, 5, 11), date(2024, 5, 31)


def test_a_point_is_quiet_after_a_working_week_without_an_interview() -> None:
    counts = {
        "busy": {date(2024, 5, 13): 2, date(2024, 5, 27): 1},
        "quiet": {date(2024, 5, 13): 2, date(2024, 5, 24): 1},
    }
    found = quiet_points(counts, dict.fromkeys(counts, START), CALENDAR, FRIDAY)
    assert found == [QuietPoint("quiet", date(2024, 5, 24), 5, 3)]


def test_holidays_are_no_quiet_days_and_working_weekends_are() -> None:
    last = {"a": {date(2024, 6, 4): 1}, "b": {date(2024, 5, 10): 1}}
    (over_the_festival,) = quiet_points(
        {"a": last["a"]}, {"a": START}, CALENDAR, date(2024, 6, 12), after_working_days=1
    )
    assert over_the_festival.quiet_days == 5  # 5, 6, 7, 11 and 12 June; the 10th is a holiday
    (saturday,) = quiet_points(
        {"b": last["b"]}, {"b": START}, CALENDAR, date(2024, 5, 11), after_working_days=1
    )
    assert saturday.quiet_days == 1


def test_a_point_that_never_had_any_is_quiet_since_it_was_set_up() -> None:
    set_up_on = {"old": date(2024, 5, 20), "new": date(2024, 5, 30), "planned": date(2024, 6, 3)}
    assert quiet_points({}, set_up_on, CALENDAR, FRIDAY) == [QuietPoint("old", None, 10, 0)]


def test_what_was_taken_back_and_what_comes_later_is_no_sign_of_life() -> None:
    counts = {"p": {date(2024, 5, 20): 0, date(2024, 5, 21): -1, date(2024, 6, 3): 4}}
    assert quiet_points(counts, {"p": START}, CALENDAR, FRIDAY) == [QuietPoint("p", None, 16, 0)]


def test_the_longest_quiet_comes_first_and_others_by_name() -> None:
    counts = {"c": {date(2024, 5, 20): 1}, "b": {date(2024, 5, 14): 1}, "a": {date(2024, 5, 20): 9}}
    found = quiet_points(counts, dict.fromkeys(counts, START), CALENDAR, FRIDAY)
    assert [point.point for point in found] == ["b", "a", "c"]


@pytest.mark.parametrize("day", [date(2023, 12, 31), date(2025, 1, 1)])
def test_days_that_the_calendar_does_not_cover_are_refused(day: date) -> None:
    with pytest.raises(ValueError, match="工作日历只覆盖"):
        quiet_points({}, {"p": min(day, START)}, CALENDAR, day)


@given(st.dictionaries(st.dates(START, FRIDAY), st.integers(1, 5)), st.dates(START, FRIDAY))
def test_one_more_interview_never_makes_a_point_quieter(counts: dict[date, int], more: date) -> None:
    def quiet_days(its: dict[date, int]) -> int:
        return sum(
            p.quiet_days
            for p in quiet_points({"p": its}, {"p": START}, CALENDAR, FRIDAY, after_working_days=0)
        )

    assert quiet_days({**counts, more: counts.get(more, 0) + 1}) <= quiet_days(counts)
