"""Replies of the staff, and how the app gets them by asking."""

import asyncio
from datetime import timedelta

import orjson
import pytest

from services.intake.channels.app_board import store
from shared.access import AuditTrail
from shared.events import Topic
from tests.services.intake.app_board.backend import CAMPAIGN, POSTS, REPLIES, everything_on_disk, post
from tests.services.running import until

THREADS = f"/intake/v1/app/{CAMPAIGN}/threads"
WORDS = "热水器周五前修好，谢谢沈女士。"


@pytest.fixture
async def thread(app):
    answer = await app.send("POST", POSTS, post(unit="taicang"))
    return answer.json()["thread"]


async def reply(app, thread, text=WORDS, *, who="office", key=None, **more):
    return await app.service.ask(who, "POST", f"{THREADS}/{thread}/replies", key=key, text=text, **more)


async def asked(app, after=0):
    return (await app.send("GET", f"{REPLIES}?after={after}")).json()


async def test_the_app_gets_a_reply_with_its_own_post_id(app, thread):
    made = await reply(app, thread)
    assert made.status_code == 201
    told = await asked(app)
    (only,) = told["replies"]
    assert (only["text"], only["post_id"], only["thread"]) == (WORDS, "p-1001", thread)
    assert only["reply_id"] == made.json()["reply_id"]
    assert not told["has_more"]


async def test_the_cursor_goes_on_where_it_was(app, thread):
    for number in range(3):
        await reply(app, thread, f"回复 {number}")
    first = await asked(app)
    assert [each["text"] for each in first["replies"]] == ["回复 0", "回复 1", "回复 2"]
    nothing = await asked(app, first["cursor"])
    assert (nothing["replies"], nothing["cursor"]) == ([], first["cursor"])
    await reply(app, thread, "回复 3")
    assert [each["text"] for each in (await asked(app, first["cursor"]))["replies"]] == ["回复 3"]


@pytest.mark.servers_too
async def test_many_replies_at_once_all_get_a_place_of_their_own(app, thread):
    await asyncio.gather(*(reply(app, thread, f"回复 {number}") for number in range(12)))
    told = (await asked(app))["replies"]
    assert [each["cursor"] for each in told] == [str(number) for number in range(1, 13)]
    assert {each["text"] for each in told} == {f"回复 {number}" for number in range(12)}


@pytest.mark.parametrize(
    ("who", "may"), [("office", True), ("admin", True), ("other", False), ("ann", False)]
)
async def test_the_office_and_the_units_own_administrator_reply(app, thread, who, may):
    answer = await reply(app, thread, who=who)
    assert answer.status_code == (201 if may else 404)
    assert len((await asked(app))["replies"]) == int(may)


async def test_a_thread_that_is_not_there_looks_like_one_that_may_not_be_seen(app, thread):
    hidden, missing = await reply(app, thread, who="other"), await reply(app, "nowhere", who="office")
    assert {**hidden.json(), "request_id": ""} == {**missing.json(), "request_id": ""}


@pytest.mark.servers_too
async def test_the_staff_sees_what_waits_and_a_unit_its_own(app, thread, clock):
    async def waiting(who, is_waiting="true"):
        answer = await app.service.ask(who, "GET", f"{THREADS}?is_waiting={is_waiting}")
        return [each["thread"] for each in answer.json()["threads"]] if answer.is_success else "hidden"

    clock.advance(timedelta(minutes=1))
    elsewhere = (await app.send("POST", POSTS, post(post_id="p-2", unit="kunshan"))).json()["thread"]
    assert await waiting("office") == [thread, elsewhere]
    assert await waiting("admin") == [thread]
    assert await waiting("other") == [elsewhere]
    assert await waiting("ann") == "hidden"
    await reply(app, thread)
    assert await waiting("admin") == []
    assert await waiting("admin", "false") == [thread]
    await app.send("POST", POSTS, post(post_id="p-3", thread="p-1001", unit="taicang"))
    assert await waiting("admin") == [thread]


async def test_a_thread_is_shown_without_what_it_says(app, thread):
    answer = await app.service.ask("admin", "GET", f"{THREADS}/{thread}")
    assert answer.json()["post_count"] == len(answer.json()["posts"]) == 1
    assert "热水" not in answer.text


@pytest.mark.servers_too
async def test_the_same_idempotency_key_makes_one_reply(app, thread):
    first, again = [await reply(app, thread, key="k1") for _ in range(2)]
    assert first.json() == again.json()
    other = await reply(app, thread, "别的", key="k1")
    assert (other.status_code, other.json()["code"]) == (409, "idempotency-key-reused")
    assert len((await asked(app))["replies"]) == 1


async def test_a_reply_answers_the_latest_post_or_the_one_that_it_names(app, thread, clock):
    clock.advance(timedelta(minutes=1))
    second = (await app.send("POST", POSTS, post(post_id="p-2", thread="p-1001"))).json()["submission_id"]
    assert (await reply(app, thread)).json()["answers"] == second
    posts = (await app.service.ask("office", "GET", f"{THREADS}/{thread}")).json()["posts"]
    first = posts[-1]["submission_id"]
    assert (await reply(app, thread, answers=first)).json()["answers"] == first
    assert (await reply(app, thread, answers="p-1001")).status_code == 422


async def test_a_reply_is_sealed_everywhere_and_a_withdrawal_makes_it_unreadable(app, thread, tmp_path):
    """What was sealed lies on disk still; its key doesn't."""
    secret_words = "您的房租补贴申请已转区住建局"
    await reply(app, thread, secret_words)
    assert secret_words.encode() not in everything_on_disk(tmp_path)
    (document,) = (
        await app.service.platform.store.find(store.REPLIES, {"thread": thread}, order_by="seq")
    ).documents
    assert secret_words not in str(document.body)
    receipt = (await app.send("POST", POSTS, post(unit="taicang"))).json()["receipt"]
    withdrawn = await app.service.ask("app", "POST", f"/intake/v1/receipts/{receipt}:withdraw")
    assert withdrawn.status_code == 200
    (told,) = (await asked(app))["replies"]
    assert (told["text"], told["post_id"], told["is_withdrawn"]) == (None, None, True)
    assert secret_words.encode() not in everything_on_disk(tmp_path)
    late = await reply(app, thread)
    assert (late.status_code, late.json()["code"]) == (409, "already-withdrawn")


async def test_every_reply_is_in_the_audit_trail_without_its_words(app, thread):
    made = await reply(app, thread, who="admin")
    trail = AuditTrail(app.service.platform.store, "intake")
    (entry, _) = (await trail.entries())[0][-1], await trail.verify()
    assert (entry.action, entry.actor["subject"]) == ("reply", "admin")
    assert entry.details["reply"] == made.json()["reply_id"]
    assert "热水" not in str(entry)


@pytest.mark.parametrize("after", ["-1", "x", "99999999999999999999"])
async def test_a_wrong_cursor_is_told(app, after):
    assert (await app.send("GET", f"{REPLIES}?after={after}")).status_code == 422


@pytest.mark.parametrize("content", [{}, {"text": " "}, {"text": "好", "colour": "red"}])
async def test_a_wrong_reply_is_told(app, thread, content):
    answer = await app.service.ask("office", "POST", f"{THREADS}/{thread}/replies", **content)
    assert answer.status_code in (400, 422)
    assert (await asked(app))["replies"] == []


async def test_a_reply_is_the_answer_to_what_the_post_raised(app):
    posted = (await app.send("POST", POSTS, post(unit="taicang"))).json()
    for key, text in (("k1", WORDS), ("k2", "热水器已修好。")):
        first, again = [await reply(app, posted["thread"], text, who="admin", key=key) for _ in range(2)]
        assert first.json() == again.json()

    async def is_answered():
        return (await app.service.client.get(f"/intake/v1/receipts/{posted['receipt']}")).json()[
            "standing"
        ] == "answered"

    await until(is_answered, "the receipt to say answered")
    told = await app.service.client.post(
        f"/intake/v1/public/receipts/{posted['receipt']}:answer", json={"code": posted["withdrawal_code"]}
    )
    assert told.json()["answer"] == "热水器已修好。"
    events = [orjson.loads(event.data) for event in await app.service.events(Topic.PROBLEMS)]
    assert [(event["submission_id"], event["revision"]) for event in events] == [
        (posted["submission_id"], 1),
        (posted["submission_id"], 2),
    ]
    entries = (await AuditTrail(app.service.platform.store, "intake").entries())[0]
    assert [entry.action for entry in entries] == ["answer_problem", "reply"] * 2


async def test_a_reply_answers_the_post_that_it_names_and_no_other(app, thread):
    second = (await app.send("POST", POSTS, post(post_id="p-2", thread="p-1001"))).json()["submission_id"]
    made = await reply(app, thread, answers=second)

    async def is_told():
        return len(await app.service.events(Topic.PROBLEMS)) == 1

    await until(is_told, "the answer to be in the log")
    (event,) = await app.service.events(Topic.PROBLEMS)
    assert orjson.loads(event.data)["submission_id"] == made.json()["answers"] == second
