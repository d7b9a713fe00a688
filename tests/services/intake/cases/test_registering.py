"""Registering cases: numbers, repeats, and what is sealed."""

import asyncio
import json
from collections import defaultdict

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.intake.app import build
from services.intake.cases.form import RegistrationForm
from services.intake.cases.model import case_number
from services.intake.cases.store import CASES as COLLECTION
from shared.access import AuditTrail
from tests.services.intake.cases.conftest import CASES, CONSENT, FORM, opening
from tests.services.running import ClockInTest, Engine, running

SCALAR = st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.text()
JSON = st.recursive(
    SCALAR,
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from([*opening(), *FORM, "else"]), inner),
    max_leaves=20,
)


ANNEX = (
    *("所在地区：省（市、区）", "所在地区：市（区）", "所在地区：县", "工作单位", "姓名", "性别", "出生年月"),
    *("户籍所在地", "民族", "政治面貌", "受教育程度", "现任职务或岗位", "职称（技术等级）", "是否农民工"),
    *("是否劳务派遣工", "备注", "访问地点", "访问时间", "访问员姓名"),
)
"""The fields of the registration form (个案访谈登记表), in their order; the number is given by us."""


def test_the_registration_form_has_the_fields_of_the_annex_and_all_but_the_time_are_voluntary():
    fields = RegistrationForm.model_fields
    assert tuple((field.description or "").partition("（不密封")[0] for field in fields.values()) == ANNEX
    assert [name for name, field in fields.items() if field.is_required()] == ["visited_at"]
    assert set(FORM) == set(fields)


async def test_a_registered_case_has_the_teams_next_number_and_shows_nothing_of_the_person(people):
    answer = await people.open()
    assert answer.status_code == 201, answer.text
    case = answer.json()
    assert (case["case_number"], case["state_name"]) == ("ZJG01-0001", "待完成")
    assert case["parts"]["form"]["state_name"] == "已记录"
    assert "沈晓燕" not in answer.text
    assert (await people.open(source_id="c2")).json()["case_number"] == "ZJG01-0002"
    assert (await people.open(source_id="c1", team="ZJG02")).json()["case_number"] == "ZJG02-0001"


async def test_the_same_registration_again_is_the_same_case_and_other_content_is_refused(people):
    first = await people.open()
    again = await people.open()
    assert (again.status_code, again.json()) == (200, first.json())
    other = await people.open(form={**FORM, "name": "别人"})
    assert (other.status_code, other.json()["code"]) == (409, "content-differs")
    theirs = await people.open(who="zhao")
    assert theirs.json()["code"] == "content-differs"
    assert (await people.open(source_id="next")).json()["case_number"] == "ZJG01-0002"


@pytest.mark.servers_too
async def test_numbers_of_cases_that_come_at_once_never_collide_and_leave_no_gap(people):
    wanted = [(team, n) for n in range(12) for team in ("ZJG01", "ZJG02")]
    answers = await asyncio.gather(*[people.open(source_id=f"c{n}", team=team) for team, n in wanted])
    assert {answer.status_code for answer in answers} == {201}
    numbers = defaultdict(list)
    for answer in answers:
        team, _, number = answer.json()["case_number"].partition("-")
        numbers[team].append(int(number))
    assert {team: sorted(taken) for team, taken in numbers.items()} == {
        "ZJG01": list(range(1, 13)),
        "ZJG02": list(range(1, 13)),
    }


@pytest.mark.servers_too
async def test_the_same_case_posted_many_times_at_once_is_one(people):
    answers = await asyncio.gather(*[people.open() for _ in range(8)])
    assert sorted(answer.status_code for answer in answers) == [200] * 7 + [201]
    assert len({answer.json()["case_number"] for answer in answers}) == 1


@pytest.mark.servers_too
async def test_a_team_belongs_to_one_unit(people):
    await people.open()
    answer = await people.open(who="foreign", unit="kunshan", source_id="k1")
    assert (answer.status_code, answer.json()["code"]) == (409, "team-taken")


async def test_what_was_told_of_the_person_is_on_disk_nowhere(case):
    on_disk = case.uploads().bytes_on_disk()
    for value in ("沈晓燕", "江南精密", "阜阳", "质检员", "夜班较多", "陆建国"):
        assert value.encode() not in on_disk, value


async def test_without_consent_nothing_is_registered(people):
    without = {key: value for key, value in opening().items() if key != "consent"}
    assert (await people.intake.ask("wang", "POST", CASES, **without)).status_code == 422
    unknown = await people.open(consent={**CONSENT, "version": "1999"})
    assert unknown.json()["problems"][0]["field"] == "consent.version"


@pytest.mark.parametrize("who", ["lead", "office", "foreign", "ann", "offline"])
async def test_only_an_interviewer_of_the_unit_registers_a_case(people, who):
    assert (await people.open(who=who)).status_code == 403


@pytest.mark.parametrize(
    "changes",
    [
        {"team": "张家港"},
        {"team": "zjg01"},
        {"team": "ZJG01\n"},
        {"campaign": "nowhere"},
        {"form": {}},
        {"form": {**FORM, "birth_month": "1995年3月"}},
        {"form": {**FORM, "visited_at": "2024-06-01T09:00:00"}},
        {"form": {**FORM, "visited_at": "0001-01-01T00:00:00+01:00"}},
        {"consent": {**CONSENT, "given_at": "9999-12-31T23:59:59-01:00"}},
        {"form": {**FORM, "blood_type": "A"}},
        {"form": {**FORM, "name": ""}},
        {"form": {**FORM, "name": "\ud800"}},
    ],
)
async def test_a_wrong_form_is_explained(people, changes):
    body = json.dumps(opening(**changes)).encode()
    headers = {"authorization": f"Bearer {people.intake.tokens['wang']}", "content-type": "application/json"}
    answer = await people.intake.client.post(CASES, headers=headers, content=body)
    assert answer.status_code in (400, 422), answer.text
    assert answer.json()["problems"] or answer.status_code == 400


def test_whatever_bytes_arrive_no_crash_and_no_half_a_case(tmp_path, monkeypatch):
    monkeypatch.setenv("DAFANGTAN_INTAKE_SPOOL_DIR", str(tmp_path / "spool"))
    service = running(build, Engine.embedded(tmp_path), tmp_path, ClockInTest())
    with asyncio.Runner() as runner:
        intake = runner.run(service.__aenter__())
        intake.be("wang", "interviewer", unit="zhangjiagang")

        @given(st.binary(max_size=300) | JSON.map(orjson.dumps))
        @settings(max_examples=150, deadline=None)
        def post(body):
            assert runner.run(intake.post("wang", CASES, body)).status_code in (400, 422)

        post()
        assert runner.run(intake.platform.store.count(COLLECTION)) == 0
        runner.run(service.__aexit__(None, None, None))


def test_numbers_are_padded_to_four_digits_and_grow_beyond():
    assert [case_number("ZJG01", n) for n in (7, 9999, 10_000)] == ["ZJG01-0007", "ZJG01-9999", "ZJG01-10000"]


async def test_registering_is_in_the_audit_trail(case):
    entries, _ = await AuditTrail(case.intake.platform.store, "intake").entries()
    (entry,) = [each for each in entries if each.action == "open_case"]
    assert entry.actor["subject"] == "wang"
    assert entry.details["case_number"] == "ZJG01-0001"
