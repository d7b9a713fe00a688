"""How much one interviewer may bring, whatever the others do."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from shared.events import Topic
from tests.services.intake.openrosa.collect import BASE, HEADERS, body_of, message_of
from tests.services.intake.openrosa.conftest import OpenRosa, serving
from tests.services.running import ClockInTest, Engine


@pytest.fixture
async def narrow(
    engine: Engine, tmp_path: Path, clock: ClockInTest, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[OpenRosa]:
    """Intake where anybody may bring 30 KB at once and hardly anything after that."""
    monkeypatch.setenv("DAFANGTAN_INTAKE_KEY_BYTES_PER_S", "1024")
    monkeypatch.setenv("DAFANGTAN_INTAKE_KEY_BURST_BYTES", "30000")
    async with serving(engine, tmp_path, clock) as openrosa:
        yield openrosa


async def test_an_interviewer_who_posts_too_fast_waits_and_another_doesnt(narrow: OpenRosa) -> None:
    answers = [await narrow.lu.send(await narrow.lu.fill()) for _ in range(30)]
    statuses = [answer.status_code for answer in answers]
    first = statuses.index(429)
    assert set(statuses[:first]) == {201}
    assert int(answers[first].headers["retry-after"]) >= 1
    assert message_of(answers[first]) == "请求过于频繁，请稍后再试。"
    assert (await narrow.gu.send(await narrow.gu.fill(unit="kunshan", point=None))).status_code == 201
    assert len(await narrow.intake.events(Topic.SUBMISSIONS)) == statuses.count(201) + 1


async def test_who_doesnt_say_how_much_comes_counts_as_bringing_the_most_until_it_is_there(
    narrow: OpenRosa,
) -> None:
    content_type, body = body_of(await narrow.lu.fill())
    meanwhile = []

    async def pieces() -> AsyncIterator[bytes]:
        yield body[:100]
        meanwhile.append((await narrow.lu.send(await narrow.lu.fill())).status_code)
        yield body[100:]

    headers = {**HEADERS, "content-type": content_type}
    login = (narrow.lu.username, narrow.lu.password)
    answers = [
        await narrow.intake.client.post(f"{BASE}/submission", headers=headers, content=pieces(), auth=login)
        for _ in range(2)
    ]
    assert answers[0].status_code == 201
    assert meanwhile[0] == 429
    assert answers[1].status_code == 429  # where the bucket isn't full, as much as is allowed can't come
    assert (await narrow.lu.send(await narrow.lu.fill())).status_code == 201
