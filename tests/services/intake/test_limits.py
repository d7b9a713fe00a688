"""What one sender may bring: so much at a time, so many answers, so deep."""

import json

import pytest

from services.intake.app import build
from services.intake.model import MOST_ANSWERS
from shared.events import Topic
from shared.http.problems import MOST_PROBLEMS
from tests.services.intake.attachments.client import Client
from tests.services.intake.forms import content
from tests.services.running import running

PATH = "/intake/v1/submissions"


@pytest.fixture
async def narrow(engine, tmp_path, clock, monkeypatch):
    """Intake where a key may bring 20 KB at once and hardly anything after that."""
    monkeypatch.setenv("DAFANGTAN_INTAKE_SPOOL_DIR", str(tmp_path / "spool"))
    monkeypatch.setenv("DAFANGTAN_INTAKE_KEY_BYTES_PER_S", "1024")
    monkeypatch.setenv("DAFANGTAN_INTAKE_KEY_BURST_BYTES", "20000")
    async with running(build, engine, tmp_path, clock) as service:
        service.be_channels()
        yield service


async def test_a_channel_key_over_its_rate_is_told_when_to_come_again(narrow):
    answers = [await narrow.post("offline", PATH, content(source_id=f"s{number}")) for number in range(30)]
    statuses = [answer.status_code for answer in answers]
    first = statuses.index(429)
    assert set(statuses[:first]) == {201}
    assert answers[first].json()["code"] == "too-many"
    assert int(answers[first].headers["retry-after"]) >= 1
    assert len(await narrow.events(Topic.SUBMISSIONS)) == statuses.count(201)
    other = content(channel="wechat", unit="city", edition=None, answers={}, message="您好")
    assert (await narrow.post("wechat", PATH, other)).status_code == 201


async def test_a_batch_over_the_rate_is_refused_whole_with_nothing_taken_in(narrow):
    lines = [content(source_id=f"s{number}") for number in range(40)]
    first = await narrow.post("offline", f"{PATH}:batch", b"\n".join(lines))
    assert first.status_code == 200  # what is larger than the burst comes alone
    second = await narrow.post("offline", f"{PATH}:batch", b"\n".join(lines))
    assert (second.status_code, second.json()["code"]) == (429, "too-many")
    assert len(await narrow.events(Topic.SUBMISSIONS)) == 40


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", "/intake/v1/receipts/{receipt}/submission"),
        ("POST", "/intake/v1/receipts/{receipt}/attachments"),
        ("PATCH", "/intake/v1/receipts/{receipt}/attachments/0f3c9a55d2b84b6b8e0a1c2d3e4f5a6b"),
        ("POST", "/intake/v1/cases/s1/attachments"),
        ("POST", "/intake/v1/hotline/suzhou-2024/calls"),
        ("POST", "/intake/v1/hotline/suzhou-2024/calls:import"),
        ("POST", "/intake/v1/imports?campaign=suzhou-2024&edition=general"),
    ],
)
async def test_every_door_that_takes_much_holds_to_the_rate(narrow, method, path):
    accepted = (await narrow.post("offline", PATH, content())).json()
    headers = {"authorization": f"Bearer {narrow.tokens['hotline']}"}

    async def bring(size_bytes):
        where = path.format(receipt=accepted["receipt"])
        answer = await narrow.client.request(method, where, headers=headers, content=b" " * size_bytes)
        return answer.status_code

    assert await bring(25_000) != 429  # what is larger than the burst comes alone
    assert await bring(5_000) == 429
    assert (
        await narrow.client.get("/intake/v1/hotline/suzhou-2024/form", headers=headers)
    ).status_code == 200


async def test_files_whose_length_nobody_told_count_as_what_came(engine, tmp_path, clock, monkeypatch):
    monkeypatch.setenv("DAFANGTAN_INTAKE_SPOOL_DIR", str(tmp_path / "spool"))
    monkeypatch.setenv("DAFANGTAN_INTAKE_ATTACHMENTS_DIR", str(tmp_path / "attachments"))
    monkeypatch.setenv("DAFANGTAN_HTTP_ATTACHMENT_LIMIT_BYTES", "100000")
    monkeypatch.setenv("DAFANGTAN_INTAKE_KEY_BYTES_PER_S", "1024")
    monkeypatch.setenv("DAFANGTAN_INTAKE_KEY_BURST_BYTES", "250000")
    async with running(build, engine, tmp_path, clock) as service:
        service.be_channels()
        receipt = (await service.post("offline", PATH, content())).json()["receipt"]
        client = Client(service, receipt, tmp_path)
        statuses = [
            (await client.add(pieces(2, number), f"{number}.m4a")).status_code for number in range(10)
        ]
        assert statuses == [201] * 10
        statuses = [
            (await client.add(pieces(90, number), f"1{number}.m4a")).status_code for number in range(3)
        ]
        assert statuses == [201, 201, 429]


async def pieces(count, number):
    """So many KB, one after the other."""
    for _ in range(count):
        yield bytes([number]) * 1000


async def test_more_answers_than_any_questionnaire_has_questions_are_refused(intake):
    answer = await intake.post(
        "offline", PATH, content(answers={f"q{n}": "a" for n in range(MOST_ANSWERS + 1)})
    )
    assert answer.status_code == 422
    assert answer.json()["problems"] == [{"field": "answers", "message": f"最多 {MOST_ANSWERS} 项"}]


async def test_an_answer_is_never_much_longer_than_what_it_answers(intake):
    answer = await intake.post("offline", PATH, content(**{f"x{n}": 1 for n in range(5000)}))
    assert answer.status_code == 422
    assert len(answer.json()["problems"]) == MOST_PROBLEMS


@pytest.mark.parametrize("opening", [b"[", b'{"a":'])
@pytest.mark.parametrize("depth", [10, 150, 5000, 100_000])
async def test_nesting_is_refused_however_deep(intake, opening, depth):
    closing = b"]" if opening == b"[" else b"}"
    nested = opening * depth + b"1" + closing * depth
    body = content(answers={"q01": 0}).replace(b'"q01":0', b'"q01":' + nested)
    answer = await intake.post("offline", PATH, body)
    assert answer.status_code in (400, 413, 422)
    lines = await intake.post("offline", f"{PATH}:batch", body)
    assert {json.loads(line)["status"] for line in lines.text.splitlines()} <= {400, 413, 422}
