"""Posts: messages with their thread."""

import orjson
import pytest

from services.intake.channels.app_board import store
from shared.events import Topic
from tests.services.intake.app_board.backend import CAMPAIGN, POSTS, everything_on_disk, post


async def told(app):
    return [orjson.loads(event.data) for event in await app.service.events(Topic.SUBMISSIONS)]


async def sent(app, **changes):
    return await app.send("POST", POSTS, post(**changes))


async def test_a_post_is_a_message_of_the_app_and_gets_a_receipt_and_a_thread(app):
    answer = await sent(app)
    (event,) = await told(app)
    assert answer.json()["submission_id"] == event["submission_id"]
    assert (event["channel"], event["mode"], event["unit"]) == ("app", "online", "city")
    assert event["consent"]["how"] == "ticked"
    assert event["texts_given"] == ["message"]
    assert answer.json()["thread"]


async def test_a_post_may_name_its_unit(app):
    await sent(app, unit="taicang")
    assert (await told(app))[0]["unit"] == "taicang"


async def test_contact_is_voluntary_and_a_user_is_one_person_in_all_posts(app):
    await sent(app, contact=None)
    await sent(app, post_id="p-1002", contact=None)
    await sent(app, post_id="p-1003", contact=None, app_user="sgh-other")
    persons = [event["person"] for event in await told(app)]
    assert len(set(persons)) == 2
    assert None not in persons


async def test_the_same_post_again_is_answered_alike_and_other_content_is_refused(app):
    first, again = await sent(app), await sent(app)
    assert (again.status_code, again.json()) == (200, first.json())
    for changes in ({"text": "别的内容"}, {"thread": "p-900"}):
        answer = await sent(app, **changes)
        assert (answer.status_code, answer.json()["code"]) == (409, "content-differs")
    assert len(await told(app)) == 1
    assert (await sent(app)).json() == first.json()


@pytest.fixture
def narrow(monkeypatch):
    """A key may bring 3 KB at once and hardly anything after that."""
    monkeypatch.setenv("DAFANGTAN_INTAKE_KEY_BYTES_PER_S", "1024")
    monkeypatch.setenv("DAFANGTAN_INTAKE_KEY_BURST_BYTES", "3072")


@pytest.mark.usefixtures("narrow")
async def test_a_backend_over_its_rate_is_told_when_to_come_again(app):
    answers = [await sent(app, post_id=f"p-{number}") for number in range(9)]
    refused = next(answer for answer in answers if answer.status_code != 201)
    assert (refused.status_code, refused.json()["code"]) == (429, "too-many")
    assert int(refused.headers["retry-after"]) >= 1
    assert len(await told(app)) == sum(answer.status_code == 201 for answer in answers)


@pytest.mark.servers_too
async def test_posts_that_name_the_first_one_stand_in_its_thread_whatever_the_order(app):
    later = await sent(app, post_id="p-1003", thread="p-1001")
    first = await sent(app)
    reply = await sent(app, post_id="p-1002", thread="p-1001")
    to_a_reply = await sent(app, post_id="p-1004", thread="p-1003")
    another = await sent(app, post_id="p-2001")
    threads = [answer.json()["thread"] for answer in (later, first, reply, to_a_reply)]
    assert len(set(threads)) == 1
    assert another.json()["thread"] not in threads
    assert (await sent(app, post_id="p-1004", thread="p-1003")).json() == to_a_reply.json()
    body = (await app.service.platform.store.get(store.THREADS, threads[0])).body
    assert (body["post_count"], body["is_waiting"]) == (4, True)


async def test_nobodys_post_comes_to_stand_in_anothers_thread(app):
    first = await sent(app)
    stranger = await sent(app, post_id="p-1002", thread="p-1001", app_user="sgh-other")
    assert stranger.status_code == 201
    assert stranger.json()["thread"] != first.json()["thread"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"text": "  \n"}, "text"),
        ({"text": "x" * 5001}, "text"),
        ({"post_id": None}, "post_id"),
        ({"app_user": ""}, "app_user"),
        ({"consent": None}, "consent"),
        ({"consent": {"version": "1999", "given_at": "2024-05-20T09:29:00+08:00"}}, "consent.version"),
        ({"unit": "atlantis"}, "unit"),
        ({"posted_at": "2024-05-20 09:30"}, "posted_at"),
        ({"posted_at": "2024-06-01T09:40:01+08:00"}, "posted_at"),
        ({"contact": {"wechat": "x"}}, "contact.wechat"),
    ],
)
async def test_what_is_wrong_with_a_post_is_told_by_its_field_and_nothing_is_stored(app, changes, field):
    answer = await sent(app, **changes)
    assert answer.status_code == 422
    assert field in str(answer.json())
    assert await told(app) == []
    for collection in (store.POSTS, store.THREADS):
        assert await app.service.platform.store.count(collection) == 0


async def test_nothing_personal_lies_in_any_file(app, tmp_path):
    await sent(app, thread="p-1001-the-first")
    found = everything_on_disk(tmp_path)
    for detail in ("热水", "沈晓燕", "13912345678", "sgh-8842-0071", "p-1001"):
        assert detail.encode() not in found
        assert orjson.dumps(detail)[1:-1] not in found


@pytest.mark.servers_too
async def test_a_post_that_was_withdrawn_and_comes_again_is_answered_and_stands_nowhere(app):
    first = await sent(app)
    await app.service.ask("app", "POST", f"/intake/v1/receipts/{first.json()['receipt']}:withdraw")
    again = await sent(app)
    assert (again.status_code, again.json()["state"]) == (200, "withdrawn")


async def test_a_channel_key_alone_does_not_post(app):
    answer = await app.service.post("app", f"/intake/v1/app/{CAMPAIGN}/posts", post())
    assert answer.json()["code"] == "bad-signature-headers"
