"""What is read off the days observed: rhythm, scatter, drift and pace."""

from __future__ import annotations

import pytest

from services.quota.forecast.drift import DISCOUNTS, FIRST_DISCOUNT, LEAST_DRIFT, PRIOR_DRIFT, memory_of
from services.quota.forecast.noise import LEAST_DISPERSION, PRIOR_DISPERSION, dispersions_of
from services.quota.forecast.pace import PRIOR_SPREAD, paces_of
from services.quota.forecast.rhythm import DAY_OFF, factors_by_kind

WEEK = [0, 1, 2, 3, 4, DAY_OFF, DAY_OFF]


def memory(counts, *, dispersion=10.0):
    return memory_of([counts], [1.0] * len(counts), [1000], [dispersion])


def test_a_rhythm_is_found_while_the_campaign_grows():
    totals = [(40 + day) * (0.25 if kind == DAY_OFF else 1.0) for day, kind in enumerate(WEEK * 10)]
    factors = factors_by_kind(totals, WEEK * 10)
    assert factors[DAY_OFF] / factors[2] == pytest.approx(0.25, abs=0.05)
    assert factors[0] / factors[4] == pytest.approx(1, abs=0.05)


def test_few_days_leave_the_week_nearly_flat():
    factors = factors_by_kind([10, 10, 10, 10, 10, 0], WEEK[:6])
    assert 0.3 < factors[DAY_OFF] < 0.7


def test_days_without_scatter_have_the_least_dispersion_and_visits_of_groups_theirs():
    factors = [1.0] * 70
    assert dispersions_of([[10] * 70], factors) == [LEAST_DISPERSION]
    assert dispersions_of([[0, 0, 0, 0, 50] * 14], factors) == [pytest.approx(50 * 0.8, rel=0.25)]


def test_a_lines_own_scatter_is_drawn_towards_that_of_all():
    both = [[10] * 70, [0, 0, 0, 0, 50] * 14]
    even, visits = dispersions_of(both, [1.0] * 70)
    assert LEAST_DISPERSION < even < visits < dispersions_of(both[1:], [1.0] * 70)[0]


def test_growth_from_week_to_week_is_no_scatter():
    growing = [10 * (1 + day // 7) for day in range(70)]
    assert dispersions_of([growing], [1.0] * 70)[0] < 2


def test_without_days_to_compare_the_prior_holds():
    assert dispersions_of([[5]], [1.0]) == [PRIOR_DISPERSION]
    assert memory([5] * 13).discount == FIRST_DISCOUNT
    assert memory([5] * 13).drift == PRIOR_DRIFT


def test_a_campaign_that_changes_has_a_short_memory_and_one_that_scatters_a_long_one():
    changing = memory([20] * 28 + [60] * 35)
    scattering = memory([0, 0, 30, 0, 0, 0, 0, 60, 0, 0, 0, 0, 0, 0] * 6, dispersion=40.0)
    assert changing.discount == min(DISCOUNTS)
    assert scattering.discount == max(DISCOUNTS)
    assert changing.drift > scattering.drift


def test_a_pace_that_is_kept_drifts_little_but_never_not_at_all():
    assert LEAST_DRIFT <= memory([20] * 84).drift < PRIOR_DRIFT


def test_before_the_first_day_a_line_may_differ_from_the_campaign_and_that_from_its_plan():
    [pace] = paces_of([[]], [], [1000], planned_share=0.01)
    assert pace.level == pytest.approx(10)
    assert pace.level_variance == pytest.approx(2 * (PRIOR_SPREAD * 10) ** 2)
