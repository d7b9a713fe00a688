"""Keys are rotated while a workbook is worked off or given back: nothing of it is lost, nobody has to send it again."""

import asyncio
import itertools
import sqlite3
from datetime import UTC, datetime

import pytest

from services.intake.app import build
from services.intake.channels.excel import store
from services.intake.channels.excel.result import Results
from services.intake.channels.excel.sealing import RowSealer
from services.intake.rewrapping import WRAPPED, wrap_page_anew
from shared.access import Watched
from shared.privacy import KeyDestroyed, KeyRing, Privacy, begin_rotation, finish_rotation
from tests.services.intake.excel.conftest import Importing, be_people, set_folders
from tests.services.intake.excel.workbooks import IDS, read_back, row, workbook
from tests.services.intake.test_key_rotation import CAMPAIGN, command, keys_before
from tests.services.running import running, until

NAME = IDS.index("name")


@pytest.fixture
def clock(clock):
    clock.now = datetime.now(UTC)  # the command goes by the machine's clock
    return clock


def names_beside_reasons(content):
    """The names in the rows that were refused."""
    return {each[NAME] for each in read_back(content)[1:] if each[-1]}


@pytest.mark.timeout(120)
@pytest.mark.parametrize("engine", ["embedded"], indirect=True)  # where a lock keeps the log away
async def test_an_import_that_waits_for_the_log_meanwhile_goes_on(engine, tmp_path, clock, monkeypatch):
    set_folders(monkeypatch, tmp_path)
    monkeypatch.setenv("DAFANGTAN_INTAKE_WHEN_LOG_IS_AWAY", "refuse")
    rows = [row(number, age="老" if number % 3 else 29, name=f"李{number}") for number in range(150)]
    async with running(build, engine, tmp_path, clock) as intake:
        be_people(intake)
        importing = Importing(intake, tmp_path)
        runner = importing.component("intake.imports")
        lock = sqlite3.connect(
            engine.log_url.removeprefix("sqlite:///"), isolation_level=None, check_same_thread=False
        )
        await asyncio.to_thread(lock.execute, "BEGIN IMMEDIATE")
        id = (await importing.upload(workbook(rows)))["id"]

        async def waits():
            return bool(runner.health().detail)

        await until(waits, "the job to wait")
        async with command(engine, tmp_path, 0.5) as process:
            told, _ = await process.communicate()
        assert process.returncode == 0, told.decode()
        assert keys_before(tmp_path) == ()
        lock.execute("ROLLBACK")
        lock.close()
        job = await importing.end_of(id)
        assert (job["state"], job["accepted"], job["refused"]) == ("done", 50, 100)
        refused = names_beside_reasons(await importing.workbook(id))
        assert refused == {f"李{number}" for number in range(150) if number % 3}


async def rotate(opened, keys_file):
    """As the command does it, at once."""
    begin_rotation(keys_file, CAMPAIGN)
    privacy = Privacy.for_campaign(KeyRing.load(keys_file), CAMPAIGN)
    for wrapped in WRAPPED:
        cursor = None
        while True:
            cursor = (await wrap_page_anew(opened, {CAMPAIGN: privacy}, wrapped, cursor)).cursor
            if cursor is None:
                break
    finish_rotation(keys_file, CAMPAIGN, privacy.sealer.current_id)


async def test_a_workbook_that_is_being_given_back_is_given_back_whole(importing):
    rows = [row(number, age="老", name=f"李{number}") for number in range(300)]
    id = (await importing.ended(workbook(rows)))["id"]
    opened, keys_file = importing.intake.platform.store, importing.intake.platform.settings.keys_file
    job = store.job_of(await opened.get(store.JOBS, id))
    keys = Watched(keys_file, KeyRing.load, clock=itertools.count(step=1000).__next__)  # looks every time
    privacy = Privacy.live(keys, CAMPAIGN)
    sealer = RowSealer({CAMPAIGN: privacy})
    parts = Results(opened, sealer, {CAMPAIGN: privacy}).workbook(job)
    content = await anext(parts)
    await rotate(opened, keys_file)
    with pytest.raises(KeyDestroyed):
        sealer.key_of(job)
    content += b"".join([part async for part in parts])
    assert names_beside_reasons(content) == {f"李{number}" for number in range(300)}
