"""Attachments over HTTP: in one request, or resumed."""

import asyncio
import os
from datetime import timedelta

import pytest

from services.intake.app import build
from services.intake.attachments.cleaning import Cleaner
from services.intake.attachments.store import ATTACHMENTS, REMOVALS, UPLOADS
from services.intake.store import REGISTRATIONS
from tests.services.intake.attachments.client import TUS, Client, metadata
from tests.services.intake.forms import content
from tests.services.running import running, until

CONTENT = "沈晓燕说：加班太多。".encode() * 12_000


async def test_an_attachment_is_kept_sealed_and_listed_without_its_name(client):
    answer = await client.add(CONTENT, name="沈晓燕的录音.m4a")
    assert answer.status_code == 201, answer.text
    attachment = answer.json()
    assert attachment["size_bytes"] == len(CONTENT)
    assert (attachment["media_type"], attachment["kind"]) == ("audio/mp4", "file")
    assert (await client.ask("GET")).json() == {"attachments": [attachment]}
    on_disk = client.bytes_on_disk()
    assert CONTENT[:60] not in on_disk
    assert "沈晓燕".encode() not in on_disk


@pytest.mark.servers_too
async def test_the_same_again_is_the_same_attachment_and_other_content_under_its_name_is_refused(client):
    first = await client.add(CONTENT)
    again = await client.add(CONTENT)
    assert (again.status_code, again.json()) == (200, first.json())
    other = await client.add(CONTENT + b"!")
    assert (other.status_code, other.json()["code"]) == (409, "attachment-differs")
    elsewhere = await client.add(CONTENT + b"!", name="第二段.m4a")
    assert elsewhere.status_code == 201
    assert len((await client.ask("GET")).json()["attachments"]) == 2
    await until(lambda: only_files(client, 2), "what isn't needed to be removed")


async def only_files(client, count):
    """Whether so many are left, after the cleaner's next round (the service's own looks every half minute)."""
    cleaner = next(each for each in client.intake.service.components if isinstance(each, Cleaner))
    await cleaner.clean()
    return len(client.files()) == count


@pytest.mark.servers_too
async def test_an_upload_is_taken_up_where_it_was_left(client):
    where = await client.begin(len(CONTENT))
    assert await client.offset(where) == 0
    first = await client.send(where, 0, CONTENT[:100_000])
    assert (first.status_code, first.headers["upload-offset"]) == (204, "100000")
    assert "upload-expires" in first.headers
    assert (await client.ask("GET")).json() == {"attachments": []}
    last = await client.send(where, await client.offset(where), CONTENT[100_000:])
    assert (last.status_code, last.headers["upload-offset"]) == (204, str(len(CONTENT)))
    (attachment,) = (await client.ask("GET")).json()["attachments"]
    assert attachment["size_bytes"] == len(CONTENT)
    assert (await client.add(CONTENT)).json() == attachment


async def test_the_answer_that_got_lost_can_be_asked_for_again(client):
    where = await client.begin(len(CONTENT))
    await client.send(where, 0, CONTENT)
    assert await client.offset(where) == len(CONTENT)
    again = await client.send(where, len(CONTENT), b"")
    assert (again.status_code, again.headers["upload-offset"]) == (204, str(len(CONTENT)))


async def test_a_part_for_another_place_is_refused_and_changes_nothing(client):
    where = await client.begin(10)
    await client.send(where, 0, b"01234")
    for offset in (0, 4, 6):
        answer = await client.send(where, offset, b"x")
        assert (answer.status_code, answer.json()["code"]) == (409, "offset-moved")
    assert await client.offset(where) == 5


async def test_more_than_was_announced_is_refused(client):
    where = await client.begin(10)
    answer = await client.send(where, 0, b"0123456789+")
    assert answer.status_code == 413
    assert answer.headers["tus-resumable"] == "1.0.0"


@pytest.mark.parametrize("length", [0, 1, 65_536, 131_072])
async def test_a_file_of_any_length_can_be_uploaded(client, length):
    where = await client.begin(length)
    await client.send(where, 0, b"x" * length)
    (attachment,) = (await client.ask("GET")).json()["attachments"]
    assert attachment["size_bytes"] == length


async def test_what_came_before_the_line_went_dead_is_there(client):
    where = await client.begin(len(CONTENT))
    sent, hanging = asyncio.Event(), asyncio.Event()

    async def slowly():
        yield CONTENT[:70_000]
        sent.set()
        await hanging.wait()

    sending = asyncio.create_task(client.send(where, 0, slowly()))
    await sent.wait()
    busy = await client.ask("HEAD", where, **TUS)
    assert busy.status_code == 423
    sending.cancel()
    await asyncio.wait([sending])
    assert await client.offset(where) == 70_000


async def test_a_client_that_leaves_amid_a_part_loses_nothing_that_arrived(client):
    where = await client.begin(len(CONTENT))
    part = {"content-type": "application/offset+octet-stream", "upload-offset": "0"}
    await client.leave_amid("PATCH", where, CONTENT[:70_000], **TUS, **part)
    assert await client.offset(where) == 70_000


async def test_a_whole_file_that_broke_off_leaves_nothing(client):
    where = f"/intake/v1/receipts/{client.receipt}/attachments"
    await client.leave_amid("POST", where, CONTENT[:300_000], **metadata(filename="访谈录音.m4a"))
    assert (await client.ask("GET")).json() == {"attachments": []}
    await until(lambda: only_files(client, 0), "the part to be removed")
    assert (await client.add(CONTENT)).status_code == 201


async def restarted(engine, tmp_path, clock):
    """The services of one place, one after the other, each with a client."""
    receipt = None
    while True:
        async with running(build, engine, tmp_path, clock) as intake:
            intake.be("interviewer", "interviewer", unit="zhangjiagang")
            intake.be_channels()
            if receipt is None:
                receipt = (await intake.post("offline", "/intake/v1/submissions", content())).json()[
                    "receipt"
                ]
            yield Client(intake, receipt, tmp_path, "interviewer")


@pytest.fixture
def folders(tmp_path, monkeypatch):
    monkeypatch.setenv("DAFANGTAN_INTAKE_SPOOL_DIR", str(tmp_path / "spool"))
    monkeypatch.setenv("DAFANGTAN_INTAKE_ATTACHMENTS_DIR", str(tmp_path / "attachments"))


async def test_an_upload_survives_a_restart_of_the_service(engine, tmp_path, clock, folders):
    services = restarted(engine, tmp_path, clock)
    before = await anext(services)
    where = await before.begin(len(CONTENT))
    await before.send(where, 0, CONTENT[:100_001])
    after = await anext(services)
    assert await after.offset(where) == 100_001
    assert (await after.send(where, 100_001, CONTENT[100_001:])).status_code == 204
    (attachment,) = (await after.ask("GET")).json()["attachments"]
    assert attachment["size_bytes"] == len(CONTENT)
    assert (await after.add(CONTENT)).status_code == 200
    await services.aclose()


async def test_a_whole_file_that_was_not_entered_before_the_process_died_is_entered_when_asked_for(client):
    where = await client.begin(len(CONTENT))
    await client.send(where, 0, CONTENT)
    store = client.intake.platform.store
    upload_id = where.rpartition("/")[2]
    async with store.transaction() as transaction:  # as if the last step had not been taken
        document = await transaction.get(UPLOADS, upload_id)
        await transaction.delete(ATTACHMENTS, document.body["attachment_id"])
        body = {**document.body, "is_finished": False}
        await transaction.replace(UPLOADS, upload_id, body, version=document.version)
    assert await client.offset(where) == len(CONTENT)
    assert len((await client.ask("GET")).json()["attachments"]) == 1


@pytest.mark.servers_too
async def test_what_was_begun_and_forgotten_expires(client, clock):
    where = await client.begin(len(CONTENT))
    await client.send(where, 0, CONTENT[:100])
    whole = await client.begin(4, name="notes.txt")
    await client.send(whole, 0, b"note")
    clock.advance(timedelta(days=8))
    assert (await client.ask("HEAD", where, **TUS)).status_code == 404
    assert (await client.send(where, 100, b"x")).json()["code"] == "unknown-upload"
    await until(lambda: only_files(client, 1), "the part to be removed")
    store = client.intake.platform.store
    assert await store.count(UPLOADS) == await store.count(REMOVALS) == 0
    assert len((await client.ask("GET")).json()["attachments"]) == 1


async def test_withdrawing_the_submission_makes_its_attachments_unreadable_and_removes_them(client):
    await client.add(CONTENT)
    where = await client.begin(len(CONTENT), name="第二段.m4a")
    await client.send(where, 0, CONTENT[:1000])
    receipt = f"/intake/v1/receipts/{client.receipt}"
    assert (await client.intake.ask("offline", "POST", f"{receipt}:withdraw")).status_code == 200
    assert (await client.ask("GET")).json() == {"attachments": []}
    for late in (await client.send(where, 1000, CONTENT[1000:]), await client.add(CONTENT, name="晚了.m4a")):
        assert (late.status_code, late.json()["code"]) == (409, "already-withdrawn")
    await until(lambda: only_files(client, 0), "the files to be removed")


async def test_a_file_whose_submission_is_withdrawn_while_it_is_sent_is_not_kept(client):
    receipt = f"/intake/v1/receipts/{client.receipt}"

    async def withdrawn_meanwhile():
        yield CONTENT[:300_000]
        await client.intake.ask("offline", "POST", f"{receipt}:withdraw")
        yield CONTENT[300_000:]

    answer = await client.add(withdrawn_meanwhile())
    assert answer.status_code in (404, 409)
    await until(lambda: only_files(client, 0), "the files to be removed")


@pytest.mark.servers_too
async def test_a_withdrawal_that_did_not_see_the_upload_stops_it_too(client):
    store = client.intake.platform.store

    async def withdrawn_meanwhile():
        yield CONTENT[:300_000]
        async with store.transaction() as transaction:
            document = await transaction.get(REGISTRATIONS, client.receipt)
            body = {**document.body, "wrapped_key": None}
            await transaction.replace(REGISTRATIONS, document.id, body, version=document.version)
        yield CONTENT[300_000:]

    answer = await client.add(withdrawn_meanwhile())
    assert (answer.status_code, answer.json()["code"]) == (409, "already-withdrawn")
    assert await store.count(UPLOADS) == await store.count(ATTACHMENTS) == 0
    await until(lambda: only_files(client, 0), "the file to be removed")


async def test_who_may_not_add_to_a_submission_is_told_that_there_is_no_such_receipt(client):
    for who in ("stranger", "ann", "wechat", "office"):
        client.who = who
        answer = await client.add(CONTENT)
        assert (answer.status_code, answer.json()["code"]) == (404, "unknown-receipt"), who
    client.who = "interviewer"
    assert (await client.add(CONTENT)).status_code == 201


async def test_an_upload_belongs_to_its_submission_alone(client):
    where = await client.begin(10)
    other = await client.intake.post("offline", "/intake/v1/submissions", content(source_id="other"))
    foreign = where.replace(client.receipt, other.json()["receipt"])
    assert (await client.ask("HEAD", foreign, **TUS)).status_code == 404
    assert (await client.send(foreign, 0, b"0123456789")).status_code == 404


async def test_before_the_disk_is_full_attachments_are_refused(engine, tmp_path, clock, folders, monkeypatch):
    services = restarted(engine, tmp_path, clock)
    await anext(services)
    monkeypatch.setenv("DAFANGTAN_INTAKE_FREE_SPACE_FLOOR_BYTES", str(1 << 60))
    client = await anext(services)
    answer = await client.add(CONTENT)
    assert (answer.status_code, answer.json()["code"]) == (507, "storage-full")
    assert answer.headers["retry-after"] == "60"
    await services.aclose()


async def test_many_files_at_once_are_each_kept(client):
    contents = [os.urandom(80_000) for _ in range(20)]
    answers = await asyncio.gather(*[client.add(each, name=f"{n}.jpg") for n, each in enumerate(contents)])
    assert {answer.status_code for answer in answers} == {201}
    assert len((await client.ask("GET")).json()["attachments"]) == 20


@pytest.mark.servers_too
async def test_the_same_file_sent_twice_at_once_is_one_attachment(client):
    answers = await asyncio.gather(*[client.add(CONTENT) for _ in range(4)])
    assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 201]
    assert len({answer.json()["attachment_id"] for answer in answers}) == 1
    await until(lambda: only_files(client, 1), "the other files to be removed")
