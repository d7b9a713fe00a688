"""The clock of replays."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.real_time import system_clock
from shared.replay_clock import Pace, PaceUnusable, ReplayClock, clock_of, read_pace, write_pace

BEGINS = datetime(2024, 5, 10, 8, tzinfo=timezone(timedelta(hours=8)))
ANCHOR = datetime(2026, 11, 22, 6, tzinfo=UTC)
PACE = Pace(BEGINS, ANCHOR, 2.0, until=BEGINS + timedelta(days=10))


def real(seconds):
    return ANCHOR + timedelta(seconds=seconds)


def days(count):
    return BEGINS + timedelta(days=count)


class Hand:
    """Real time and the machine's seconds, moved by hand."""

    def __init__(self):
        self.s = 0.0

    def clock(self):
        return real(self.s)

    def seconds(self):
        return self.s


@pytest.fixture
def hand():
    return Hand()


@pytest.fixture
def path(tmp_path):
    write_pace(tmp_path / "clock.json", PACE)
    return tmp_path / "clock.json"


@pytest.mark.parametrize(("after_s", "day"), [(-60, 0), (0, 0), (0.25, 0.5), (3, 6), (5, 10), (1e10, 10)])
def test_so_many_days_a_second_pass_until_it_stands_still(after_s, day):
    assert PACE.at(real(after_s)) == days(day)
    assert PACE.stands_still_at(real(after_s)) == (day == 10)


def test_it_goes_on_from_where_it_stood():
    resumed = PACE.resumed(real(100), days(12))
    assert [resumed.at(real(s)) for s in (5, 100, 100.5, 101, 200)] == [days(d) for d in (10, 10, 11, 12, 12)]


@given(st.lists(st.tuples(st.floats(0, 5), st.floats(-3, 6))), st.floats(0.01, 1000))
def test_it_goes_on_without_a_step_either_way(changes, days_per_second):
    pace, now_s, last = Pace(BEGINS, ANCHOR, days_per_second, days(1)), 0.0, days(0)
    for passed_s, lead_days in changes:
        now_s += passed_s
        shown = pace.at(real(now_s))
        assert shown >= last
        last, until = shown, shown + timedelta(days=lead_days)
        is_still = pace.stands_still_at(real(now_s))
        pace = pace.resumed(real(now_s + 0.2), until) if is_still else pace.extended(until)
        assert pace.at(real(now_s)) == shown


def test_a_process_follows_what_is_written_and_does_not_step_back(path, hand):
    clock = ReplayClock(path, hand.clock, seconds=hand.seconds)
    hand.s = 4
    assert clock() == days(8)
    write_pace(path, PACE.resumed(real(4.5), days(20)))
    hand.s = 4.05
    assert clock() == days(8.1)
    hand.s = 4.2
    assert clock() == days(10)
    hand.s = 5
    assert clock() == days(11)
    hand.s = 4.6  # somebody set the machine's clock back
    assert clock() == days(11)


def test_a_file_that_is_spoilt_later_leaves_what_was_known(path, hand):
    clock = ReplayClock(path, hand.clock, seconds=hand.seconds)
    path.write_bytes(b"{")
    hand.s = 1
    assert clock() == days(2)
    path.unlink()
    hand.s = 2
    assert clock() == days(4)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "dafangtan demo --days-per-second"),
        (b"{", "内容无效"),
        (b'{"begins_at": "2024-05-10T08:00:00"}', "内容无效"),
        (
            b'{"begins_at":"2024-05-10T08:00:00","anchored_at":"2026-11-22T06:00:00Z",'
            b'"days_per_second":1,"until":"2024-05-11T08:00:00Z"}',
            "没有写明时区",
        ),
    ],
)
def test_what_is_wrong_with_the_file_is_told_at_the_start(tmp_path, content, reason):
    path = tmp_path / "clock.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(PaceUnusable, match=reason) as told:
        ReplayClock(path)
    assert str(path) in str(told.value)


def test_the_setting_names_the_clock(path):
    assert clock_of("system") is system_clock
    replayed = clock_of(f"replay:{path}")
    assert isinstance(replayed, ReplayClock)
    assert read_pace(path) == PACE
