"""What a listener gets, however fast or slow it is, and how many there may be."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from types import SimpleNamespace

import pytest
from fastapi import FastAPI
from prometheus_client import REGISTRY

from services.quota.live import listening
from services.quota.live.channel import Channel
from services.quota.live.listening import KEEP_ALIVE, Listener, Places, TooManyListeners
from services.quota.live.picture import Picture
from services.quota.live.scope import Scope
from shared.http.streams import Streams
from tests.services.quota.live.boards import merged, picture, told
from tests.services.running import until
from tests.shared.http.test_streams import Client

ALL = Scope(sees_all=True)


class Board:
    """A channel of all, and its pictures."""

    def __init__(self, scope: Scope = ALL) -> None:
        self.picture: Picture = picture({})
        self.channel = Channel(scope, self.picture)

    def count(self, eligible: int, unit: str = "taicang", bucket: str = "eligible") -> None:
        sums = {**self.picture.counts.sums, unit: {bucket: eligible}}
        self.picture = picture(sums, self.picture, at=f"t{eligible}")
        self.channel.show(self.picture)

    async def listener(self, last_id: str = "", leave: Callable[[], None] = lambda: None) -> Listener:
        """One whose stream has begun."""
        listener = Listener(self.channel, last_id, leave)
        assert (await listener.next()).startswith(b"retry: ")
        return listener


def counted(name: str) -> float:
    return REGISTRY.get_sample_value(f"dafangtan_quota_stream_{name}") or 0.0


async def test_a_listener_gets_all_and_then_what_changes() -> None:
    board = Board()
    listener = await board.listener()
    name, _, page = told(await listener.next())
    assert name == "board"
    waiting = asyncio.create_task(listener.next())
    await asyncio.sleep(0)
    board.count(3)
    name, id, change = told(await waiting)
    assert (name, id) == ("change", board.channel.view.id)
    assert merged(page, change)["totals"]["counted"] == 3


async def test_everybody_gets_the_same_bytes() -> None:
    board = Board()
    listeners = [await board.listener() for _ in range(3)]
    first = [await each.next() for each in listeners]
    waiting = [asyncio.create_task(each.next()) for each in listeners]
    await asyncio.sleep(0)
    board.count(1)
    second = await asyncio.gather(*waiting)
    assert {id(each) for each in first} == {id(first[0])}
    assert {id(each) for each in second} == {id(second[0])}


async def test_who_comes_again_with_what_stands_hears_nothing_until_something_changes() -> None:
    board = Board()
    listener = await board.listener(last_id=board.channel.view.id)
    waiting = asyncio.create_task(listener.next())
    await asyncio.sleep(0)
    assert not waiting.done()
    board.count(1)
    assert told(await waiting)[0] == "change"


async def test_who_comes_again_gets_the_one_change_that_he_missed_or_all() -> None:
    board = Board()
    ids = [board.channel.view.id]
    for number in (1, 2):
        board.count(number)
        ids.append(board.channel.view.id)
    names = [told(await (await board.listener(id)).next())[0] for id in [*ids[:2], "nonsense", ""]]
    assert names == ["board", "change", "board", "board"]


async def test_a_slow_listener_goes_on_from_the_newest_and_holds_nothing_between() -> None:
    board = Board()
    slow = await board.listener()
    await slow.next()
    skipped = counted("skipped_changes_total")
    for number in range(1, 6):
        board.count(number)
    name, id, page = told(await slow.next())
    assert (name, id, page["totals"]["counted"]) == ("board", board.channel.view.id, 5)
    assert counted("skipped_changes_total") == skipped + 4


async def test_who_takes_nothing_holds_nobody_up() -> None:
    board, app = Board(), FastAPI()
    app.state.lifecycle = SimpleNamespace(streams=Streams())
    stuck, quick = Client(app, takes=2), Client(app)
    getting = [
        asyncio.create_task(client.get(Listener(board.channel, "", lambda: None)))
        for client in (stuck, quick)
    ]

    async def has_heard(changes: int) -> bool:
        return len(quick.sent) == changes + 3  # the head, when to come again, and the board come first

    for number in range(6):
        board.count(number)
        await until(partial(has_heard, number), f"{number} changes", within_s=5)
    heard = [told(event)[2]["totals"]["counted"] for event in quick.sent[2:]]
    assert heard == [0, 1, 2, 3, 4, 5]
    assert len(stuck.sent) == 2
    for task in getting:
        task.cancel()


async def test_a_unit_hears_nothing_of_what_it_may_not_see() -> None:
    board = Board(Scope(unit="kunshan"))
    listener = await board.listener()
    await listener.next()
    waiting = asyncio.create_task(listener.next())
    board.count(7)
    board.count(2, bucket="withdrawn")
    await asyncio.sleep(0)
    assert not waiting.done()
    board.count(1, unit="kunshan")
    assert told(await waiting)[2]["own"]["unit"]["eligible"] == 1


async def test_a_comment_keeps_the_connection_alive(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listening, "KEEP_ALIVE_S", 0.01)
    listener = await Board().listener()
    await listener.next()
    assert await listener.next() == KEEP_ALIVE


async def test_there_are_so_many_places_and_each_has_his_part() -> None:
    places = Places(at_most=3, each_at_most=2)
    before = counted("listeners")
    places.take("ann")
    places.take("ann")
    with pytest.raises(TooManyListeners, match="您已有 2 个实时连接"):
        places.take("ann")
    places.take("bob")
    with pytest.raises(TooManyListeners, match="已满") as refused:
        places.take("cid")
    assert refused.value.after_s >= 1
    assert counted("listeners") == before + 3
    for subject in ("ann", "ann", "bob"):
        places.leave(subject)
    places.take("cid")
    places.leave("cid")
    assert counted("listeners") == before


async def test_whoever_leaves_gives_the_place_back() -> None:
    board, left = Board(), list[bool]()
    listener = await board.listener(leave=lambda: left.append(True))
    assert board.channel.listener_count == 1
    listener.close()
    assert (board.channel.listener_count, left) == (0, [True])
