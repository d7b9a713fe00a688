"""The working calendar: which days are worked, and what is wrong with a calendar."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from shared.campaign import Campaign, check, load_campaign
from shared.campaign.calendar import days_between


@pytest.mark.parametrize(
    ("day", "is_working"),
    [
        (date(2024, 5, 10), True),  # a Friday
        (date(2024, 5, 11), True),  # a Saturday that makes up for Labour Day
        (date(2024, 5, 12), False),
        (date(2024, 6, 7), True),
        (date(2024, 6, 10), False),  # the Dragon Boat Festival, a Monday
        (date(2024, 6, 11), True),
        (date(2024, 8, 10), False),
    ],
)
def test_days_are_worked_as_the_state_council_says(suzhou: Campaign, day: date, is_working: bool) -> None:
    assert suzhou.calendar.is_working(day) is is_working


def test_the_year_has_as_many_working_days_as_was_announced(suzhou: Campaign) -> None:
    calendar = suzhou.calendar
    assert len(calendar.working_days(date(2024, 1, 1), date(2024, 12, 31))) == 251
    assert len(calendar.working_days(suzhou.interviewing.starts_on, suzhou.interviewing.ends_on)) == 65
    assert set(calendar.holidays.values()) == {
        "元旦",
        "春节",
        "清明节",
        "劳动节",
        "端午节",
        "中秋节",
        "国庆节",
    }


def test_a_day_outside_of_the_calendar_is_told(suzhou: Campaign) -> None:
    with pytest.raises(ValueError, match="只覆盖 2024-01-01 至 2024-12-31，不知道 2025-01-01"):
        suzhou.calendar.is_working(date(2025, 1, 1))


def test_no_day_lies_between_days_the_wrong_way_round() -> None:
    assert days_between(date(2024, 5, 2), date(2024, 5, 1)) == ()


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        ("- 2024-05-11", "- 2024-05-10", "2024-05-10 不是周六或周日"),
        ("- 2024-05-11", "- 2024-05-04", "2024-05-04 同时列为放假和上班"),
        ("- 2024-05-11", "- 2024-04-28", "2024-04-28 列了两次"),
        ("from: 2024-06-10, to: 2024-06-10", "from: 2024-06-10, to: 2024-06-09", "“端午节”的结束日期早于"),
        (
            "from: 2024-06-10, to: 2024-06-10",
            "from: 2025-06-10, to: 2025-06-10",
            "“端午节”不在日历覆盖的期间",
        ),
        ("to: 2024-12-31}", "to: 2024-08-30}", "工作日历没有覆盖整个活动期间"),
        ("to: 2024-12-31}", "to: 2023-12-31}", "结束日期早于开始日期"),
        ("name: 端午节, ", "", "缺少“name”"),
    ],
)
def test_what_is_wrong_with_a_calendar_is_told(folder: Path, before: str, after: str, reason: str) -> None:
    path = folder / "calendar.yaml"
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after, 1), encoding="utf-8")
    problems = check(folder)
    assert any(reason in problem.reason for problem in problems), problems
    assert {problem.file for problem in problems} == {"calendar.yaml"}


def test_interviews_are_due_by_the_end_of_one_phase_or_of_the_campaign(folder: Path) -> None:
    path = folder / "campaign.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(
        text.replace("to: 2024-08-31}", "to: 2024-08-31, is_interviewing: true}"), encoding="utf-8"
    )
    assert [problem.reason for problem in check(folder)] == ["只能有一个访谈阶段（is_interviewing: true）"]
    path.write_text(text.replace(", is_interviewing: true", ""), encoding="utf-8")
    campaign = load_campaign(folder)
    whole = campaign.interviewing
    assert (whole.starts_on, whole.ends_on) == (campaign.starts_on, campaign.ends_on)


def test_a_campaign_without_a_calendar_is_told(folder: Path) -> None:
    (folder / "calendar.yaml").unlink()
    assert [problem.file for problem in check(folder)] == ["calendar.yaml"]
