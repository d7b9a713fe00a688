"""Forecasts of quota lines: what holds for all input, and the edges."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.quota.forecast.model import Forecast, LineHistory, Work, forecast
from tests.services.quota.forecast.lines import MONDAY, day, forecasts, is_weekday, line, only

COUNTS = st.lists(st.integers(0, 60), max_size=40)
CAMPAIGNS = st.lists(st.tuples(COUNTS, st.integers(1, 2000)), min_size=1, max_size=4).map(
    lambda lines: [line(counts, id=f"line-{n}", target=target) for n, (counts, target) in enumerate(lines)]
)


def numbers(its: Forecast) -> tuple[float, ...]:
    return its.final_low, its.final_expected, its.final_high, its.reaches_target_probability


def order_of_finishes(its: Forecast) -> list[date]:
    return [day or date.max for day in (its.finishes_earliest, its.finishes_expected, its.finishes_latest)]


@given(CAMPAIGNS, st.integers(0, 45), st.integers(1, 60))
@settings(max_examples=60, deadline=None)
def test_intervals_are_ordered_and_agree_with_each_other(lines, observed, days):
    for its in forecasts(lines, observed=observed, days=days).values():
        assert its.count_so_far <= its.final_low <= its.final_expected <= its.final_high
        assert 0 <= its.reaches_target_probability <= 1
        assert order_of_finishes(its) == sorted(order_of_finishes(its))
        assert (its.finishes_earliest is not None) == (its.reaches_target_probability >= 0.1)
        assert (its.finishes_latest is not None) == (its.reaches_target_probability >= 0.9)


@given(CAMPAIGNS, st.integers(0, 40), st.integers(1, 50), st.integers(1, 20))
@settings(max_examples=60, deadline=None)
def test_more_days_to_come_never_lower_what_is_expected(lines, observed, days, more):
    shorter = forecasts(lines, observed=observed, days=days)
    longer = forecasts(lines, observed=observed, days=days + more)
    for id, its in shorter.items():
        assert longer[id].final_expected >= its.final_expected - 1e-6


@given(CAMPAIGNS, st.integers(0, 40), st.integers(1, 50), st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_the_order_of_lines_does_not_matter(lines, observed, days, random):
    shuffled = random.sample(lines, len(lines))
    forecast_of = forecasts(lines, observed=observed, days=days)
    assert forecasts(shuffled, observed=observed, days=days) == forecast_of
    assert list(forecast_of) == [line.quota_line for line in lines]


@given(st.lists(st.integers(5, 40), min_size=14, max_size=40), st.integers(50, 90))
@settings(max_examples=40, deadline=None)
def test_ten_times_the_interviews_for_ten_times_the_target_is_the_same_tenfold(counts, days):
    small = only(counts, days=days)
    large = only([10 * count for count in counts], days=days, target=10_000)
    assert large.final_expected == pytest.approx(10 * small.final_expected, rel=0.05)
    assert large.final_low == pytest.approx(10 * small.final_low, rel=0.1)
    assert large.final_high == pytest.approx(10 * small.final_high, rel=0.1)


@given(CAMPAIGNS, st.integers(1, 40), st.integers(1, 60))
@settings(max_examples=40, deadline=None)
def test_who_has_the_target_has_the_day_on_which_it_was_reached(lines, observed, days):
    for owing in lines:
        its = forecasts(lines, observed=observed, days=days)[owing.quota_line]
        total = 0
        for when, count in owing.daily_counts.items():
            total += count
            if when < day(observed) and total >= owing.target_count:
                assert its.finishes_earliest == its.finishes_expected == its.finishes_latest == when
                assert its.reaches_target_probability == 1
                break
        else:
            assert its.finishes_earliest is None or its.finishes_earliest >= day(observed)


def test_later_entries_are_left_out():
    counts = [10] * 20
    known = forecasts([line(counts)], observed=20, days=60)
    assert forecasts([line([*counts, 500, 500])], observed=20, days=60) == known


def test_before_the_first_day_the_plan_is_expected_with_little_certainty():
    its = forecasts([line([], target=1000)], observed=0, days=60)["a"]
    assert its.count_so_far == 0
    assert its.final_expected == pytest.approx(1000)
    assert its.final_low < 600
    assert its.final_high > 1400


def test_days_before_the_work_begins_are_not_worked():
    lines = [line([], target=1000)]
    assert forecasts(lines, observed=-20, days=60) == forecasts(lines, observed=0, days=60)


def test_the_finishing_date_lies_where_the_pace_leads_between_its_ends():
    its = only(([20] * 5 + [0, 0]) * 6, days=100, target=790)
    assert its.finishes_expected == day(7 * 8 - 3), "the Friday of the eighth week"
    assert its.finishes_earliest < its.finishes_expected < its.finishes_latest


def test_with_nothing_but_zeros_little_is_expected():
    its = only([0] * 30, days=60)
    assert its.final_low == its.count_so_far == 0
    assert its.final_expected < 50
    assert its.reaches_target_probability < 0.01
    assert its.finishes_earliest is None


def test_one_day_says_something_already():
    assert (
        only([40], days=60).final_expected
        > only([20], days=60).final_expected
        > only([5], days=60).final_expected
    )


def test_when_the_work_is_over_the_count_is_certain():
    for observed in (20, 25):
        its = forecasts([line([10] * 20)], observed=observed, days=20)["a"]
        assert numbers(its) == (200, 200, 200, 0)
        assert order_of_finishes(its) == [date.max] * 3


def test_what_came_before_the_work_began_counts():
    early = LineHistory("a", 1000, {day(-3): 70, day(0): 10})
    assert forecast([early], Work(MONDAY, day(0), is_weekday), day(0))["a"].count_so_far == 80


def test_a_line_goes_on_after_its_target():
    its = only([50] * 28, days=56, target=1000)
    assert its.finishes_latest == day(19)
    assert its.final_low > 2000


def test_huge_counts_are_no_trouble():
    its = only([10**12] * 28, days=56, target=10**15)
    assert its.final_expected == pytest.approx(56 * 10**12, rel=0.01)


def test_more_taken_back_than_came_is_no_negative_pace():
    its = only([10, -4, 10, -10, 10], days=20)
    assert its.count_so_far == 16
    assert its.final_low >= 16


def test_days_off_are_learned():
    week = [20] * 5 + [0, 0]
    friday = only(week * 4 + [20] * 5, days=35)
    assert friday.final_expected == pytest.approx(friday.count_so_far, abs=10)


def test_a_line_of_few_days_is_drawn_towards_the_others():
    others = [line([20] * 3, id=f"other-{n}") for n in range(8)]
    alone = only([0] * 3, days=60)
    among = forecasts([line([0] * 3), *others], observed=3, days=60)["a"]
    assert among.final_expected > alone.final_expected


def test_visits_of_groups_widen_the_interval():
    smooth, bursty = only([10] * 35, days=70), only([0, 0, 0, 50, 0] * 7, days=70)
    assert bursty.final_high - bursty.final_low > smooth.final_high - smooth.final_low


def test_no_lines_have_no_forecasts():
    assert forecasts([], observed=3, days=10) == {}


def test_a_line_that_comes_twice_is_refused():
    with pytest.raises(ValueError, match="twice"):
        forecasts([line([1]), line([2])], observed=1, days=10)


def test_a_target_of_nothing_is_refused():
    with pytest.raises(ValueError, match="1 or more"):
        line([1], target=0)


def test_the_calendar_is_asked_for_days_of_the_work_alone():
    asked = set()

    def is_working(day: date) -> bool:
        asked.add(day)
        return True

    forecast([line([1] * 5)], Work(day(0), day(9), is_working), day(4))
    assert asked == {day(n) for n in range(10)}
