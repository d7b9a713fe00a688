"""A workbook's way over HTTP: every row has a receipt or a reason, none is taken twice, none is lost."""

import asyncio
import io
import os
import sqlite3
import zipfile

import pytest

from services.intake.app import build
from services.intake.channels.excel.store import JOBS, REFUSED, ROWS
from services.intake.quarantine.store import CONTENTS
from services.intake.store import REGISTRATIONS
from shared.events import Topic
from tests.services.intake.excel.conftest import (
    PATH,
    QUERY,
    Importing,
    be_people,
    set_folders,
)
from tests.services.intake.excel.workbooks import IDS, TITLES, read_back, repacked, row, workbook
from tests.services.running import running, until

SHEET = "xl/worksheets/sheet1.xml"
RECEIPT, CODE, REASON = (len(TITLES) + place for place in (1, 2, 3))


async def ids_in_log(importing):
    return [event.id for event in await importing.intake.events(Topic.SUBMISSIONS)]


def counts(job):
    return tuple(job[name] for name in ("rows_read", "accepted", "repeats", "refused"))


async def balance(importing, job):
    """The books of one job: as many receipts as accepted rows, each of a registration and an event."""
    _, *rows = read_back(await importing.workbook(job["id"]))
    receipts = {each[RECEIPT] for each in rows if each[RECEIPT]}
    reasons = [each for each in rows if any(each) and not each[RECEIPT]]
    assert all(each[REASON] for each in reasons)
    assert len(reasons) == job["refused"]
    assert len([each for each in rows if each[RECEIPT]]) == job["accepted"] + job["repeats"]
    registrations = await importing.intake.platform.store.get_many(REGISTRATIONS, sorted(receipts))
    assert registrations.keys() == receipts
    ids = {document.body["submission_id"] for document in registrations.values()}
    assert ids <= set(await ids_in_log(importing))
    return receipts


async def test_every_row_has_a_receipt_or_a_reason_beside_it(importing):
    job = await importing.ended(workbook([row(1), row(2, age=7), None, row(3)]))
    assert (job["state"], job["state_name"], job["percent"]) == ("done", "已完成", 100)
    assert counts(job) == (3, 2, 0, 1)
    titles, first, second, empty, third = read_back(await importing.workbook(job["id"]))
    assert titles == [
        *TITLES,
        "结果（outcome）",
        "回执（receipt）",
        "撤回码（withdrawal_code）",
        "原因（reason）",
    ]
    assert [each[-4] for each in (first, second, third)] == ["已收到", "未收", "已收到"]
    assert "L3 年龄（age）：年龄应在 16 至 100 岁之间，收到 7" in second[-1]
    assert first[IDS.index("phone")] == "13912345678"
    assert not any(empty)
    assert len(await balance(importing, job)) == len(await ids_in_log(importing)) == 2


async def test_with_receipt_and_code_from_the_workbook_the_respondent_takes_it_back(importing):
    job = await importing.ended(workbook([row(1), row(2, age=7)]))
    _, first, second = read_back(await importing.workbook(job["id"]))
    assert second[CODE] == second[RECEIPT] == ""
    path = f"/intake/v1/public/receipts/{first[RECEIPT]}:withdraw"
    answer = await importing.intake.client.post(path, json={"code": first[CODE]})
    assert answer.json()["standing"] == "withdrawn"
    _, first, _ = read_back(await importing.workbook(job["id"]))
    assert (first[CODE], first[REASON]) == ("", "已撤回，内容不再可读")


@pytest.mark.servers_too
async def test_the_corrected_file_adds_only_what_was_missing(importing):
    first = await importing.ended(workbook([row(1), row(2, age="老"), row(3)]))
    again = await importing.ended(workbook([row(1), row(2, age=30), row(3)]))
    assert counts(first) == (3, 2, 0, 1)
    assert counts(again) == (3, 1, 2, 0)
    assert len(await ids_in_log(importing)) == 3


async def test_the_returned_workbook_corrected_and_sent_again_adds_only_what_was_missing(importing):
    first = await importing.ended(workbook([row(1), row(2, phone=13912345678), row(3)]))
    titles, *rows = read_back(await importing.workbook(first["id"]))
    rows[1][IDS.index("phone")] = "13912345678"
    again = await importing.ended(workbook(rows, titles=titles))
    assert counts(again) == (3, 1, 2, 0)


async def test_without_ids_of_their_own_the_same_rows_are_the_same_and_equal_rows_are_two(importing):
    twice = [row(source_id=None), row(source_id=None), row(source_id=None, age=31)]
    assert counts(await importing.ended(workbook(twice))) == (3, 3, 0, 0)
    assert counts(await importing.ended(workbook(twice[::-1], ids=IDS[::-1]))) == (3, 0, 3, 0)
    more = [*twice, row(source_id=None, age=32), row(source_id=None)]
    assert counts(await importing.ended(workbook(more))) == (5, 2, 3, 0)
    assert len(await ids_in_log(importing)) == 5


async def test_an_id_with_other_content_is_refused_and_changes_nothing(importing):
    first = await importing.ended(workbook([row(1)]))
    job = await importing.ended(workbook([row(1, message="另一句话"), row(1)]))
    assert counts(job) == (2, 0, 1, 1)
    _, other, same = read_back(await importing.workbook(job["id"]))
    assert "这个编号已用于内容不同的另一份访谈" in other[REASON]
    assert {same[RECEIPT]} == await balance(importing, first)


async def test_the_same_id_in_two_units_is_two_interviews(importing):
    job = await importing.ended(workbook([row(1), row(1, unit="kunshan")]), by="office")
    assert counts(job) == (2, 2, 0, 0)


@pytest.mark.parametrize(
    ("who", "query"),
    [("interviewer", QUERY), ("admin", f"{QUERY}&unit=zhangjiagang"), ("office", f"{QUERY}&unit=gusu")],
)
async def test_those_who_work_for_the_unit_and_the_office_may_import(importing, who, query):
    assert counts(await importing.ended(workbook([row(1)]), by=who, query=query)) == (1, 1, 0, 0)


@pytest.mark.parametrize(
    ("who", "query", "status", "code"),
    [
        ("ann", QUERY, 403, "not-allowed"),
        ("other-admin", f"{QUERY}&unit=zhangjiagang", 403, "not-allowed"),
        ("offline", QUERY, 404, "not-found"),
        ("wechat", QUERY, 403, "not-allowed"),
        ("admin", "?campaign=atlantis&edition=general", 404, "unknown-campaign"),
        ("admin", "?campaign=suzhou-2024&edition=other", 404, "unknown-edition"),
        ("admin", f"{QUERY}&unit=atlantis", 404, "unknown-unit"),
        ("admin", "?campaign=suzhou-2024", 422, "invalid"),
    ],
)
async def test_others_and_for_what_there_isnt_nobody_may(importing, who, query, status, code):
    answer = await importing.intake.post(who, PATH + query, workbook([row(1)]))
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert not list((importing.folder / "imports").glob("*"))


async def test_rows_of_another_unit_are_refused_one_by_one(importing):
    job = await importing.ended(workbook([row(1), row(2, unit="kunshan")]))
    assert counts(job) == (2, 1, 0, 1)
    assert "您不能为" in read_back(await importing.workbook(job["id"]))[2][REASON]


@pytest.mark.servers_too
async def test_everybody_sees_the_own_imports_alone(importing):
    ids = [(await importing.ended(workbook([row(number)])))["id"] for number in (1, 2, 3)]
    seen, cursor = [], ""
    while cursor is not None:
        page = (await importing.intake.ask("admin", "GET", f"{PATH}?limit=2{cursor}")).json()
        seen += [job["id"] for job in page["imports"]]
        cursor = page["cursor"] and f"&cursor={page['cursor']}"
    assert sorted(seen) == sorted(ids)
    assert (await importing.intake.ask("interviewer", "GET", PATH)).json()["imports"] == []
    for path in (f"{PATH}/{ids[0]}", f"{PATH}/{ids[0]}/workbook", f"{PATH}/nothing"):
        for who in ("interviewer", "office"):
            answer = await importing.intake.ask(who, "GET", path)
            assert (answer.status_code, answer.json()["code"]) == (404, "unknown-import")


async def test_a_workbook_that_cannot_be_read_ends_refused_with_the_reason_and_nothing_is_kept(importing):
    job = await importing.ended("编号,姓名\n1,沈晓燕".encode())
    assert (job["state"], job["state_name"]) == ("refused", "无法读取")
    assert "请用 Excel 或 WPS 打开，另存为 .xlsx" in job["reason"]
    assert counts(job) == (0, 0, 0, 0)
    answer = await importing.intake.ask("admin", "GET", f"{PATH}/{job['id']}/workbook")
    assert (answer.status_code, answer.json()["code"]) == (404, "no-workbook")
    assert not list((importing.folder / "imports").glob("*"))


async def test_over_50_mb_are_refused(importing):
    answer = await importing.intake.post("admin", PATH + QUERY, b"x" * (52_428_800 + 1))
    assert answer.status_code == 413
    assert not list((importing.folder / "imports").glob("*"))


async def test_while_the_disk_is_nearly_full_nothing_is_taken(importing, monkeypatch):
    monkeypatch.setattr("services.intake.space.shutil.disk_usage", lambda _: type("U", (), {"free": 0}))
    answer = await importing.intake.post("admin", PATH + QUERY, workbook([row(1)]))
    assert answer.status_code == 507
    assert not list((importing.folder / "imports").glob("*"))


async def test_that_a_workbook_was_fetched_is_in_the_audit_trail(importing):
    job = await importing.ended(workbook([row(1)]))
    await importing.workbook(job["id"])
    page = await importing.intake.platform.store.find(importing.audit_entries, {})
    (entry,) = [each.body for each in page.documents if each.body["action"] == "read_imports"]
    assert entry["actor"]["subject"] == "admin"
    assert entry["resource"]["id"] == job["id"]


# --- personal data ---


SECRETS = ["沈晓燕", "13912345678", "江南精密制造有限公司", "想要一个哺乳室", "李无意"]


def found_on_disk(folder):
    return {
        secret
        for path in folder.rglob("*")
        if path.is_file()
        for secret in SECRETS
        if secret.encode() in path.read_bytes()
    }


@pytest.mark.parametrize("engine", ["embedded"], indirect=True)
async def test_nothing_personal_lies_in_plain_text_on_the_disk(importing):
    job = await importing.ended(workbook([row(1), row(2, age="老", name="李无意")]))
    await importing.workbook(job["id"])
    assert found_on_disk(importing.folder) == set()


async def test_the_uploaded_file_and_its_key_are_gone_once_the_job_has_ended(importing):
    job = await importing.ended(workbook([row(1)]))

    async def is_gone():
        return not list((importing.folder / "imports").glob("*"))

    await until(is_gone, "the file to be removed")
    document = await importing.intake.platform.store.get(JOBS, job["id"])
    assert document.body["sealed_file_key"] is None


async def test_of_a_row_without_consent_nothing_is_kept(importing):
    job = await importing.ended(workbook([row(1, consent="否", name="李无意"), row(2, age="老")]))
    _, without, wrong = read_back(await importing.workbook(job["id"]))
    assert not any(without[: len(TITLES)])
    assert "受访者同意后才能录入" in without[REASON]
    assert wrong[IDS.index("name")] == "沈晓燕"
    (kept,) = (await importing.quarantined())["items"]
    assert "（age）" in kept["detail"]


@pytest.mark.servers_too
async def test_a_withdrawn_interview_cannot_be_read_in_the_workbook_any_more(importing):
    job = await importing.ended(workbook([row(1), row(2)]))
    _, first, _ = read_back(await importing.workbook(job["id"]))
    answer = await importing.intake.ask("offline", "POST", f"/intake/v1/receipts/{first[RECEIPT]}:withdraw")
    assert answer.status_code == 200
    _, gone, stays = read_back(await importing.workbook(job["id"]))
    assert not any(gone[: len(TITLES)])
    assert gone[REASON] == "已撤回，内容不再可读"
    assert stays[IDS.index("name")] == "沈晓燕"
    chunk = (await importing.intake.platform.store.get(ROWS, f"{job['id']}/00000")).body
    assert chunk["rows"][0]["sealed"], "the ciphertext is still there, and its key is not"


@pytest.mark.servers_too
async def test_results_are_destroyed_after_their_time(importing, clock):
    job = await importing.ended(workbook([row(1), row(3, age="老")]))
    clock.now = clock.now.replace(month=clock.now.month + 2)
    await importing.ended(workbook([row(2)]))

    async def is_over():
        return (await importing.intake.ask("admin", "GET", f"{PATH}/{job['id']}/workbook")).status_code == 404

    await until(is_over, "the results to go")
    stands = (await importing.intake.ask("admin", "GET", f"{PATH}/{job['id']}")).json()
    assert (counts(stands), stands["workbook_until"]) == ((2, 1, 0, 1), None)
    assert await importing.intake.platform.store.get(ROWS, f"{job['id']}/00000") is None
    assert await importing.intake.platform.store.count(REFUSED) == 0


# --- quarantine ---


@pytest.mark.servers_too
async def test_a_refused_row_waits_in_quarantine_and_is_the_same_item_when_it_comes_again(importing):
    for _ in range(2):
        await importing.ended(workbook([row(1, age=7), row(2)]))
    (item,) = (await importing.quarantined())["items"]
    assert (item["adapter"], item["reason"], item["channel"]) == ("excel", "content-errors", "offline")


async def test_a_row_in_quarantine_is_taken_in_after_the_fix(importing, monkeypatch):
    job = await importing.ended(workbook([row(1, age=15), row(2, age="老")]))
    assert job["refused"] == 2
    items = {item["detail"]: item["id"] for item in (await importing.quarantined())["items"]}
    campaign = importing.intake.platform.campaigns["suzhou-2024"]
    monkeypatch.setitem(campaign.__dict__, "age", importing.accepting_from(15))
    for detail, id in items.items():
        told = (await importing.intake.ask("office", "POST", f"/intake/v1/quarantine/{id}:replay")).json()
        assert told["state"] == ("accepted" if "收到 15" in detail else "waiting"), told
    assert len(await ids_in_log(importing)) == 1


@pytest.mark.servers_too
async def test_a_withdrawal_destroys_every_copy_of_the_row_from_before_it_was_right(importing):
    store = importing.intake.platform.store
    before = await importing.ended(workbook([row(1, age="老"), row(2, age="老")]))
    job = await importing.ended(workbook([row(1)]))
    _, mended = read_back(await importing.workbook(job["id"]))
    _, *refused = read_back(await importing.workbook(before["id"]))
    assert [each[IDS.index("name")] for each in refused] == ["沈晓燕"] * 2
    path = f"/intake/v1/receipts/{mended[RECEIPT]}:withdraw"
    assert (await importing.intake.ask("offline", "POST", path)).status_code == 200
    assert len((await importing.quarantined())["items"]) == 1
    assert await store.count(CONTENTS) == 1
    _, gone, stays = read_back(await importing.workbook(before["id"]))
    assert not any(gone[: len(TITLES)])
    assert gone[REASON] == "已撤回，内容不再可读"
    assert stays[IDS.index("name")] == "沈晓燕"
    rows = (await store.get(ROWS, f"{before['id']}/00000")).body["rows"]
    assert ["sealed" in each for each in rows] == [False, True]
    assert await store.count(REFUSED) == 1


async def replayed(importing):
    """What became of the only item, tried again."""
    (item,) = (await importing.quarantined())["items"]
    return (await importing.intake.ask("office", "POST", f"/intake/v1/quarantine/{item['id']}:replay")).json()


async def test_a_row_that_was_taken_in_from_quarantine_is_a_repeat_in_the_file(importing, monkeypatch):
    content = workbook([row(source_id=None, age=15)])
    assert counts(await importing.ended(content)) == (1, 0, 0, 1)
    campaign = importing.intake.platform.campaigns["suzhou-2024"]
    monkeypatch.setitem(campaign.__dict__, "age", importing.accepting_from(15))
    assert (await replayed(importing))["state"] == "accepted"
    assert counts(await importing.ended(content)) == (1, 0, 1, 0)
    assert len(await ids_in_log(importing)) == 1


async def test_a_row_with_a_formula_is_refused_again_however_often_it_is_replayed(importing):
    content = workbook([row(1)])
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        sheet = archive.read(SHEET)
    computed = sheet.replace(b'<c r="L2"><v>29</v></c>', b'<c r="L2"><f>20+9</f><v>29</v></c>')
    assert counts(await importing.ended(repacked(content, {SHEET: computed}))) == (1, 0, 0, 1)
    told = await replayed(importing)
    assert (told["state"], "L2 是公式" in told["detail"]) == ("waiting", True)
    assert await ids_in_log(importing) == []


# --- interruptions ---


@pytest.mark.timeout(60)
@pytest.mark.parametrize("engine", ["embedded"], indirect=True)
async def test_while_the_store_is_away_the_job_waits_and_then_goes_on(importing, engine):
    job = await importing.upload(workbook([row(number) for number in range(900)]))
    await importing.has_begun(job["id"])
    path = engine.store_url.removeprefix("sqlite:///")
    other = sqlite3.connect(path, isolation_level=None, timeout=30, check_same_thread=False)
    await asyncio.to_thread(other.execute, "BEGIN IMMEDIATE")
    runner = importing.component("intake.imports")

    async def waits():
        return bool(runner.health().detail)

    await until(waits, "the job to wait")
    assert runner.health().is_ready
    other.execute("ROLLBACK")
    other.close()
    job = await importing.end_of(job["id"])
    assert counts(job) == (900, 900, 0, 0)
    assert len(await balance(importing, job)) == len(set(await ids_in_log(importing))) == 900


@pytest.mark.servers_too
@pytest.mark.timeout(90)
async def test_a_restart_goes_on_where_it_was_and_takes_no_row_twice(engine, tmp_path, clock, monkeypatch):
    set_folders(monkeypatch, tmp_path)
    rows = [row(number, source_id=None if number % 2 else f"{number}") for number in range(3000)]
    async with running(build, engine, tmp_path, clock) as first:
        be_people(first)
        before = Importing(first, tmp_path)
        id = (await before.upload(workbook(rows)))["id"]
        await before.has_begun(id)
    async with running(build, engine, tmp_path, clock) as second:
        be_people(second)
        after = Importing(second, tmp_path)
        stands = (await second.ask("admin", "GET", f"{PATH}/{id}")).json()
        assert 0 < stands["rows_read"] < 3000
        job = await after.end_of(id)
        assert counts(job) == (3000, 3000, 0, 0)
        assert len(await balance(after, job)) == len(set(await ids_in_log(after))) == 3000
        assert counts(await after.ended(workbook(rows))) == (3000, 0, 3000, 0)


async def test_a_file_that_no_job_names_is_let_be_until_it_is_old(importing):
    orphan = importing.folder / "imports" / "0123.sealed"
    orphan.parent.mkdir(exist_ok=True)
    orphan.write_bytes(b"x")
    await importing.ended(workbook([row(1)]))
    assert orphan.exists()
    os.utime(orphan, (0, 0))
    await importing.ended(workbook([row(2)]))

    async def is_gone():
        return not orphan.exists()

    await until(is_gone, "the orphan to be removed")
