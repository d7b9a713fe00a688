"""Forms that can't be accepted though they may be somebody's answer: kept sealed, accepted after the fix."""

from functools import partial

import pytest

from shared.events import Topic
from tests.public_cases import each_case, public_cases
from tests.services.intake.openrosa.collect import codes_in, message_of
from tests.services.intake.openrosa.conftest import of_version, serving

QUARANTINE = "/intake/v1/quarantine"
NEGATIVE = (public_cases("openrosa", "submissions.json") or {"negative": None})["negative"]


async def waiting(openrosa):
    answer = await openrosa.intake.ask("office", "GET", f"{QUARANTINE}?campaign=suzhou-2024")
    return answer.json()["items"]


async def replayed(openrosa, item):
    return (await openrosa.intake.ask("office", "POST", f"{QUARANTINE}/{item['id']}:replay")).json()


async def test_an_unknown_version_is_kept_and_accepted_once_it_is_known(engine, tmp_path, clock):
    async with serving(engine, tmp_path, clock) as openrosa:
        xml = (await openrosa.lu.fill()).replace(b'version="2024-05"', b'version="2024-08"')
        answers = [await openrosa.lu.send(xml) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [400, 400]
        (item,) = await waiting(openrosa)
        assert (item["reason"], item["adapter"]) == ("unknown-form-version", "openrosa")
        assert item["id"] in message_of(answers[0])
        assert (await replayed(openrosa, item))["state"] == "waiting"
        assert not await openrosa.intake.events(Topic.SUBMISSIONS)
    async with serving(engine, tmp_path, clock, partial(of_version, "2024-08")) as openrosa:
        item = await replayed(openrosa, item)
        assert item["state"] == "accepted"
        sent_again = await openrosa.lu.send(xml)
        assert (sent_again.status_code, len(await openrosa.intake.events(Topic.SUBMISSIONS))) == (201, 1)
        assert item["receipt"] in message_of(sent_again)


async def test_content_that_doesnt_fit_the_questionnaire_is_kept(openrosa):
    answer = await openrosa.lu.send(await openrosa.lu.fill(q01="zz"))
    assert answer.status_code == 400
    (item,) = await waiting(openrosa)
    assert item["reason"] == "content-errors"


async def test_broken_encoding_is_kept(openrosa):
    xml = (await openrosa.lu.fill()).decode().encode("gb18030")
    assert (await openrosa.lu.send(xml)).status_code == 400
    (item,) = await waiting(openrosa)
    assert item["reason"] == "broken-encoding"


async def test_what_is_kept_of_an_interview_goes_with_it(openrosa):
    first, second = "uuid:00000000-0000-0000-0000-000000000001", "uuid:00000000-0000-0000-0000-000000000002"
    sent = await openrosa.lu.send(await openrosa.lu.fill(instanceID=first))
    await openrosa.lu.send(await openrosa.lu.fill(instanceID=second, deprecatedID=first, q01="zz"))
    assert len(await waiting(openrosa)) == 1
    receipt, _ = codes_in(sent)
    withdraw = f"/intake/v1/receipts/{receipt}:withdraw"
    assert (await openrosa.intake.ask("offline", "POST", withdraw)).status_code == 200
    assert not await waiting(openrosa)


async def test_what_is_kept_names_nobody(openrosa):
    await openrosa.lu.send(await openrosa.lu.fill(q01="zz"))
    assert await waiting(openrosa)
    for path in openrosa.folder.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            for text in ("沈晓燕", "13912345678", "陆建国"):
                assert text.encode() not in content, path


@pytest.mark.parametrize("case", each_case(NEGATIVE, "instances to refuse"))
async def test_the_public_negative_cases_are_refused_and_nothing_is_stored(openrosa, case):
    answer = await openrosa.lu.send(case["instance"].encode())
    assert 400 <= answer.status_code < 500
    assert message_of(answer)
    assert not await openrosa.intake.events(Topic.SUBMISSIONS)
    assert not await waiting(openrosa)
