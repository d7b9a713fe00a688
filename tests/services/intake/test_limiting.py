"""Token buckets."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.limiting import Buckets, Limit
from shared.errors import TooMany


class Seconds:
    def __init__(self):
        self.now_s = 1000.0

    def __call__(self):
        return self.now_s


@pytest.fixture
def seconds():
    return Seconds()


@pytest.fixture
def buckets(seconds):
    return Buckets(Limit.CHANNEL_KEY, per_s=2.0, burst=10.0, clock=seconds)


def test_a_burst_goes_through_and_then_as_much_as_flows_in(buckets, seconds):
    for _ in range(10):
        buckets.take("a")
    with pytest.raises(TooMany) as refused:
        buckets.take("a")
    assert refused.value.after_s == pytest.approx(0.5)
    seconds.now_s += 0.5
    buckets.take("a")
    with pytest.raises(TooMany):
        buckets.take("a")


def test_what_is_refused_takes_nothing(buckets, seconds):
    buckets.take("a", 10)
    for _ in range(5):
        with pytest.raises(TooMany):
            buckets.take("a", 2)
    seconds.now_s += 1.0
    buckets.take("a", 2)


def test_one_name_doesnt_empty_anothers_bucket(buckets):
    buckets.take("a", 10)
    buckets.take("b", 10)


def test_what_is_larger_than_the_bucket_comes_alone_and_is_waited_for(buckets, seconds):
    buckets.take("a", 50)
    with pytest.raises(TooMany) as refused:
        buckets.take("a")
    assert refused.value.after_s == pytest.approx(20.5)
    seconds.now_s += 30
    buckets.take("a")


def test_what_was_taken_for_more_than_came_is_given_back(seconds):
    buckets = Buckets(Limit.CHANNEL_KEY, per_s=1.0, burst=10_000.0, clock=seconds)
    buckets.take_upload("a", 9_000)
    with pytest.raises(TooMany):
        buckets.take_upload("a", 7_000)
    buckets.settle_upload("a", 9_000, 2_000)
    buckets.take_upload("a", 7_000)
    buckets.settle_upload("a", 7_000, 0)  # what brings nothing counts something
    with pytest.raises(TooMany):
        buckets.take_upload("a", 8_000)


def test_what_is_given_back_late_makes_no_bucket_more_than_full(seconds):
    buckets = Buckets(Limit.CHANNEL_KEY, per_s=1.0, burst=10_000.0, clock=seconds)
    buckets.take_upload("a", 9_000)
    seconds.now_s += 9_000
    buckets.settle_upload("a", 9_000, 2_000)
    buckets.take_upload("a", 10_000)
    with pytest.raises(TooMany):
        buckets.take_upload("a", 0)


@given(st.floats(0, 1e9), st.floats(1, 1e9))
def test_a_full_bucket_lets_through_whatever_comes(now_s, tokens):
    Buckets(Limit.CHANNEL_KEY, per_s=1024.0, burst=30000.0, clock=lambda: now_s).take("a", tokens)


def test_a_bucket_never_holds_more_than_its_burst(buckets, seconds):
    seconds.now_s += 10_000
    buckets.take("a", 10)
    with pytest.raises(TooMany):
        buckets.take("a")


def test_names_without_number_take_no_memory_without_end(seconds, monkeypatch):
    monkeypatch.setattr("services.intake.limiting.REMEMBERED_COUNT", 100)
    buckets = Buckets(Limit.PUBLIC_CLIENT, per_s=1, burst=1, clock=seconds)
    for number in range(1000):
        buckets.take(f"{number}")
    assert len(buckets._filled_at_s) == 100
