"""What a request for a use grant must say."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from services.release.requests import check_use, latest_until, normal_use
from shared.errors import Invalid
from tests.suzhou import suzhou

CAMPAIGN = suzhou()
NOW = datetime(2024, 6, 1, 9, 0, tzinfo=CAMPAIGN.timezone)
PURPOSE = "分析青年职工的住房诉求，供起草访谈要点报告之用"


def problems_of(
    *,
    units: list[str] | None = None,
    variables: list[str] | None = None,
    purpose: str = PURPOSE,
    until: datetime = NOW + timedelta(days=30),
    now: datetime = NOW,
) -> dict[str, str]:
    use = normal_use(CAMPAIGN.id, units or ["zhangjiagang"], variables or ["*"], purpose, until)
    try:
        check_use(use, CAMPAIGN, now)
    except Invalid as invalid:
        return {problem.field: problem.message for problem in invalid.problems}
    return {}


def test_a_complete_request_passes() -> None:
    assert problems_of() == {}
    assert problems_of(units=["*"], variables=["age_band", "general.q01"]) == {}


def test_unknown_names_are_listed_with_what_is_allowed() -> None:
    found = problems_of(units=["zhangjiagang", "atlantis"], variables=["shoe_size", "sex", "iq"])
    assert "atlantis" in found["units"]
    assert "changshu" in found["units"]
    assert "iq、shoe_size" in found["variables"]
    assert "sex" not in found["variables"].split("；")[0]


def test_everything_is_not_asked_for_beside_names() -> None:
    assert "不能与其他名称并列" in problems_of(units=["*", "kunshan"])["units"]


@pytest.mark.parametrize(
    ("purpose", "is_fine"), [("用" * 9, False), ("用" * 10, True), ("用" * 500, True), ("用" * 501, False)]
)
def test_the_purpose_says_enough_and_not_too_much(purpose: str, is_fine: bool) -> None:
    assert ("purpose" not in problems_of(purpose=f"  {purpose} ")) == is_fine


def test_a_use_ends_in_the_future_and_within_a_year_of_the_campaign() -> None:
    latest = latest_until(CAMPAIGN, NOW)
    assert latest.isoformat() == "2025-09-01T00:00:00+08:00"
    assert "until" not in problems_of(until=latest)
    assert "2025-09-01" in problems_of(until=latest + timedelta(seconds=1))["until"]
    assert "晚于现在" in problems_of(until=NOW)["until"]


def test_long_after_the_campaign_a_year_counts_from_today() -> None:
    later = datetime(2026, 11, 21, 9, 0, tzinfo=CAMPAIGN.timezone)
    assert problems_of(now=later, until=later + timedelta(days=365)) == {}
    assert "until" in problems_of(now=later, until=later + timedelta(days=367))


def test_equal_wishes_make_equal_uses() -> None:
    one = normal_use("c", ["b", "a", "b"], ["x"], f" {PURPOSE}", NOW)
    other = normal_use("c", ["a", "b"], ["x"], PURPOSE, NOW)
    assert one == other
