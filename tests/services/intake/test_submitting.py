"""Submitting over HTTP: durable, once, and told apart."""

import asyncio
import json
from collections import Counter

import pytest

from services.intake.app import build
from shared.events import Topic
from shared.metrics import INTAKE_SUBMISSIONS
from tests.services.intake.forms import content
from tests.services.running import running

PATH = "/intake/v1/submissions"


async def ids_in_log(intake):
    return Counter(event.id for event in await intake.events(Topic.SUBMISSIONS))


async def test_a_receipt_means_that_the_event_stands_in_the_log(intake):
    answer = await intake.post("offline", PATH, content())
    assert answer.status_code == 201
    assert list(await ids_in_log(intake)) == [answer.json()["submission_id"]]


async def test_a_repeat_gets_the_original_receipt(intake):
    first = await intake.post("offline", PATH, content())
    again = await intake.post("offline", PATH, content())
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    assert sum((await ids_in_log(intake)).values()) == 1


async def test_sixteen_at_the_same_moment_are_one_submission(intake):
    answers = await asyncio.gather(*[intake.post("offline", PATH, content()) for _ in range(16)])
    assert Counter(answer.status_code for answer in answers) == {201: 1, 200: 15}
    assert len({answer.text for answer in answers}) == 1
    assert len(await ids_in_log(intake)) == 1


async def test_other_content_under_the_same_id_is_refused_and_changes_nothing(intake):
    first = await intake.post("offline", PATH, content())
    other = await intake.post("offline", PATH, content(message="另一句话"))
    assert other.status_code == 409
    assert other.json()["code"] == "content-differs"
    assert first.json()["receipt"] in other.json()["detail"]
    receipt = f"/intake/v1/receipts/{first.json()['receipt']}"
    looked_up = (await intake.ask("offline", "GET", receipt)).json()
    assert looked_up["revision"] == 0
    assert len(await ids_in_log(intake)) == 1


async def test_a_repeat_to_another_process_tells_the_log_again_under_the_same_id(
    engine, tmp_path, clock, monkeypatch
):
    """A process that registered may have died before it told the log; nobody can know, so it is told again."""
    monkeypatch.setenv("DAFANGTAN_INTAKE_SPOOL_DIR", str(tmp_path / "spool"))
    async with running(build, engine, tmp_path, clock) as first:
        first.be_channels()
        answer = await first.post("offline", PATH, content())
    async with running(build, engine, tmp_path, clock) as second:
        second.be_channels()
        again = await second.post("offline", PATH, content())
        assert (again.status_code, again.json()) == (200, answer.json())
        assert await ids_in_log(second) == {answer.json()["submission_id"]: 2}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"campaign": "nowhere"}, "campaign"),
        ({"unit": "atlantis"}, "unit"),
        ({"respondent": {"age": 7}}, "respondent.age"),
        ({"answers": {"q99": "a"}}, "answers.q99"),
        ({"answers": {"q01": "zz"}}, "answers.q01"),
    ],
)
async def test_what_is_wrong_is_named_and_nothing_is_kept(intake, changes, field):
    answer = await intake.post("offline", PATH, content(**changes))
    assert answer.status_code == 422
    assert field in {problem["field"] for problem in answer.json()["problems"]}
    assert not await ids_in_log(intake)
    assert (await intake.post("offline", PATH, content())).status_code == 201


async def test_a_body_over_the_limit_is_413_and_broken_json_400(intake):
    assert (await intake.post("offline", PATH, content(message="长" * 200_000))).status_code == 413
    broken = await intake.post("offline", PATH, b'{"campaign": ')
    assert (broken.status_code, broken.json()["code"]) == (400, "broken-json")


async def test_a_channel_posts_for_itself_alone(intake):
    assert (await intake.post("wechat", PATH, content())).status_code == 403
    assert (await intake.post("ann", PATH, content())).status_code == 403
    intake.tokens["nobody"] = "dftk_00000000_wrong"
    assert (await intake.post("nobody", PATH, content())).status_code == 401


async def test_a_batch_answers_each_line_whatever_its_neighbours_are(intake):
    lines = [
        content(source_id="a"),
        b"",
        b"{",
        content(source_id="b", unit="atlantis"),
        content(source_id="a"),
    ]
    answer = await intake.post("offline", f"{PATH}:batch", b"\n".join(lines))
    receipts = [json.loads(line) for line in answer.text.splitlines()]
    assert [(receipt["line"], receipt["status"]) for receipt in receipts] == [
        (1, 201),
        (3, 400),
        (4, 422),
        (5, 200),
    ]
    assert receipts[2]["problems"][0]["field"] == "unit"
    assert len(await ids_in_log(intake)) == 1


async def test_a_line_over_the_limit_is_refused_alone(intake):
    lines = [content(source_id="a", message="长" * 30_000), content(source_id="b")]
    answer = await intake.post("offline", f"{PATH}:batch", b"\n".join(lines))
    assert [json.loads(line)["status"] for line in answer.text.splitlines()] == [413, 201]


async def test_every_outcome_is_counted_by_its_channel(intake):
    before = counts()
    await intake.post("offline", PATH, content())
    await intake.post("offline", PATH, content())
    await intake.post("offline", PATH, content(message="另一句话"))
    await intake.post("offline", PATH, content(unit="atlantis"))
    await intake.post("offline", f"{PATH}:batch", content(source_id="b") + b"\n{")
    grown = {outcome: number - before.get(outcome, 0) for outcome, number in counts().items()}
    assert {outcome: number for outcome, number in grown.items() if number} == {
        "accepted": 2,
        "repeat": 1,
        "conflict": 1,
        "invalid": 2,
    }


def counts():
    (family,) = INTAKE_SUBMISSIONS.collect()
    return {
        sample.labels["outcome"]: sample.value
        for sample in family.samples
        if sample.labels["channel"] == "offline" and sample.name.endswith("_total")
    }
