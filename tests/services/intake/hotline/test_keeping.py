"""Rows of call records that can't be taken in but may be somebody's answer: kept sealed, listed, replayed."""

from dataclasses import replace

import pytest

from services.intake.app import build
from services.intake.quarantine.store import CONTENTS
from shared.events import Topic
from tests.services.intake.hotline.calls import imported, row, sheet
from tests.services.running import running

QUARANTINE = "/intake/v1/quarantine"
SECRET = "加班费三个月没有结清"
WRONG = row(同意书版本="2025-01")
"""Read out of a text that isn't known yet."""


@pytest.fixture(autouse=True)
def staff(hotline):
    hotline.be("clerk", "office")


def build_with_the_later_text(platform):
    """As after the text of consent was published."""
    campaign = platform.campaign("suzhou-2024")
    consents = replace(campaign.consents, texts={**campaign.consents.texts, "2025-01": "我同意。"})
    return build(replace(platform, campaigns={campaign.id: replace(campaign, consents=consents)}))


async def waiting(hotline):
    answer = await hotline.ask("clerk", "GET", f"{QUARANTINE}?campaign=suzhou-2024")
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


async def replayed(hotline, id):
    return (await hotline.ask("clerk", "POST", f"{QUARANTINE}/{id}:replay")).json()


async def test_a_refused_row_is_kept_and_its_sender_is_told(hotline):
    answers = await imported(
        hotline, sheet(WRONG, row(开始时间="昨天"), row(类别="天气"), row(通话编号="c-2"))
    )
    assert [each["status"] for each in answers] == [422, 422, 422, 201]
    assert all("已封存待处理" in each["detail"] for each in answers[:3])
    items = {each["id"]: each for each in await waiting(hotline)}
    assert items.keys() == {each["kept_as"] for each in answers[:3]}
    assert {(each["adapter"], each["channel"], each["reason"]) for each in items.values()} == {
        ("hotline", "hotline", "content-errors")
    }
    assert "没有这样的知情同意书版本" in items[answers[0]["kept_as"]]["detail"]


@pytest.mark.parametrize("missing", ["同意书版本", "同意时间"])
async def test_what_nobody_consented_to_is_not_kept(hotline, missing):
    (answer,) = await imported(hotline, sheet(row(**{missing: ""})))
    assert (answer["status"], "kept_as" in answer) == (422, False)
    assert await waiting(hotline) == []


async def test_what_is_no_row_or_larger_than_any_matter_is_not_kept(hotline):
    large = dict.fromkeys(("通话编号", "坐席", "类别", "来电号码", "诉求内容", "责任单位"), "\x01" * 130_000)
    answers = await imported(hotline, sheet(row()[:-1], row(**large)))
    assert [(each["status"], "kept_as" in each) for each in answers] == [(422, False)] * 2


@pytest.mark.servers_too
async def test_the_same_row_is_kept_once(hotline):
    (first,) = await imported(hotline, sheet(WRONG))
    (again,) = await imported(hotline, sheet(WRONG))
    assert first["kept_as"] == again["kept_as"]
    assert len(await waiting(hotline)) == 1


@pytest.mark.parametrize("engine", ["embedded"], indirect=True)
async def test_what_a_kept_row_says_is_nowhere_in_plain_text(hotline, tmp_path):
    await imported(hotline, sheet(WRONG))
    assert await waiting(hotline)
    for path in tmp_path.rglob("*"):
        assert not path.is_file() or SECRET.encode() not in path.read_bytes()


async def test_before_the_fix_a_replay_leaves_it_waiting(hotline):
    (answer,) = await imported(hotline, sheet(WRONG))
    told = await replayed(hotline, answer["kept_as"])
    assert (told["state"], told["tries_count"]) == ("waiting", 1)
    assert "同意书版本" in told["detail"]
    assert not await hotline.events(Topic.SUBMISSIONS)


async def test_after_the_fix_a_replay_takes_it_in_as_the_matter_that_it_is(hotline, engine, tmp_path, clock):
    second = row(诉求内容="第二件事", 同意书版本="2025-01")
    first, kept = await imported(hotline, sheet(row(), second))
    async with running(build_with_the_later_text, engine, tmp_path, clock) as fixed:
        fixed.tokens = hotline.tokens
        told = await replayed(fixed, kept["kept_as"])
        assert told["state"] == "accepted", told
        assert await fixed.platform.store.get(CONTENTS, kept["kept_as"]) is None
        again = await imported(fixed, sheet(row(), second))
        assert [each["status"] for each in again] == [200, 200]
        assert [each["receipt"] for each in again] == [first["receipt"], told["receipt"]]


async def test_a_withdrawal_destroys_the_copy_of_the_row_from_before_it_was_right(hotline):
    await imported(hotline, sheet(WRONG))
    (mended,) = await imported(hotline, sheet(row()))
    path = f"/intake/v1/receipts/{mended['receipt']}:withdraw"
    assert (await hotline.ask("hotline", "POST", path)).status_code == 200
    assert await waiting(hotline) == []
    assert await hotline.platform.store.count(CONTENTS) == 0
