"""The fold of ``obligations`` over real log and store, looked at over HTTP, and rebuilt."""

from __future__ import annotations

from itertools import permutations

import pytest

from services.cli.rebuilding import rebuild, runners_of
from services.quota.app import build
from services.quota.obligations import store as documents
from services.quota.obligations.decoding import read_told
from services.quota.obligations.handlers import merged
from shared.consuming import dead_letters
from shared.events import Topic, to_message
from shared.log.port import LoggedMessage
from tests.services.quota.obligations.happened import contacts, event, no_contacts, point, report, totals
from tests.services.quota.test_handlers import received
from tests.services.running import running, until
from tests.suzhou import suzhou

PATH = "/quota/v1/campaigns/suzhou-2024/obligations"
SHARING = ("metro", "health", "freight", "housing")


@pytest.fixture
async def quota(engine, tmp_path, clock):
    async with running(build, engine, tmp_path, clock) as service:
        service.be("off", "office")
        service.be("own", "unit_admin", unit="taicang")
        yield service


async def standing(quota, on, **expected):
    """The obligations of Taicang on a day by kind, once their statuses are those of ``expected``."""
    found = {}

    async def is_so():
        answer = await quota.ask("own", "GET", f"{PATH}?unit=taicang&on={on}")
        (unit,) = answer.json()["units"]
        found.update({each["kind"]: each for each in unit["obligations"]})
        return all(found[kind]["status"] == status for kind, status in expected.items())

    await until(is_so, f"{expected}, last seen {found}")
    return found


async def test_what_units_did_is_read_back_in_any_order_and_a_rebuild_finds_the_same(quota):
    happened = [report(), no_contacts(1), contacts(2, leader="2024-05-11", person_in_charge="2024-05-12")]
    happened += [contacts(0, leader="2024-05-11"), totals(), point("taicang-town-01", "2024-05-16"), report()]
    await quota.append(Topic.OBLIGATIONS, *map(event, happened))
    await quota.append(Topic.SUBMISSIONS, received("a"))
    found = await standing(quota, "2024-08-30", report="done", contacts="done", totals="done")
    await until(lambda: _has_interview(quota), "the interview to be counted")
    assert (found["points"]["done"], found["points"]["target"]) == (1, 58)
    assert found["points"]["to_act"] == [
        {"role": "unit_admin", "name": "单位管理员"},
        {"role": "office", "name": "领导小组办公室"},
    ]
    service = build(quota.platform)
    assert (await rebuild(runners_of(service), quota.platform.log, quota.platform.store)).is_equal
    await standing(quota, "2024-08-30", report="done", contacts="done", totals="done")


def test_a_units_document_is_the_same_in_whatever_order_it_was_told():
    campaigns = {"suzhou-2024": suzhou()}
    told = [
        read_told(LoggedMessage(0, each.key, each.headers, each.value), campaigns)
        for each in map(to_message, map(event, [report(), totals(), point("taicang-town-01", "2024-05-16")]))
    ]
    bodies = {documents.body_of(merged({}, some)) for some in permutations(told)}
    assert len(bodies) == 1


async def _has_interview(quota):
    return (await standing(quota, "2024-08-30"))["interviews"]["done"] == 1


@pytest.mark.parametrize("engine", ["embedded"], indirect=True)
async def test_what_cannot_be_read_is_kept_with_the_reason_and_the_rest_goes_on(quota):
    bad = [report(unit="atlantis"), report(on="昨天"), point("p", "2024-5-1"), report()]
    await quota.append(Topic.OBLIGATIONS, *map(event, bad))
    await quota.append(Topic.OBLIGATIONS, received("a"))
    await standing(quota, "2024-08-30", report="done")
    store, reasons = quota.platform.store, ["atlantis", "昨天", "2024-5-1", "ce_type"]

    async def are_kept():
        letters = [each.reason async for each in dead_letters.waiting(store, "quota.obligations")]
        return len(letters) == len(reasons) and all(any(r in letter for letter in letters) for r in reasons)

    await until(are_kept, "four dead letters, each with its reason")


@pytest.mark.parametrize("engine", ["embedded"], indirect=True)
async def test_a_unit_sees_what_it_owes_and_the_office_what_all_do(quota):
    everybody = (await quota.ask("off", "GET", PATH)).json()
    assert len(everybody["units"]) == 24  # all but the city
    assert everybody["on"] == "2024-06-01"
    kinds = [each["kind"] for each in everybody["units"][0]["obligations"]]
    assert kinds == ["contacts", "points", "interviews", "totals", "report"]
    for query in ("", "?unit=kunshan"):
        assert (await quota.ask("own", "GET", PATH + query)).status_code == 404
    assert (await quota.ask("off", "GET", f"{PATH}?unit=atlantis")).json()["code"] == "unknown-unit"
    assert (await quota.ask("off", "GET", f"{PATH}?unit=city&on=9999-12-31")).json()["units"] == []


@pytest.mark.parametrize("engine", ["embedded"], indirect=True)
async def test_who_shares_a_line_owes_the_interviews_of_all(quota):
    await quota.append(
        Topic.SUBMISSIONS,
        received("a", unit="metro"),
        received("bb", unit="health"),
        received("ccc", unit="freight", age_band="41+"),
        received("dddd"),
    )

    async def owe_together():
        units = (await quota.ask("off", "GET", PATH)).json()["units"]
        owed = {unit["unit"]: {each["kind"]: each for each in unit["obligations"]} for unit in units}
        done = [(owed[unit]["interviews"]["done"], owed[unit]["interviews"]["target"]) for unit in SHARING]
        return done == [(2, 500)] * len(SHARING)

    await until(owe_together, "two interviews of 500 for each of those that share")
