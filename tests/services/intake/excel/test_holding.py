"""Workbooks of a version of the questionnaire that isn't known: held sealed, and read once it is."""

import io
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from openpyxl import load_workbook

from services.intake.app import build
from services.intake.channels.excel.jobs import JobState
from services.intake.channels.excel.progress import Progress
from services.intake.channels.excel.store import JOBS, job_of
from services.intake.channels.excel.template import write_template
from services.intake.quarantine.retention import Retention
from services.intake.quarantine.store import CONTENTS
from shared.campaign import Earlier
from shared.events import Topic
from tests.services.intake.excel.conftest import PATH, Importing, be_people, set_folders
from tests.services.intake.excel.test_imports import counts, found_on_disk
from tests.services.intake.excel.test_rotation import rotate
from tests.services.intake.excel.workbooks import CAMPAIGN, EDITION, cells_of, read_back, row
from tests.services.running import running, until

LATER = "2025-01"
QUARANTINE = "/intake/v1/quarantine"


def filled_in(version=LATER, rows=3):
    """A template of ``version`` with some rows."""
    book = load_workbook(io.BytesIO(write_template(CAMPAIGN, EDITION)))
    book["代码"]["D1"] = version
    for place in range(rows):
        for index, value in enumerate(cells_of(row(place)), 1):
            book["填写"].cell(2 + place, index, value)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def build_with_the_later_version(platform):
    """As after the later version was published."""
    campaign = platform.campaign("suzhou-2024")
    edition = campaign.editions[EDITION]
    asked = replace(edition.questionnaire, version=LATER, earlier=Earlier(edition.questionnaire, {}, {}))
    editions = {**campaign.editions, EDITION: replace(edition, questionnaire=asked)}
    return build(replace(platform, campaigns={campaign.id: replace(campaign, editions=editions)}))


@asynccontextmanager
async def importing_by(build, engine, folder, clock):
    async with running(build, engine, folder, clock) as intake:
        be_people(intake)
        yield Importing(intake, folder)


async def held(importing, content=None):
    """Upload, and wait until the workbook is held; the job and its item."""
    id = (await importing.upload(filled_in() if content is None else content))["id"]
    await until(lambda: is_in(importing, id, "held"), "the workbook to be held")
    (item,) = (await importing.quarantined())["items"]
    return await stands(importing, id), item


async def stands(importing, id):
    return (await importing.intake.ask("admin", "GET", f"{PATH}/{id}")).json()


async def is_in(importing, id, state):
    return (await stands(importing, id))["state"] == state


async def has_no_files(importing):
    return not list((importing.folder / "imports").glob("*"))


async def settled(importing, item, step, **content):
    answer = await importing.intake.ask("office", "POST", f"{QUARANTINE}/{item['id']}:{step}", **content)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_it_is_held_listed_and_its_sender_is_told(importing):
    content = filled_in()
    job, item = await held(importing, content)
    assert job["state_name"] == "待版本确认"
    assert item["id"] in job["reason"]
    assert "不必重新上传" in job["reason"]
    assert (item["adapter"], item["reason"]) == ("excel-workbook", "unknown-form-version")
    assert item["size_bytes"] >= len(content)
    assert len(list((importing.folder / "imports").glob("*.sealed"))) == 1
    assert not await importing.intake.events(Topic.SUBMISSIONS)


@pytest.mark.parametrize("engine", ["embedded"], indirect=True)
async def test_what_it_says_is_nowhere_in_plain_text(importing):
    job, _ = await held(importing, filled_in("沈晓燕"))
    assert found_on_disk(importing.folder) == set()
    assert "沈晓燕" not in job["reason"]


@pytest.mark.servers_too
async def test_once_the_version_is_known_a_replay_has_it_read_also_after_a_restart_and_a_rotation(
    engine, tmp_path, clock, monkeypatch
):
    set_folders(monkeypatch, tmp_path)
    async with importing_by(build, engine, tmp_path, clock) as before:
        job, item = await held(before)
        platform = before.intake.platform
        await rotate(platform.store, platform.settings.keys_file)
    async with importing_by(build_with_the_later_version, engine, tmp_path, clock) as after:
        assert await is_in(after, job["id"], "held")
        told = await settled(after, item, "replay")
        assert (told["state"], told["receipt"]) == ("accepted", None)
        ended = await after.end_of(job["id"])
        assert (ended["state"], ended["reason"], counts(ended)) == ("done", None, (3, 3, 0, 0))
        assert len([each for each in read_back(await after.workbook(job["id"]))[1:] if each[-3]]) == 3
        await until(lambda: has_no_files(after), "the file to be removed")
        assert len(await after.intake.events(Topic.SUBMISSIONS)) == 3


async def test_as_long_as_the_version_is_not_known_a_replay_leaves_it_held(importing):
    job, item = await held(importing)
    told = await settled(importing, item, "replay")
    assert (told["state"], told["tries_count"]) == ("waiting", 1)
    assert "不认识" in told["detail"]
    assert await is_in(importing, job["id"], "held")


async def test_one_that_is_discarded_is_refused_and_nobody_can_open_its_file(importing):
    job, item = await held(importing)
    await settled(importing, item, "discard", reason="试机数据")
    document = await importing.intake.platform.store.get(JOBS, job["id"])
    assert document.body["sealed_file_key"] is None
    assert await importing.intake.platform.store.get(CONTENTS, item["id"]) is None
    importing.component("intake.imports").wake()
    refused = await importing.end_of(job["id"])
    assert (refused["state"], "已弃置" in refused["reason"]) == ("refused", True)
    await until(lambda: has_no_files(importing), "the file to be removed")


async def test_one_that_nobody_settles_is_refused_after_its_time(importing, clock):
    job, _ = await held(importing)
    clock.advance(timedelta(days=91))
    store = importing.intake.platform.store
    await Retention(store=store, clock=clock, keep_for=timedelta(days=90)).expire()
    importing.component("intake.imports").wake()
    assert "已过保存期限" in (await importing.end_of(job["id"]))["reason"]


async def test_one_that_was_released_is_not_given_up(importing, clock):
    job, _ = await held(importing)
    store = importing.intake.platform.store
    progress = Progress(store, clock, timedelta(days=1))
    released = await progress.released(job["id"], "key")
    assert released.state is JobState.WAITING
    assert await progress.given_up(job["id"], "reason") == released
    assert job_of(await store.get(JOBS, job["id"])) == released
