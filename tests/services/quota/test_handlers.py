"""The fold of quota over real log and store: every submission in one bucket, whatever the order."""

from __future__ import annotations

import random
from functools import partial

import pytest
from msgspec.structs import replace

from services.quota.app import build
from services.quota.generations import live_of
from shared.consuming import dead_letters
from shared.events import (
    Consent,
    QuotaMilestoneReached,
    SubmissionAmended,
    SubmissionReceived,
    SubmissionSignedOff,
    SubmissionWithdrawn,
    Topic,
    make_event,
)
from tests.services.running import running, until

CAMPAIGN = "suzhou-2024"
BOARD = f"/quota/v1/campaigns/{CAMPAIGN}"


@pytest.fixture
async def quota(engine, tmp_path, clock):
    async with running(build, engine, tmp_path, clock) as service:
        service.be("off", "office")
        service.be("ops", "operator")
        service.be("own", "unit_admin", unit="taicang")
        yield service


def received(id, model=SubmissionReceived, **changes):
    fields = {
        "submission_id": id,
        "campaign": CAMPAIGN,
        "campaign_version": "v",
        "channel": "offline",
        "mode": "offline",
        "edition": "general",
        "unit": "taicang",
        "collected_at": "2024-05-20T09:30:00+08:00",
        "received_at": f"2024-05-20T01:30:{len(id):02}.000Z",
        "age_band": "26-30",
        "consent": Consent(version="2024-05", given_at="2024-05-20T09:29:00+08:00"),
    }
    return event(id, model(**{**fields, **changes}), key=changes.get("person") or id)


def event(id, data, key=None):
    return make_event(
        data,
        id=f"{id}-{data.event_type}",
        source="/t",
        subject=id,
        time="2024-05-20T01:30:00Z",
        key=key or id,
    )


def withdrawn(id):
    return event(
        id, SubmissionWithdrawn(submission_id=id, campaign=CAMPAIGN, withdrawn_at="2024-05-21T00:00:00Z")
    )


def signed_off(id):
    data = SubmissionSignedOff(
        submission_id=id, campaign=CAMPAIGN, signed_off_by="x", signed_off_at="2024-05-21T00:00:00Z"
    )
    return event(id, data)


async def board(quota, **expected):
    """The buckets, once those of ``expected`` are as expected."""
    buckets = {}

    async def is_so():
        buckets.update((await quota.ask("off", "GET", f"{BOARD}/progress")).json()["buckets"])
        return all(buckets[name] == count for name, count in expected.items())

    await until(is_so, f"{expected}, last seen {buckets}")
    return buckets


async def test_every_submission_lies_in_exactly_one_bucket(quota):
    events = [
        received("a"),
        received("b", mode="online", channel="wechat"),
        received("c", age_band="41+"),
        received("d", edition="new_employment"),
        received("e", unit="financial"),
        received("f", unit="financial"),
        signed_off("f"),
        received("g", person="p"),
        received("gg", person="p", unit="kunshan"),
        received("h"),
        withdrawn("h"),
    ]
    await quota.append(Topic.SUBMISSIONS, *events)
    buckets = await board(quota, withdrawn=1, duplicate_person=1, counted=3)
    assert buckets == {
        "counted": 3,
        "over_target": 0,
        "online": 1,
        "consent_not_counted": 0,
        "ineligible_age": 1,
        "wrong_edition": 1,
        "awaiting_sign_off": 1,
        "duplicate_person": 1,
        "withdrawn": 1,
    }


async def test_of_one_persons_interviews_the_earlier_counts_and_its_withdrawal_lets_the_other_count(quota):
    await quota.append(
        Topic.SUBMISSIONS, received("gg", person="p", unit="kunshan"), received("g", person="p")
    )
    await board(quota, counted=1, duplicate_person=1)
    taicang = (await quota.ask("off", "GET", f"{BOARD}/units/taicang")).json()["unit"]
    assert taicang["eligible"] == 1
    await quota.append(Topic.SUBMISSIONS, withdrawn("g"))
    await board(quota, counted=1, duplicate_person=0, withdrawn=1)
    kunshan = (await quota.ask("off", "GET", f"{BOARD}/units/kunshan")).json()["unit"]
    assert kunshan["eligible"] == 1


async def test_the_same_event_twice_counts_once(quota):
    await quota.append(Topic.SUBMISSIONS, received("a"), received("a"), received("b"), received("a"))
    await board(quota, counted=2)


async def test_the_same_event_again_later_counts_once(quota):
    await quota.append(Topic.SUBMISSIONS, received("a"), received("b"))
    await board(quota, counted=2)
    await quota.append(Topic.SUBMISSIONS, received("a"), received("c"), withdrawn("b"))
    await board(quota, counted=2, withdrawn=1)


async def test_no_order_and_no_repetition_changes_the_board(quota):
    events = []
    for number in range(60):
        id = f"zz{number}"
        person = f"p{number % 7}" if number % 3 else None
        events.append(received(id, unit="financial" if number % 5 == 0 else "taicang", person=person))
        if number % 4 == 0:
            amended = received(id, SubmissionAmended, revision=1, unit="kunshan", person=person)
            events.append(amended)
        if number % 11 == 0:
            events.append(withdrawn(id))
        if number % 10 == 0:
            events.append(signed_off(id))
    shuffler = random.Random(1)
    boards = []
    for round in range(3):
        renamed = [_in_round(each, round) for each in events]
        shuffled = renamed + shuffler.sample(renamed, 20)
        shuffler.shuffle(shuffled)
        await quota.append(Topic.SUBMISSIONS, *shuffled)
        await until(partial(_stands, quota, 60 * (round + 1)), "all submissions to stand")
        await until(partial(_accepted, quota, 60 * (round + 1)), "all submissions to be counted")
        boards.append(await board(quota))
    first, second, third = boards
    assert all(second[name] == 2 * first[name] for name in first)
    assert all(third[name] == 3 * first[name] for name in first)


def _in_round(event, round):
    """The same happenings to other submissions of other people."""
    text = event.data.decode().replace('"zz', f'"r{round}zz').replace('"person":"p', f'"person":"r{round}p')
    return replace(event, id=f"r{round}{event.id}", subject=f"r{round}{event.subject}", data=text.encode())


async def _stands(quota, count):
    live = await live_of(quota.platform.store)
    return live is not None and await quota.platform.store.count(live.standings) == count


async def _accepted(quota, count):
    return (await quota.ask("off", "GET", f"{BOARD}/progress")).json()["accepted"] == count


async def milestones(quota):
    events = await quota.events(Topic.QUOTA)
    of_type = [event for event in events if event.type == QuotaMilestoneReached.event_type]
    return [QuotaMilestoneReached.model_validate_json(event.data) for event in of_type]


async def test_a_milestone_is_told_once_and_over_target_begins_at_the_target(quota):
    await quota.append(Topic.SUBMISSIONS, *[received(f"n{n}", unit="provincial") for n in range(501)])
    await board(quota, counted=500, over_target=1)

    async def all_told():
        return len(await milestones(quota)) >= 5

    await until(all_told, "five milestones")
    assert sorted(each.percent for each in await milestones(quota)) == [25, 50, 75, 90, 100]
    await quota.append(Topic.SUBMISSIONS, withdrawn("n1"), withdrawn("n2"), received("m1", unit="provincial"))
    await board(quota, counted=500, withdrawn=2)
    assert len(await milestones(quota)) == 5


@pytest.mark.parametrize(
    ("changes", "reason"), [({"unit": "atlantis"}, "atlantis"), ({"campaign": "nowhere"}, "nowhere")]
)
async def test_what_cannot_be_counted_is_kept_with_the_reason_and_the_rest_goes_on(quota, changes, reason):
    await quota.append(Topic.SUBMISSIONS, received("bad", **changes), received("good"))
    await board(quota, counted=1)
    letters = [letter async for letter in dead_letters.waiting(quota.platform.store, "quota")]
    assert [reason in letter.reason for letter in letters] == [True]


async def test_a_unit_sees_its_own_progress_and_no_others(quota):
    await quota.append(Topic.SUBMISSIONS, received("a"))
    await board(quota, counted=1)
    own = await quota.ask("own", "GET", f"{BOARD}/units/taicang")
    assert own.json()["line"]["counted"] == 1
    assert (await quota.ask("own", "GET", f"{BOARD}/units/kunshan")).status_code == 404
    assert (await quota.ask("own", "GET", f"{BOARD}/progress")).status_code == 404
    assert (await quota.ask("off", "GET", f"{BOARD}/units/atlantis")).status_code == 404


async def test_the_books_are_the_buckets(quota):
    await quota.append(Topic.SUBMISSIONS, received("a"), received("b", mode="online", channel="wechat"))
    await board(quota, counted=1, online=1)
    entries = (await quota.ask("ops", "GET", f"{BOARD}/books")).json()["entries"]
    assert sum(entries.values()) == 2


async def test_a_message_is_in_the_books_of_a_unit_that_owes_nothing(quota):
    await quota.append(
        Topic.SUBMISSIONS, received("m", mode="online", channel="wechat", unit="city", edition=None)
    )
    buckets = await board(quota, online=1)
    assert sum(buckets.values()) == 1
    progress = (await quota.ask("off", "GET", f"{BOARD}/progress")).json()
    assert [(other["unit"], other["buckets"]["online"]) for other in progress["others"]] == [("city", 1)]
    assert (await quota.ask("off", "GET", f"{BOARD}/units/city")).json()["line"] is None
