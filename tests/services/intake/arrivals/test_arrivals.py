"""Which of its ids arrived: only what is known to be durable is called so."""

import orjson
import pytest

from services.intake.app import build
from services.intake.arrivals.answering import MOST_IDS
from services.intake.store import REGISTRATIONS
from services.intake.unsealing.store import SEALED
from shared.errors import RetryLater
from shared.events import Topic
from tests.services.intake.forms import content
from tests.services.running import running, until

PATH = "/intake/v1/submissions"
ASK = "/intake/v1/submissions:arrived"


async def asked(intake, *ids, who="offline", channel="offline"):
    answer = await intake.ask(who, "POST", ASK, campaign="suzhou-2024", channel=channel, source_ids=list(ids))
    assert answer.status_code == 200, answer.text
    return {each["source_id"]: each for each in answer.json()["answers"]}


async def arrivals(intake, *ids, **who):
    return [each["arrival"] for each in (await asked(intake, *ids, **who)).values()]


async def read_back(intake, count):
    async def is_back():
        return await intake.platform.store.count(SEALED) == count

    await until(is_back, "the log to be read back")


async def test_what_arrived_is_told_with_its_receipt_and_what_did_not_is_not(intake):
    sent = await intake.post("offline", PATH, content(source_id="a"))
    told = await asked(intake, "a", "b")
    assert (told["a"]["arrival"], told["b"]["arrival"]) == ("arrived", "not_arrived")
    assert told["a"]["receipt"]["receipt"] == sent.json()["receipt"]
    assert told["b"]["receipt"] is None


async def test_the_code_to_withdraw_with_is_not_told(intake):
    sent = (await intake.post("offline", PATH, content(source_id="a"))).json()
    told = await intake.ask(
        "offline", "POST", ASK, campaign="suzhou-2024", channel="offline", source_ids=["a"]
    )
    assert sent["withdrawal_code"] not in told.text


async def test_a_page_that_queued_offline_asks_what_arrived_and_sends_the_rest(intake):
    queue = {f"q-{number}": content(source_id=f"q-{number}") for number in range(8)}
    first = b"\n".join(list(queue.values())[:5])
    assert (
        await intake.post("offline", f"{PATH}:batch", first)
    ).status_code == 200  # which the page never saw
    missing = [id for id, each in (await asked(intake, *queue)).items() if each["arrival"] != "arrived"]
    assert missing == ["q-5", "q-6", "q-7"]
    rest = await intake.post("offline", f"{PATH}:batch", b"\n".join(queue[id] for id in missing))
    assert [orjson.loads(line)["status"] for line in rest.content.splitlines()] == [201] * 3
    assert await arrivals(intake, *queue) == ["arrived"] * 8
    assert len({event.id for event in await intake.events(Topic.SUBMISSIONS)}) == 8


@pytest.mark.servers_too
async def test_another_process_knows_it_once_the_log_was_read_back(intake, engine, tmp_path, clock):
    await intake.post("offline", PATH, content(source_id="a"))
    await read_back(intake, 1)
    async with running(build, engine, tmp_path, clock) as other:
        other.tokens.update(intake.tokens)
        assert await arrivals(other, "a") == ["arrived"]


async def test_a_registration_alone_is_no_proof(intake, engine, tmp_path, clock, monkeypatch):
    """As if the process had died between the registration and the log."""

    async def dies(topic, events):
        raise RetryLater("died")

    (gate,) = [each for each in intake.service.components if each.name == "intake.spool"]
    monkeypatch.setattr(gate, "append", dies)
    refused = await intake.post("offline", PATH, content(source_id="a"))
    assert refused.status_code == 503
    monkeypatch.undo()
    assert await intake.platform.store.count(REGISTRATIONS) == 1
    assert await intake.events(Topic.SUBMISSIONS) == []
    assert await arrivals(intake, "a") == ["unknown"]
    again = await intake.post("offline", PATH, content(source_id="a"))
    assert again.status_code == 200
    assert await arrivals(intake, "a") == ["arrived"]
    assert len(await intake.events(Topic.SUBMISSIONS)) == 1


async def test_what_was_withdrawn_arrived_and_is_told_as_withdrawn(intake):
    sent = (await intake.post("offline", PATH, content(source_id="a"))).json()
    await intake.ask("offline", "POST", f"/intake/v1/receipts/{sent['receipt']}:withdraw")
    assert (await asked(intake, "a"))["a"]["receipt"]["state"] == "withdrawn"


async def test_an_interviewer_asks_for_the_own_unit_and_learns_nothing_of_others(intake):
    intake.be("ivy", "interviewer", unit="zhangjiagang")
    intake.be("ken", "interviewer", unit="kunshan")
    await intake.post("offline", PATH, content(source_id="a"))
    assert await arrivals(intake, "a", who="ivy") == ["arrived"]
    assert await arrivals(intake, "a", who="ken") == ["not_arrived"]


@pytest.mark.parametrize(("who", "channel"), [("wechat", "offline"), ("ann", "offline"), ("lead", "wechat")])
async def test_nobody_asks_for_anothers_channel(intake, who, channel):
    answer = await intake.ask(who, "POST", ASK, campaign="suzhou-2024", channel=channel, source_ids=["a"])
    assert answer.status_code == 403


async def test_the_same_id_in_another_channel_is_another_form(intake):
    await intake.post("offline", PATH, content(source_id="a"))
    assert await arrivals(intake, "a", who="wechat", channel="wechat") == ["not_arrived"]


async def test_a_thousand_ids_are_answered_at_once_in_order_and_more_are_refused(intake):
    ids = [f"s{number}" for number in range(MOST_IDS)]
    await intake.post("offline", f"{PATH}:batch", b"\n".join(content(source_id=id) for id in ids[::2]))
    told = await asked(intake, *ids)
    assert list(told) == ids
    assert [each["arrival"] for each in told.values()] == ["arrived", "not_arrived"] * (MOST_IDS // 2)
    body = {"campaign": "suzhou-2024", "channel": "offline", "source_ids": [*ids, "more"]}
    answer = await intake.post("offline", ASK, orjson.dumps(body))
    assert answer.status_code == 422


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'{"campaign":"suzhou-2024","channel":"offline","source_ids":[""]}', b"\xff"]
)
async def test_a_question_that_is_none_is_told_so(intake, body):
    assert (await intake.post("offline", ASK, body)).status_code in (400, 422)
