"""When things happen over the whole of a campaign."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime

import pytest

from services.demo.moments import WholeCampaign
from services.demo.scenario import Scenario, build_scenario
from services.demo.talks import called_at, posted_at
from shared.campaign import Campaign

PHASE = date(2024, 5, 11), date(2024, 8, 10)


@pytest.fixture(scope="module")
def whole(suzhou: Campaign) -> Scenario:
    return build_scenario(suzhou, seed=2024, scale=0.05, is_whole=True)


def test_it_is_as_large_as_the_one_half_way(whole: Scenario, suzhou: Campaign) -> None:
    half = build_scenario(suzhou, seed=2024, scale=0.05)
    assert (whole.expected_forms, whole.expected_withdrawn) == (half.expected_forms, half.expected_withdrawn)
    counts = Counter((step.action, step.expected_status) for step in whole.steps)
    assert all(counts[kind] for kind in (("submit", 409), ("sign_off", 200), ("amend", 200)))


def test_everything_lies_within_the_campaign_and_follow_ups_come_after(
    whole: Scenario, suzhou: Campaign
) -> None:
    told: dict[tuple[str, str], datetime] = {}
    for step in whole.steps:
        assert suzhou.starts_on <= step.at.astimezone(suzhou.timezone).date() <= suzhou.ends_on
        began = told.setdefault((step.channel, step.source_id), step.at)
        assert step.at >= began
        assert step.form is None or step.at >= datetime.fromisoformat(step.form["collected_at"])
    talks = whole.talks
    assert [posted_at(post) for post in talks.posts] == sorted(posted_at(post) for post in talks.posts)
    assert [called_at(call) for call in talks.calls] == sorted(called_at(call) for call in talks.calls)


def test_interviews_keep_to_their_phase_and_mostly_to_working_days(suzhou: Campaign) -> None:
    moments, unit = WholeCampaign(suzhou, 1), suzhou.unit("kunshan")
    held = [moments.interview(unit) for _ in range(3000)]
    assert PHASE[0] <= min(held).date() <= max(held).date() <= PHASE[1]
    assert {at.hour for at in held} == set(range(9, 18))
    free = sum(not suzhou.calendar.is_working(at.date()) for at in held)
    assert 0.02 < free / len(held) < 0.09


def test_units_differ_in_pace(suzhou: Campaign) -> None:
    moments = WholeCampaign(suzhou, 2024)
    middle = datetime(2024, 6, 25, tzinfo=suzhou.timezone)
    shares = [
        sum(moments.interview(unit) < middle for _ in range(400)) / 400 for unit in suzhou.units.values()
    ]
    assert min(shares) < 0.35
    assert max(shares) > 0.65


def test_the_same_seed_gives_the_same_moments_and_another_one_others(suzhou: Campaign) -> None:
    first, same, other = (build_scenario(suzhou, seed, 0.005, is_whole=True) for seed in (1, 1, 2))
    assert first == same
    assert [step.at for step in first.steps] != [step.at for step in other.steps]
