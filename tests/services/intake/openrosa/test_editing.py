"""An interview edited after it was sent: one submission, what was told last stands, never two interviews."""

import asyncio
import uuid

import orjson
import pytest

from shared.events import Topic
from tests.services.intake.openrosa.collect import codes_in, message_of

FIRST, SECOND, THIRD = (f"uuid:{uuid.UUID(int=n)}" for n in (1, 2, 3))


@pytest.fixture
async def versions(openrosa):
    """The same interview as it was first, and after its first and second edit."""
    return [
        await openrosa.lu.fill(instanceID=FIRST, respondent_age="29"),
        await openrosa.lu.fill(instanceID=SECOND, deprecatedID=FIRST, respondent_age="31"),
        await openrosa.lu.fill(instanceID=THIRD, deprecatedID=SECOND, respondent_age="36"),
    ]


async def events(openrosa):
    """Event type and age band, as they came, once the outbox is empty."""
    await asyncio.sleep(0)
    found = await openrosa.intake.events(Topic.SUBMISSIONS)
    return [(event.type.split(".")[-2], orjson.loads(event.data)["age_band"]) for event in found]


async def receipt(openrosa, answer):
    code, _ = codes_in(answer)
    return (await openrosa.intake.ask("offline", "GET", f"/intake/v1/receipts/{code}")).json()


@pytest.mark.servers_too
async def test_edits_amend_the_submission_of_the_first_instance(openrosa, versions):
    answers = [await openrosa.lu.send(xml) for xml in versions]
    assert [answer.status_code for answer in answers] == [201, 201, 201]
    assert len({message_of(answer) for answer in answers}) == 1
    assert (await receipt(openrosa, answers[0]))["revision"] == 2


@pytest.mark.servers_too
async def test_a_resend_of_any_version_changes_nothing(openrosa, versions):
    for xml in versions:
        await openrosa.lu.send(xml)
    for xml in (*versions, *reversed(versions)):
        answer = await openrosa.lu.send(xml)
        assert answer.status_code == 201, message_of(answer)
    assert (await receipt(openrosa, answer))["revision"] == 2


@pytest.mark.servers_too
async def test_an_edit_that_overtakes_what_it_edits_stands(openrosa, versions):
    first, second, _ = versions
    answers = [await openrosa.lu.send(xml) for xml in (second, first, second)]
    assert [answer.status_code for answer in answers] == [201, 201, 201]
    assert len({message_of(answer) for answer in answers}) == 1
    assert await events(openrosa) == [("received", "31-35")]


@pytest.mark.servers_too
async def test_the_second_of_two_edits_of_the_same_instance_is_refused(openrosa, versions):
    first, second, _ = versions
    other = await openrosa.lu.fill(instanceID=THIRD, deprecatedID=FIRST, respondent_age="40")
    assert [(await openrosa.lu.send(xml)).status_code for xml in (first, second)] == [201, 201]
    answer = await openrosa.lu.send(other)
    assert answer.status_code == 409
    assert "另一台设备" in message_of(answer)
    assert (await receipt(openrosa, await openrosa.lu.send(second)))["revision"] == 1


@pytest.mark.servers_too
async def test_an_edit_that_is_wrong_leaves_room_for_the_right_one(openrosa, versions):
    first, second, _ = versions
    wrong = await openrosa.lu.fill(instanceID=THIRD, deprecatedID=FIRST, respondent_age="7")
    assert [(await openrosa.lu.send(xml)).status_code for xml in (first, wrong, second)] == [201, 400, 201]


@pytest.mark.servers_too
async def test_an_interviewer_of_another_unit_cannot_edit_it(openrosa, versions):
    await openrosa.lu.send(versions[0])
    foreign = await openrosa.gu.fill(instanceID=SECOND, deprecatedID=FIRST, unit="kunshan", point=None)
    answer = await openrosa.gu.send(foreign)
    assert answer.status_code == 409
    assert "回执" not in message_of(answer)
    assert (await openrosa.lu.send(versions[1])).status_code == 201
