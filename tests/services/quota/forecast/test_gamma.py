"""The gamma distribution by Wilson and Hilferty, beside exact values."""

from __future__ import annotations

import math

import pytest

from services.quota.forecast.gamma import LEAST_SHAPE, quantile, shape_of, z_of, z_of_at_least


@pytest.mark.parametrize(
    ("shape", "probability", "exact"),
    [  # of a gamma with scale 1: for shape 1 by logarithm, else half the chi-square's of tables
        (1.0, 0.1, -math.log(0.9)),
        (1.0, 0.9, -math.log(0.1)),
        (5.0, 0.1, 4.865 / 2),
        (5.0, 0.9, 15.987 / 2),
        (15.0, 0.1, 20.599 / 2),
        (15.0, 0.9, 40.256 / 2),
    ],
)
def test_quantiles_are_near_the_exact_ones(shape, probability, exact):
    assert quantile(shape, shape, z_of(probability)) == pytest.approx(exact, abs=0.03)


def test_the_chance_of_reaching_a_quantile_is_what_is_left_above_it():
    assert z_of_at_least(quantile(40, 3, 0.7), 40, 3) == pytest.approx(-0.7)


def test_a_spread_beyond_measure_is_bounded():
    assert shape_of(1, 1000) == LEAST_SHAPE
