"""Replies delivered: signed, in order, each under its own id, until somebody has acknowledged them."""

import asyncio
import hashlib
import hmac
import json
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from services.intake.app import build
from services.intake.channels.app_board import retries, store
from services.intake.channels.app_board.claims import Claims
from shared.access.signing_keys import add_signing_key, set_webhook
from shared.errors import Invalid
from shared.privacy import KeyRing
from tests.services.intake.app_board.backend import CAMPAIGN, POSTS, Backend, backend, post
from tests.services.running import running, until

THREADS = f"/intake/v1/app/{CAMPAIGN}/threads"


class Receiver:
    """The app's side: answers with each status in turn, then 204."""

    def __init__(self):
        self.statuses = []
        self.received = []
        self.url = ""

    @contextmanager
    def listening(self):
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                receiver.received.append((self.path, dict(self.headers.items()), body))
                self.send_response(receiver.statuses.pop(0) if receiver.statuses else 204)
                self.end_headers()

            def log_message(self, *args):
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        self.url = f"http://127.0.0.1:{server.server_port}/hook?from=union"
        try:
            yield self
        finally:
            server.shutdown()
            thread.join()
            server.server_close()

    def texts(self):
        return [json.loads(body)["text"] for _, _, body in self.received]

    def ids(self):
        return [json.loads(body)["reply_id"] for _, _, body in self.received]


@pytest.fixture
def receiver(monkeypatch):
    monkeypatch.setattr(retries, "FIRST_S", 0.02)
    with Receiver().listening() as listening:
        yield listening


@pytest.fixture
async def app(app, receiver):
    """The backend of every test here has a webhook."""
    set_webhook(app.service.platform.settings.signing_keys_file, app.key_id, receiver.url)
    return app


async def replies(app, *texts, post_id="p-1001"):
    thread = (await app.send("POST", POSTS, post(post_id=post_id))).json()["thread"]
    for text in texts:
        await app.service.ask("office", "POST", f"{THREADS}/{thread}/replies", text=text)


async def came(receiver, count):
    async def has_come():
        return len(receiver.received) >= count

    await until(has_come, f"{count} deliveries")


async def settled(app, through):
    async def is_settled():
        document = await app.service.platform.store.get(store.DELIVERIES, app.key_id)
        return document is not None and document.body["through"] >= through

    await until(is_settled, f"delivered through {through}")


def is_signed(secret, path, headers, body):
    names = {name.lower(): value for name, value in headers.items()}
    text = "\n".join(
        [
            "POST",
            path,
            names["x-dafangtan-timestamp"],
            names["x-dafangtan-nonce"],
            hashlib.sha256(body).hexdigest(),
        ]
    )
    expected = hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()
    return expected in names["x-dafangtan-signature"].split(",")


@pytest.mark.servers_too
async def test_a_reply_is_delivered_signed_in_order_and_once(app, receiver):
    await replies(app, "一", "二", "三")
    await settled(app, 3)
    assert receiver.texts() == ["一", "二", "三"]
    assert all(is_signed(app.secret, *each) for each in receiver.received)
    assert json.loads(receiver.received[0][2])["post_id"] == "p-1001"


async def test_what_is_asked_for_and_what_is_delivered_is_the_same(app, receiver):
    await replies(app, "一")
    await settled(app, 1)
    asked = await app.send("GET", f"/intake/v1/app/{CAMPAIGN}/replies")
    assert asked.json()["replies"] == [json.loads(receiver.received[0][2])]


@pytest.mark.parametrize("status", [500, 503, 401, 404, 301, 429])
async def test_what_is_not_acknowledged_comes_again_with_the_same_id_before_anything_later(
    app, receiver, status
):
    receiver.statuses = [status, status]
    await replies(app, "一", "二")
    await settled(app, 2)
    assert receiver.texts() == ["一", "一", "一", "二"]
    assert len(set(receiver.ids())) == 2
    nonces = [headers["X-Dafangtan-Nonce"] for _, headers, _ in receiver.received]
    assert len(set(nonces)) == 4


@pytest.mark.parametrize("status", [400, 409, 413, 422])
async def test_what_the_backend_will_never_take_holds_nothing_up(app, receiver, status):
    receiver.statuses = [status]
    await replies(app, "一", "二")
    await settled(app, 2)
    assert receiver.texts() == ["一", "二"]


async def test_a_backend_that_is_away_is_waited_for_and_the_service_stays_ready(app, receiver, monkeypatch):
    key_file = app.service.platform.settings.signing_keys_file
    set_webhook(key_file, app.key_id, "http://127.0.0.1:9/nobody")
    await replies(app, "一")
    webhooks = next(each for each in app.service.service.components if each.name == "intake.app_webhooks")

    async def says_so():
        return app.key_id in webhooks.health().detail

    await until(says_so, "the health to tell it")
    assert webhooks.health().is_ready
    assert (await app.service.client.get("/readyz")).status_code == 200
    set_webhook(key_file, app.key_id, receiver.url)
    await settled(app, 1)
    assert receiver.texts() == ["一"]


async def test_after_a_restart_it_goes_on_where_it_was(app, receiver, engine, tmp_path, clock):
    await replies(app, "一", "二")
    await settled(app, 2)
    for component in app.service.service.components:
        if component.name == "intake.app_webhooks":
            await component.stop()
    await replies(app, "三", post_id="p-3")
    async with running(build, engine, tmp_path, clock):
        await settled(app, 3)
    assert receiver.texts() == ["一", "二", "三"]
    assert len(set(receiver.ids())) == 3


@pytest.mark.servers_too
async def test_the_claim_of_a_dead_process_ends_by_itself(app, receiver, clock):
    held = {"through": 0, "held_by": "the dead", "held_until_s": int(clock().timestamp()) + 60}
    async with app.service.platform.store.transaction() as transaction:
        await transaction.insert(store.DELIVERIES, app.key_id, held)
    await replies(app, "一")
    (webhooks,) = [each for each in app.service.service.components if each.name == "intake.app_webhooks"]
    assert receiver.received == []
    clock.advance(timedelta(seconds=61))
    webhooks.wake()
    await settled(app, 1)
    assert receiver.texts() == ["一"]


async def test_what_one_process_delivers_no_other_touches_until_its_claim_ends(app, clock):
    first, other = [Claims(name, app.service.platform.store, clock) for name in ("first", "other")]
    assert await first.take("key") == 0
    assert await other.take("key") is None
    assert await first.settle("key", 7)
    clock.advance(timedelta(seconds=61))
    assert await other.take("key") == 7
    assert not await first.settle("key", 8)
    await other.let_go("key")
    assert await first.take("key") == 7


@pytest.mark.servers_too
async def test_two_processes_deliver_each_reply_once(app, receiver, engine, tmp_path, clock):
    async with running(build, engine, tmp_path, clock):
        await replies(app, *map(str, range(20)))
        await settled(app, 20)
    assert receiver.texts() == [str(number) for number in range(20)]


async def test_a_new_backend_gets_what_is_replied_from_then_on(app, receiver, clock):
    await replies(app, "旧")
    await settled(app, 1)
    clock.advance(timedelta(minutes=1))
    with Receiver().listening() as other:
        made = await asyncio.to_thread(backend, app.service, webhook_url=other.url)
        await replies(app, "新", post_id="p-2")
        await settled(Backend(app.service, made.key_id, made.secret), 2)
        assert other.texts() == ["新"]
        assert is_signed(made.secret, *other.received[0])


@pytest.mark.parametrize(
    "url",
    ["http://app.example.com/hook", "ftp://x/", "https://", "https://user@x/", "https://x/#a", "hook"],
)
async def test_a_webhook_goes_over_https(app, url):
    settings = app.service.platform.settings
    keys = KeyRing.load(settings.keys_file).campaign(CAMPAIGN)
    now = app.service.platform.clock()
    with pytest.raises(Invalid, match="https"):
        add_signing_key(
            settings.signing_keys_file, keys, channel="app", campaign=CAMPAIGN, webhook_url=url, now=now
        )
