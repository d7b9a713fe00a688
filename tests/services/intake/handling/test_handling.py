"""Taking up and answering what a submission raised, over HTTP."""

import asyncio
import sqlite3

import orjson
import pytest

from services.intake.handling.model import problem_id
from services.intake.handling.store import PROBLEMS
from shared.access import AuditTrail
from shared.events import ProblemAnswered, ProblemRecorded, Topic
from tests.services.intake.forms import content
from tests.services.intake.handling.matter import SUBMISSIONS, WORDS, accepted


async def kept(matter):
    return await matter.intake.platform.store.get(PROBLEMS, matter.submission_id)


@pytest.mark.servers_too
async def test_a_receipt_says_counted_then_being_handled_then_answered(matter):
    await matter.stands("counted")
    taken_up = await matter.take_up()
    assert (taken_up.status_code, taken_up.json()["state_name"]) == (200, "办理中")
    assert (await matter.stands("being_handled"))["standing_name"] == "办理中"
    answered = await matter.answer(WORDS)
    assert (answered.json()["state_name"], answered.json()["revision"]) == ("已答复", 2)
    assert (await matter.stands("answered"))["standing_name"] == "已答复"
    path = f"/intake/v1/receipts/{matter.receipt}"
    for who in ("offline", "lead"):
        told = (await matter.intake.ask(who, "GET", path)).json()
        assert (told["standing"], told["standing_name"]) == ("answered", "已答复")
    assert (await matter.take_up("office")).json()["state"] == "being_handled"
    await matter.stands("being_handled")


async def test_what_can_be_answered_at_once_is(matter):
    answered = await matter.answer(who="office")
    assert (answered.status_code, answered.json()["changed_by"]) == (200, "office")
    await matter.stands("answered")


async def test_the_log_is_told_who_and_when_and_no_words(matter):
    await matter.take_up()
    await matter.answer(WORDS)
    recorded, answered = await matter.events(2)
    common = {
        "problem_id": problem_id(matter.submission_id),
        "submission_id": matter.submission_id,
        "campaign": "suzhou-2024",
        "unit": "zhangjiagang",
    }
    at = "2024-06-01T01:30:00.000Z"
    assert recorded == ProblemRecorded(**common, revision=1, recorded_by="admin", recorded_at=at)
    assert answered == ProblemAnswered(**common, revision=2, answered_by="admin", answered_at=at)
    events = await matter.intake.events(Topic.PROBLEMS)
    (submitted,) = await matter.intake.events(Topic.SUBMISSIONS)
    assert {event.key for event in events} == {submitted.key}, "what concerns one person keeps its order"
    assert len({event.id for event in events}) == 2
    assert "哺乳室" not in orjson.dumps([event.data.decode() for event in events]).decode()


@pytest.mark.servers_too
async def test_doing_the_same_again_changes_nothing(matter):
    first = await matter.take_up()
    assert (await matter.take_up("office")).json() == first.json()
    answered = await matter.answer(WORDS)
    for again in (await matter.answer(WORDS), await matter.answer(WORDS, "office"), await matter.answer()):
        assert (again.status_code, again.json()) == (200, answered.json())
    assert [entry.action for entry in await matter.entries()] == ["take_up_problem", "answer_problem"]
    other = await accepted(matter.intake, source_id="another")
    await other.take_up()
    assert len(await matter.events(3)) == 3


@pytest.mark.servers_too
async def test_the_same_many_times_at_once_is_done_once(matter):
    answers = await asyncio.gather(*[matter.answer(WORDS) for _ in range(8)])
    assert {answer.status_code for answer in answers} == {200}
    assert {answer.json()["revision"] for answer in answers} == {1}
    assert len(await matter.entries()) == 1


async def test_another_answer_is_another_event(matter):
    await matter.answer("正在了解")
    assert (await matter.answer(WORDS)).json()["revision"] == 2
    assert [event.revision for event in await matter.events(2)] == [1, 2]


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("admin", 200),
        ("office", 200),
        ("lead", 403),  # may see the receipt, hence is told why
        ("interviewer", 403),
        ("offline", 403),
        ("other admin", 404),
        ("stranger", 404),
        ("wechat", 404),
        ("ann", 404),
        ("leader", 404),
        ("operator", 404),
    ],
)
async def test_the_units_administrator_and_the_office_handle_it_and_nobody_else(matter, who, status):
    intake = matter.intake
    intake.be("other admin", "unit_admin", unit="kunshan")
    intake.be("interviewer", "interviewer", unit="zhangjiagang")
    intake.be("leader", "leading_group")
    intake.be("operator", "operator")
    for answer in (await matter.take_up(who), await matter.answer(WORDS, who)):
        assert answer.status_code == status, answer.text
    assert (await kept(matter) is not None) is (status == 200)
    assert bool(await matter.entries()) is (status == 200)


async def test_what_is_not_there_looks_like_what_may_not_be_seen(matter):
    missing = await matter.intake.ask("office", "POST", f"{SUBMISSIONS}/nothing:take-up")
    hidden = await matter.take_up("ann")
    assert missing.status_code == hidden.status_code == 404
    assert {**missing.json(), "request_id": ""} == {**hidden.json(), "request_id": ""}


@pytest.mark.servers_too
async def test_what_was_withdrawn_is_not_handled_any_more(matter):
    await matter.take_up()
    await matter.withdraw()
    assert await kept(matter) is None
    for answer in (await matter.take_up(), await matter.answer(WORDS)):
        assert (answer.status_code, answer.json()["code"]) == (409, "already-withdrawn")
    assert await kept(matter) is None
    await matter.events(1)
    assert (await matter.looked_up())["standing"] == "withdrawn"


@pytest.mark.servers_too
async def test_a_withdrawal_at_the_same_time_leaves_nothing_half_done(matter):
    others = [await accepted(matter.intake, source_id=f"n{number}") for number in range(10)]
    await asyncio.gather(*(act for each in others for act in (each.answer(WORDS), each.withdraw())))
    for each in others:
        assert await kept(each) is None
        assert (await each.looked_up())["standing"] == "withdrawn"


async def test_every_change_is_in_the_audit_trail_without_its_words(matter):
    await matter.answer(WORDS, "office")
    (entry,) = await matter.entries()
    assert (entry.action, entry.actor["subject"]) == ("answer_problem", "office")
    assert entry.resource["id"] == matter.submission_id
    assert entry.details == {"problem": problem_id(matter.submission_id), "revision": 1}
    await AuditTrail(matter.intake.platform.store, "intake").verify()


async def test_who_knows_an_older_revision_is_told_so(matter):
    await matter.answer(WORDS)
    late = await matter.take_up(**{"if-match": "0"})
    assert (late.status_code, late.json()["code"]) == (409, "revision-moved")
    assert (await matter.take_up(**{"if-match": "1"})).json()["revision"] == 2


async def test_an_amended_submission_belongs_to_its_new_unit(matter):
    headers = {"authorization": f"Bearer {matter.intake.tokens['offline']}"}
    path = f"/intake/v1/receipts/{matter.receipt}/submission"
    assert (
        await matter.intake.client.put(path, headers=headers, content=content(unit="kunshan"))
    ).status_code == 200
    assert (await matter.take_up()).status_code == 404
    assert (await matter.take_up("office")).status_code == 200
    (event,) = await matter.events(1)
    assert event.unit == "kunshan"


@pytest.mark.parametrize(
    "body",
    [
        *(b"{", b"[]", b'"x"', b"\xff", b'{"reply": "x"}'),
        *(b'{"answer": ""}', b'{"answer": "  "}', b'{"answer": 1}', b'{"answer": "\\ud800"}'),
        orjson.dumps({"answer": "长" * 2001}),
    ],
)
async def test_what_is_wrong_with_an_answer_is_said(matter, body):
    path = f"{SUBMISSIONS}/{matter.submission_id}:answer"
    headers = {"content-type": "application/json"}
    answer = await matter.intake.post("admin", path, body, headers=headers)
    assert answer.status_code in (400, 422), answer.text
    assert await kept(matter) is None


async def test_an_answer_without_a_body_says_that_it_was_answered(matter):
    path = f"{SUBMISSIONS}/{matter.submission_id}:answer"
    assert (await matter.intake.post("admin", path, b"")).json()["state"] == "answered"
    told = (await matter.told()).json()
    assert (told["answer"], told["answered_at"]) == (None, "2024-06-01T01:30:00.000Z")


@pytest.mark.parametrize("engine", ["embedded"], indirect=True)  # whose log can be held here
async def test_what_was_done_while_the_log_was_away_is_told_once(matter, engine):
    await matter.stands("counted")
    other = sqlite3.connect(engine.log_url.removeprefix("sqlite:///"), isolation_level=None, timeout=30)
    other.execute("BEGIN EXCLUSIVE")
    assert (await matter.take_up()).status_code == 200
    assert (await matter.answer(WORDS)).status_code == 200
    assert (await matter.looked_up())["standing"] == "counted", "it says what the log knows"
    other.execute("ROLLBACK")
    other.close()
    await matter.stands("answered")
    assert [event.revision for event in await matter.events(2)] == [1, 2]
