"""Taking a case back: what was sealed is gone, the number stays taken."""

import pytest

from services.intake.attachments.cleaning import Cleaner
from services.intake.cases.store import CASES as COLLECTION
from services.intake.cases.store import case_of
from tests.services.intake.cases.conftest import CASES, FORM
from tests.services.intake.forms import content


async def document(case):
    return case_of(await case.intake.platform.store.get(COLLECTION, case.id))


async def fill(case):
    await case.make_record()
    await case.intake.ask("wang", "PUT", f"{CASES}/{case.id}/form", **{**FORM, "remarks": "已调到白班"})


async def is_gone(case):
    stands = await document(case)
    assert (stands.wrapped_key, stands.sealed_form) == (None, None)
    assert all(entry.sealed_form is None for entry in stands.history)
    cleaner = next(each for each in case.intake.service.components if isinstance(each, Cleaner))
    await cleaner.clean()
    assert case.uploads().files() == []


@pytest.mark.servers_too
async def test_a_withdrawn_case_is_unreadable_and_its_files_are_removed(case):
    await fill(case)
    assert len(case.uploads().files()) == 2
    answer = await case.do("withdraw", reason="受访者要求撤回")
    assert (answer.status_code, answer.json()["is_withdrawn"]) == (200, True)
    await is_gone(case)
    assert (await case.do("withdraw", reason="再一次")).json() == answer.json()


@pytest.mark.servers_too
async def test_the_team_lead_may_withdraw_for_the_respondent_and_others_may_not(case):
    assert (await case.do("withdraw", "office", reason="不行")).status_code == 403
    assert (await case.do("withdraw", "zhao", reason="不行")).status_code == 404
    assert (await case.do("withdraw", "lead", reason="受访者要求撤回")).status_code == 200


@pytest.mark.servers_too
async def test_nothing_more_can_be_done_with_a_withdrawn_case(case):
    await case.do("withdraw", reason="受访者要求撤回")
    for refused in (
        await case.do("sign", parts=["form"]),
        await case.do("sign-off", "lead", parts=["form"]),
        await case.do("consent-to-recording", given_at="2024-06-01T09:01:00+08:00"),
        await case.attach("notes", "原稿.pdf"),
        await case.intake.ask("lead", "POST", f"{CASES}/{case.id}/unseal", purpose="核对登记表和原稿后签字"),
    ):
        assert (refused.status_code, refused.json()["code"]) == (409, "already-withdrawn")


@pytest.mark.servers_too
async def test_the_number_of_a_withdrawn_case_stays_taken(case):
    await case.do("withdraw", reason="受访者要求撤回")
    again = await case.open()
    assert (again.status_code, again.json()["is_withdrawn"]) == (200, True)
    assert (await case.open(source_id="c2")).json()["case_number"] == "ZJG01-0002"


@pytest.mark.servers_too
async def test_withdrawing_the_questionnaire_withdraws_the_case_of_the_same_interview(case):
    await fill(case)
    submitted = (await case.intake.post("offline", "/intake/v1/submissions", content())).json()
    await case.do("link", receipt=submitted["receipt"])
    receipt = f"/intake/v1/receipts/{submitted['receipt']}"
    assert (await case.intake.ask("offline", "POST", f"{receipt}:withdraw")).status_code == 200
    stands = await case.get("lead")
    assert (stands["is_withdrawn"], stands["history"][-1]["reason"]) == (True, "关联的问卷已撤回")
    await is_gone(case)
