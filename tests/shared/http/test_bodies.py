"""How much of a body comes."""

import asyncio

import pytest

from shared.http import bodies
from shared.http.bodies import IS_BODY_HERE, BodyOverLimit, LimitedBody, SlowBody


def body_of(*messages, limit_bytes=100, state=()):
    left = iter(messages)

    async def receive():
        return next(left)

    return LimitedBody(receive, limit_bytes, dict(state))


def part(size_bytes, *, more_body):
    return {"type": "http.request", "body": b"x" * size_bytes, "more_body": more_body}


LEFT = {"type": "http.disconnect"}


@pytest.mark.parametrize("last", [part(10, more_body=False), LEFT])
async def test_how_much_came_is_told_once_no_more_will(last):
    body, told = body_of(part(40, more_body=True), last, LEFT), []
    body.when_complete(told.append)
    await body()
    assert told == []
    await body()
    assert told == [40 + len(last.get("body", b""))]
    await body()
    assert len(told) == 1


async def test_of_a_body_that_is_there_it_is_told_at_once():
    body, told = body_of(part(40, more_body=False)), []
    await body()
    body.when_complete(told.append)
    assert told == [40]


async def test_of_a_body_over_the_limit_it_is_never_told():
    body, told = body_of(part(101, more_body=False)), []
    body.when_complete(told.append)
    with pytest.raises(BodyOverLimit):
        await body()
    assert told == []


async def test_only_a_body_that_isnt_there_yet_is_waited_for_in_time(monkeypatch):
    monkeypatch.setattr(bodies, "FIRST_WAIT_S", -1.0)

    async def receive():
        await asyncio.sleep(0)
        return part(10, more_body=False)

    with pytest.raises(SlowBody):
        await LimitedBody(receive, 100, {})()
    assert await LimitedBody(receive, 100, {IS_BODY_HERE: True})() == part(10, more_body=False)
