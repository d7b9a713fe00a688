"""A withdrawal makes the data unreadable at once, wherever it lies: every file is searched with every key."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from base64 import b64encode

import pytest

from services.cli import rotating
from services.intake.app import build
from services.intake.quarantine.store import CONTENTS
from services.intake.unsealing.store import SEALED
from shared.events import Topic
from shared.privacy import KeyRing
from shared.settings import Settings
from tests.services.intake.attachments.client import Client
from tests.services.intake.forms import FORM, content
from tests.services.intake.searching import contents, opened
from tests.services.running import running, until

PATH = "/intake/v1/submissions"
CAMPAIGN = "suzhou-2024"
NAME, WORDS = "沈晓燕", "想要一个哺乳室"
RECORDING = b"the recording of an interview " * 5000
pytestmark = [
    pytest.mark.timeout(120),
    pytest.mark.parametrize("engine", ["embedded"], indirect=True),  # whose files can be read here
]


@pytest.fixture(autouse=True)
def attachments_in_reach(monkeypatch, tmp_path):
    monkeypatch.setenv("DAFANGTAN_INTAKE_ATTACHMENTS_DIR", str(tmp_path / "attachments"))


def keyring(folder):
    return KeyRing.load(folder / "keys.json")


def words_of(folder, ids):
    """What can be read of each of ``ids``, as one text."""
    found = opened(contents(folder), keyring(folder), ids)
    return {id: b"\n".join(texts).decode() for id, texts in found.items()}


async def taken_in(intake, source_id="one", **respondent):
    answer = await intake.post(
        "offline", PATH, content(source_id=source_id, respondent=FORM["respondent"] | respondent)
    )
    return answer.json()


async def read_back(intake, accepted):
    async def is_back():
        return await intake.platform.store.get(SEALED, accepted["submission_id"]) is not None

    await until(is_back, "the event to be read back from the log")


async def withdraw(intake, accepted):
    path = f"/intake/v1/public/receipts/{accepted['receipt']}:withdraw"
    answer = await intake.client.post(path, json={"code": accepted["withdrawal_code"]})
    assert answer.json()["standing"] == "withdrawn"


async def nothing_left(folder, ids):
    async def is_gone():
        return not any(words_of(folder, ids).values())

    await until(is_gone, "the last traces to be gone from the store's file")


async def test_no_file_and_no_key_tells_what_was_withdrawn_and_all_else_is_there(intake, tmp_path):
    mine = await taken_in(intake)
    others = await taken_in(intake, "another", name="钱小明", phone="13700001111")
    copy = (await intake.post("offline", PATH, content(source_id="one", edition="later"))).json()["kept_as"]
    client = Client(intake, mine["receipt"], tmp_path)
    assert (await client.add(RECORDING)).status_code == 201
    await read_back(intake, others)
    await read_back(intake, mine)
    my_ids = (mine["submission_id"], copy)
    for told in words_of(tmp_path, my_ids).values():  # the search finds what can be found
        assert NAME in told
        assert WORDS in told
    await withdraw(intake, mine)
    await nothing_left(tmp_path, my_ids)
    assert "钱小明" in words_of(tmp_path, [others["submission_id"]])[others["submission_id"]]
    for answer in (
        await client.ask("GET"),
        await intake.ask("offline", "GET", f"/intake/v1/receipts/{mine['receipt']}"),
    ):
        assert NAME not in answer.text
    _assert_nothing_in_plain_text(tmp_path)


async def test_what_waits_in_the_spool_is_unreadable_before_it_is_even_relayed(intake, engine, tmp_path):
    other = sqlite3.connect(engine.log_url.removeprefix("sqlite:///"), isolation_level=None, timeout=30)
    other.execute("BEGIN EXCLUSIVE")
    mine = await taken_in(intake)
    assert (tmp_path / "spool" / "slot-0").stat().st_size > 0
    assert NAME in words_of(tmp_path, [mine["submission_id"]])[mine["submission_id"]]
    await withdraw(intake, mine)
    await nothing_left(tmp_path, [mine["submission_id"]])
    assert (tmp_path / "spool" / "slot-0").stat().st_size > 0
    other.execute("ROLLBACK")
    other.close()

    async def is_told():
        return len(await intake.events(Topic.SUBMISSIONS)) == 2

    await until(is_told, "both events to be in the log")
    await nothing_left(tmp_path, [mine["submission_id"]])

    async def is_cleared():
        document = await intake.platform.store.get(SEALED, mine["submission_id"])
        return document is not None and document.body == {"campaign": CAMPAIGN, "is_withdrawn": True}

    await until(is_cleared, "the withdrawal to be read back, whichever came first")


async def test_an_older_backup_of_the_store_opens_nothing_after_the_next_rotation(intake, engine, tmp_path):
    mine = await taken_in(intake)
    backup = tmp_path / "backup"
    backup.mkdir()
    for path in (*tmp_path.glob("store.db*"), *tmp_path.glob("log.db*")):
        shutil.copy(path, backup)
    await withdraw(intake, mine)
    ids = [mine["submission_id"]]
    files = contents(backup)
    assert opened(files, keyring(tmp_path), ids)[ids[0]]  # till then it does: rotate often
    settings = Settings(store_url=engine.store_url, keys_file=tmp_path / "keys.json")
    await asyncio.to_thread(rotating.rotate, settings, [CAMPAIGN], 0.0)
    assert opened(files + contents(tmp_path), keyring(tmp_path), ids) == {ids[0]: []}


async def test_a_store_from_a_backup_takes_back_by_itself_what_was_withdrawn_since(
    engine, tmp_path, clock, monkeypatch
):
    monkeypatch.setenv("DAFANGTAN_INTAKE_SPOOL_DIR", str(tmp_path / "spool"))
    store = tmp_path / "store.db"
    async with running(build, engine, tmp_path, clock) as intake:
        intake.be_channels()
        mine, other = await taken_in(intake), await taken_in(intake, "another", phone="13700001111")
        await intake.post("offline", PATH, content(source_id="one", edition="later"))
        await read_back(intake, mine)
        await read_back(intake, other)
    backup = store.read_bytes()
    async with running(build, engine, tmp_path, clock) as intake:
        intake.be_channels()
        await withdraw(intake, mine)
    store.write_bytes(backup)
    for left in tmp_path.glob("store.db-*"):
        left.unlink()
    ids = [mine["submission_id"]]
    assert NAME in words_of(tmp_path, ids)[ids[0]]
    async with running(build, engine, tmp_path, clock) as intake:
        intake.be_channels()
        await nothing_left(tmp_path, ids)
        answers = [
            (await intake.ask("offline", "GET", f"/intake/v1/receipts/{each['receipt']}")).json()["state"]
            for each in (mine, other)
        ]
        assert answers == ["withdrawn", "accepted"]
        assert (await intake.platform.store.count(CONTENTS), len(await intake.events(Topic.SUBMISSIONS))) == (
            0,
            3,
        )


async def test_a_store_from_before_a_submission_takes_it_back_though_its_sender_repeats_it(
    engine, tmp_path, clock, monkeypatch
):
    monkeypatch.setenv("DAFANGTAN_INTAKE_SPOOL_DIR", str(tmp_path / "spool"))
    store = tmp_path / "store.db"
    async with running(build, engine, tmp_path, clock):
        pass
    backup = store.read_bytes()
    async with running(build, engine, tmp_path, clock) as intake:
        intake.be_channels()
        mine = await taken_in(intake)
        await withdraw(intake, mine)
    store.write_bytes(backup)
    for left in tmp_path.glob("store.db-*"):
        left.unlink()
    async with running(build, engine, tmp_path, clock) as intake:
        intake.be_channels()
        await read_back(intake, mine)
        assert (await taken_in(intake))["receipt"] == mine["receipt"]
        await nothing_left(tmp_path, [mine["submission_id"]])
        answer = await intake.ask("offline", "GET", f"/intake/v1/receipts/{mine['receipt']}")
        assert answer.json()["state"] == "withdrawn"


def _assert_nothing_in_plain_text(folder):
    for file in contents(folder):
        for word in (NAME, WORDS, "13912345678", "江南精密", "访谈录音"):
            for encoding in ("utf-8", "gb18030", "utf-16-le", "utf-16-be"):
                assert word.encode(encoding) not in file
            assert b64encode(word.encode()).rstrip(b"=")[:-1] not in file
        assert RECORDING[:60] not in file
