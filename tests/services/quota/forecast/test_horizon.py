"""Stretches of days."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.quota.forecast.horizon import horizon_of, horizons_of


@given(st.lists(st.floats(0.01, 2), min_size=1, max_size=30))
def test_squared_rests_are_the_squares_of_what_is_left_from_each_day_on(factors):
    rests = [sum(factors[first:]) for first in range(len(factors))]
    assert horizon_of(factors).squared_rests == pytest.approx(sum(rest**2 for rest in rests))
    assert [each.plain_days for each in horizons_of(factors)] == pytest.approx(
        [sum(factors[: last + 1]) for last in range(len(factors))]
    )
