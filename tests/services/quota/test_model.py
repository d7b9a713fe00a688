"""The pure rules of quota."""

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from itertools import permutations
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.quota.model import (
    ELIGIBLE,
    FIRST_OF_ALL,
    NOTHING_KNOWN,
    Bucket,
    Claim,
    Content,
    Persons,
    Rules,
    Standing,
    milestones_reached,
    split_by_target,
)
from tests.suzhou import suzhou

CAMPAIGN = suzhou()
RULES = Rules.of(CAMPAIGN)
ZONES = ["Asia/Shanghai", "Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe"]


def content(**changes: object) -> Content:
    fields = {
        "unit": "zhangjiagang",
        "channel": "offline",
        "edition": "general",
        "age_band": "26-30",
        "person": "p1",
        "received_at": "2024-05-20T01:30:00.000Z",
        "consent": "2024-05",
    }
    return Content(**{**fields, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "bucket"),
    [
        ({}, ELIGIBLE),
        ({"channel": "wechat"}, Bucket.ONLINE),
        ({"age_band": "41+"}, Bucket.INELIGIBLE_AGE),
        ({"age_band": "36-40"}, ELIGIBLE),
        ({"age_band": None}, Bucket.INELIGIBLE_AGE),
        ({"edition": "new_employment"}, Bucket.WRONG_EDITION),
        ({"unit": "financial"}, Bucket.AWAITING_SIGN_OFF),
        ({"channel": "wechat", "age_band": "41+"}, Bucket.ONLINE),
        ({"consent": "2023"}, Bucket.CONSENT_NOT_COUNTED),
        ({"consent": None, "age_band": "41+"}, Bucket.CONSENT_NOT_COUNTED),
    ],
)
def test_a_submission_lies_in_the_bucket_of_the_first_rule_that_fits(changes, bucket):
    assert RULES.lies_in(NOTHING_KNOWN.told(content(**changes), 0)) == bucket


def test_a_signed_record_leaves_awaiting_sign_off():
    standing = NOTHING_KNOWN.told(content(unit="financial"), 0).signed_off()
    assert RULES.lies_in(standing) == ELIGIBLE


def test_without_content_it_lies_nowhere():
    assert RULES.lies_in(NOTHING_KNOWN.withdrawn()) is None


def test_the_order_of_events_does_not_matter():
    steps = [
        lambda s: s.told(content(), 0),
        lambda s: s.told(content(unit="changshu"), 1),
        lambda s: s.told(content(unit="taicang"), 2),
        Standing.withdrawn,
        Standing.signed_off,
    ]
    outcomes = set()
    for order in permutations(steps):
        standing = NOTHING_KNOWN
        for step in (*order, order[0]):
            standing = step(standing)
        outcomes.add(standing)
    assert outcomes == {Standing(content(unit="taicang"), 2, True, True)}


def test_of_one_persons_interviews_the_first_received_counts():
    later = Claim("2024-05-21", "a", "changshu", "2024-05-19")
    first = Claim("2024-05-20", "b", "taicang", "2024-05-20")
    assert RULES.tally({later, first}) == [
        (first, FIRST_OF_ALL),
        (later, (Bucket.DUPLICATE_PERSON, Persons.OF_LINE, Persons.OF_UNIT)),
    ]


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        ("2024-05-20T15:59:59.999Z", "2024-05-20"),
        ("2024-05-20T16:00:00Z", "2024-05-21"),
        ("2024-05-20t16:00:00z", "2024-05-21"),
        ("2024-05-20T09:30:00+08:00", "2024-05-20"),
        ("2024-05-20T00:30:00.5+09:00", "2024-05-19"),
        ("2024-05-20T23:59:59-11:30", "2024-05-21"),
    ],
)
def test_a_day_is_one_of_the_campaigns_time_zone(moment, day):
    assert RULES.day_of(moment) == day


@given(
    st.datetimes(datetime(2024, 1, 1), datetime(2024, 12, 31)), st.integers(-56, 56), st.sampled_from(ZONES)
)
def test_a_day_is_that_of_the_moment_in_any_time_zone(moment, quarters, zone):
    rules = Rules.of(replace(CAMPAIGN, timezone=ZoneInfo(zone)))
    aware = moment.replace(tzinfo=timezone(timedelta(minutes=15 * quarters)))
    assert rules.day_of(aware.isoformat()) == aware.astimezone(ZoneInfo(zone)).date().isoformat()


@pytest.mark.parametrize(
    ("once_per", "counting"),
    [("campaign", ["a"]), ("quota_line", ["a", "c"]), ("unit", ["a", "b", "c"])],
)
def test_a_person_counts_once_per_campaign_line_or_unit(once_per, counting):
    first, second = CAMPAIGN.quota_lines["bureaus"].units[:2]
    rules = replace(RULES, counting=replace(CAMPAIGN.counting, person_once_per=once_per))
    units = {"a": first, "b": second, "c": "taicang", "d": first}
    claims = [Claim(f"2024-05-2{n}", id, unit, "2024-05-20") for n, (id, unit) in enumerate(units.items())]
    tallied = {claim.submission_id: fields for claim, fields in rules.tally(claims)}
    assert [id for id, fields in tallied.items() if ELIGIBLE in fields] == counting
    assert {
        id: rules.first_of(claim, claims).submission_id for id, claim in zip(units, claims, strict=True)
    } == {
        "a": "a",
        "b": "b" if "b" in counting else "a",
        "c": "c" if "c" in counting else "a",
        "d": "a",
    }
    places = {scope: [id for id, fields in tallied.items() if scope in fields] for scope in Persons}
    assert list(places.values()) == [["a"], ["a", "c"], ["a", "b", "c"]]


@given(st.integers(0, 2000), st.integers(1, 1000))
def test_counted_never_passes_the_target_and_nothing_is_lost(eligible, target):
    buckets = split_by_target({ELIGIBLE: eligible, Bucket.ONLINE: 3}, target)
    assert buckets[Bucket.COUNTED] == min(eligible, target)
    assert sum(buckets.values()) == eligible + 3


@pytest.mark.parametrize(("eligible", "reached"), [(249, []), (250, [25]), (1000, [25, 50, 75, 90, 100])])
def test_a_milestone_is_reached_at_its_percentage_exactly(eligible, reached):
    assert milestones_reached(eligible, 1000, CAMPAIGN.milestones) == reached
