"""What comes as JSON and can't be accepted: kept sealed, listed, replayed, and gone when it is settled."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from services.intake.app import build
from services.intake.quarantine.retention import Retention
from services.intake.quarantine.store import CONTENTS, ITEMS, item_of
from shared.access import AuditTrail
from shared.events import Topic
from shared.metrics import (
    INTAKE_QUARANTINE_WAITING,
    INTAKE_QUARANTINED,
    INTAKE_SUBMISSIONS,
    SubmissionOutcome,
)
from tests.services.intake.forms import content
from tests.services.running import running, until

PATH = "/intake/v1/submissions"
QUARANTINE = "/intake/v1/quarantine"
SECRET = "沈晓燕"
BROKEN = content()[:-1] + b",}"
IN_GBK = content().decode().encode("gbk")


@pytest.fixture(autouse=True)
def staff(intake):
    intake.be("clerk", "office")
    intake.be("ops", "operator")


async def keep(intake, body=BROKEN):
    answer = await intake.post("offline", PATH, body)
    return answer.json().get("kept_as")


async def waiting(intake, **query):
    asked = "&".join(f"{name}={value}" for name, value in {"campaign": "suzhou-2024", **query}.items())
    answer = await intake.ask("clerk", "GET", f"{QUARANTINE}?{asked}")
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize(
    ("body", "status", "reason"),
    [
        (BROKEN, 400, "broken-format"),
        (IN_GBK, 400, "broken-encoding"),
        (content(edition="general-2025"), 422, "unknown-form-version"),
    ],
)
async def test_what_may_be_an_answer_is_kept_and_the_sender_is_told(intake, body, status, reason):
    answer = await intake.post("offline", PATH, body)
    assert answer.status_code == status
    assert "已封存待处理" in answer.json()["detail"]
    (item,) = (await waiting(intake))["items"]
    assert (item["id"], item["reason"], item["channel"]) == (answer.json()["kept_as"], reason, "offline")
    assert (await waiting(intake, reason=reason))["items"] == [item]
    assert not await intake.events(Topic.SUBMISSIONS)


async def test_what_is_kept_is_counted_once_by_its_channel_and_reason_and_how_much_waits_is_shown(intake):
    kept = INTAKE_QUARANTINED.labels("offline", "broken-encoding")._value
    before = kept.get()
    for body in (IN_GBK, IN_GBK):
        await keep(intake, body)
    assert kept.get() - before == 1
    next(each for each in intake.service.components if each.name == Retention.name).wake()

    async def is_shown():
        return INTAKE_QUARANTINE_WAITING._value.get() == 1

    await until(is_shown, "the number of those that wait")


@pytest.mark.servers_too
async def test_the_same_content_is_kept_once(intake):
    assert await keep(intake) == await keep(intake) != await keep(intake, IN_GBK)
    assert len((await waiting(intake))["items"]) == 2


@pytest.mark.parametrize("body", [b"", b"  \n"])
async def test_junk_is_refused_and_only_counted(intake, body):
    refused = INTAKE_SUBMISSIONS.labels("offline", SubmissionOutcome.INVALID)._value
    before = refused.get()
    answer = await intake.post("offline", PATH, body)
    assert (answer.status_code, refused.get() - before) == (400, 1)
    assert "kept_as" not in answer.json()
    assert (await waiting(intake))["items"] == []


async def test_what_the_sender_can_mend_is_not_kept(intake):
    assert await keep(intake, content(respondent={"age": 7})) is None


async def test_a_person_without_a_channel_has_nothing_kept(intake):
    answer = await intake.post("ann", PATH, BROKEN)
    assert answer.status_code == 400
    assert (await waiting(intake))["items"] == []


async def test_lines_of_a_batch_are_kept_like_single_submissions(intake):
    lines = [content(source_id="a"), BROKEN, content(source_id="b", edition="x")]
    answer = await intake.post("offline", f"{PATH}:batch", b"\n".join(lines))
    told = [json.loads(line) for line in answer.text.splitlines()]
    assert [each["status"] for each in told] == [201, 400, 422]
    items = {item["id"]: item["reason"] for item in (await waiting(intake))["items"]}
    assert items == {told[1]["kept_as"]: "broken-format", told[2]["kept_as"]: "unknown-form-version"}


async def test_neither_the_list_nor_any_file_shows_what_it_says(intake, tmp_path):
    await keep(intake)
    await keep(intake, IN_GBK)
    listed = await waiting(intake)
    assert SECRET not in json.dumps(listed, ensure_ascii=False)
    for path in tmp_path.rglob("*"):
        if path.is_file():
            assert SECRET.encode() not in path.read_bytes()
            assert SECRET.encode("gbk") not in path.read_bytes()


def build_with_a_later_edition(platform):
    campaign = platform.campaign("suzhou-2024")
    later = replace(campaign.editions["general"], id="later")
    fixed = replace(campaign, editions={**campaign.editions, "later": later})
    return build(replace(platform, campaigns={campaign.id: fixed}))


@pytest.mark.servers_too
async def test_a_replay_after_the_fix_is_accepted_with_a_receipt_and_leaves_no_copy(
    intake, engine, tmp_path, clock
):
    id = await keep(intake, content(edition="later"))
    async with running(build_with_a_later_edition, engine, tmp_path, clock) as fixed:
        fixed.tokens = intake.tokens
        answer = await fixed.ask("ops", "POST", f"{QUARANTINE}/{id}:replay")
        item = answer.json()
        assert (item["state"], item["tries_count"]) == ("accepted", 1)
        looked_up = await fixed.ask("offline", "GET", f"/intake/v1/receipts/{item['receipt']}")
        assert looked_up.json()["state"] == "accepted"
        assert await fixed.platform.store.get(CONTENTS, id) is None
        again = await fixed.ask("ops", "POST", f"{QUARANTINE}/{id}:replay")
        assert (again.status_code, again.json()["code"]) == (409, "not-waiting")
    assert await keep(intake, content(edition="later")) == id  # known, and not kept again
    assert (await waiting(intake))["items"] == []


@pytest.mark.servers_too
async def test_a_replay_before_the_fix_leaves_it_waiting_with_the_reason(intake):
    id = await keep(intake)
    item = (await intake.ask("clerk", "POST", f"{QUARANTINE}/{id}:replay")).json()
    assert (item["state"], item["tries_count"]) == ("waiting", 1)
    assert "JSON" in item["detail"]
    assert [each["id"] for each in (await waiting(intake))["items"]] == [id]


async def test_what_is_discarded_is_destroyed_with_the_reason_in_the_audit_trail(intake):
    id = await keep(intake)
    refused = await intake.ask("clerk", "POST", f"{QUARANTINE}/{id}:discard", reason="x")
    assert refused.status_code == 422
    item = (await intake.ask("clerk", "POST", f"{QUARANTINE}/{id}:discard", reason="试机数据")).json()
    assert item["state"] == "discarded"
    assert await intake.platform.store.get(CONTENTS, id) is None
    entries, _ = await AuditTrail(intake.platform.store, "intake").entries()
    assert [(entry.action, entry.details) for entry in entries] == [
        ("quarantine_discard", {"why": "试机数据"})
    ]


async def test_every_replay_is_in_the_audit_trail(intake):
    id = await keep(intake)
    await intake.ask("ops", "POST", f"{QUARANTINE}/{id}:replay")
    entries, _ = await AuditTrail(intake.platform.store, "intake").entries()
    assert [(entry.action, entry.resource["id"], entry.actor["subject"]) for entry in entries] == [
        ("quarantine_replay", id, "ops")
    ]


async def test_who_may_not_see_the_quarantine_is_told_that_there_is_none(intake):
    id = await keep(intake)
    for who in ("ann", "lead", "offline"):
        listed = await intake.ask(who, "GET", f"{QUARANTINE}?campaign=suzhou-2024")
        hidden = await intake.ask(who, "POST", f"{QUARANTINE}/{id}:replay")
        missing = await intake.ask(who, "POST", f"{QUARANTINE}/nothing:replay")
        assert {listed.status_code, hidden.status_code, missing.status_code} == {404}
        assert hidden.json()["code"] == missing.json()["code"]


async def test_the_list_is_paged_oldest_first(intake, clock):
    ids = []
    for number in range(5):
        ids.append(await keep(intake, b'{"n": %d' % number))
        clock.advance(timedelta(seconds=1))
    first = await waiting(intake, limit=3)
    rest = await waiting(intake, limit=3, cursor=first["cursor"])
    assert [item["id"] for page in (first, rest) for item in page["items"]] == ids
    assert rest["cursor"] is None


async def test_what_nobody_settles_is_destroyed_after_its_time(intake, clock):
    id = await keep(intake)
    retention = Retention(store=intake.platform.store, clock=clock, keep_for=timedelta(days=90))
    clock.advance(timedelta(days=89))
    assert await retention.expire() == 0
    clock.advance(timedelta(days=2))
    assert await retention.expire() == 1
    assert await intake.platform.store.get(CONTENTS, id) is None
    document = await intake.platform.store.get(ITEMS, id)
    assert item_of(document).state == "expired"
