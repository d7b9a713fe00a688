"""The intervals hold as often as they promise, and how that is measured."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from services.quota.forecast.coverage import Score, measure, score_of
from services.quota.forecast.families import FAMILIES
from services.quota.forecast.replaying import STAGES, Case, is_finish_held
from services.quota.forecast.simulation import TARGETS, simulated
from tests.services.quota.forecast.lines import day, only


def case(final: int, *, low: int, high: int, guess: float) -> Case:
    its = replace(only([10] * 7, days=14), final_low=low, final_high=high)
    return Case("平稳", STAGES[0], final, its, guess, is_finish_held=None)


def test_simulated_campaigns_are_held_about_as_often_as_promised():
    measured = measure(simulated(14, seed=77))
    assert set(measured.by_family) == set(FAMILIES)
    assert list(measured.by_stage) == list(STAGES)
    assert 0.7 <= measured.total.held_share <= 0.9
    assert measured.total.width_ratio < 1.05
    assert all(score.held_share >= 0.4 for score in measured.by_family.values())


def test_the_same_seed_gives_the_same_campaigns():
    once, again, other = (
        [[line.daily_counts for line in each.lines] for each in simulated(2, seed)] for seed in (5, 5, 6)
    )
    assert once == again != other


def test_a_simulated_campaign_has_the_quotas_of_suzhou():
    assert len(TARGETS) == 14
    assert sum(TARGETS.values()) == 12_000


def test_a_guess_is_widened_until_it_holds_as_many():
    score = score_of(
        [
            case(100, low=90, high=110, guess=80),
            case(200, low=190, high=210, guess=190),
            case(300, low=0, high=10, guess=330),
        ]
    )
    assert score.held_share == pytest.approx(2 / 3)
    assert score.guess_band == pytest.approx(30 / 330)
    assert score.mean_width == pytest.approx(50 / 3)
    assert score.mean_guess_width == pytest.approx(2 * (30 / 330) * 200)
    assert score.finish_held_share is None


def test_a_guess_of_nothing_holds_nothing_else():
    assert case(1, low=0, high=2, guess=0).guess_error == math.inf
    assert case(0, low=0, high=2, guess=0).guess_error == 0


@pytest.mark.parametrize(
    ("held_share", "mean_width", "is_enough"),
    [(0.75, 99, True), (0.85, 99, True), (0.74, 99, False), (0.86, 99, False), (0.8, 100, False)],
)
def test_enough_is_the_promised_share_and_a_narrower_interval(held_share, mean_width, is_enough):
    assert Score(10, held_share, mean_width, 0.1, 100, None).is_enough is is_enough


def test_a_finishing_date_is_held_between_its_ends():
    its = replace(only([10] * 7, days=30, target=100), finishes_earliest=day(9), finishes_latest=day(12))
    assert [is_finish_held(its, day(n)) for n in (8, 9, 12, 13)] == [False, True, True, False]
    assert is_finish_held(its, None) is False
    assert is_finish_held(replace(its, finishes_latest=None), None) is True
    assert is_finish_held(replace(its, finishes_latest=None, finishes_earliest=None), day(20)) is False
    assert is_finish_held(replace(its, count_so_far=100), day(3)) is None
