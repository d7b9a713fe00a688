"""Receipts for whoever holds the code: what became of it, and taking it back."""

import pytest

from services.intake.receipts.asking import WITHDRAWAL_TOKENS
from shared.access import AuditTrail
from shared.events import Topic
from tests.services.intake.forms import content
from tests.services.running import until

PATH = "/intake/v1/submissions"
RECEIPTS = "/intake/v1/receipts"
PUBLIC = "/intake/v1/public/receipts"


@pytest.fixture
async def accepted(intake):
    return (await intake.post("offline", PATH, content())).json()


async def look_up(intake, receipt):
    return await intake.client.get(f"{RECEIPTS}/{receipt}")


async def withdraw(intake, receipt, code):
    return await intake.client.post(f"{PUBLIC}/{receipt}:withdraw", json={"code": code})


async def test_whoever_holds_the_code_sees_how_far_it_has_come_and_nothing_else(intake, accepted):
    async def is_counted():
        return (await look_up(intake, accepted["receipt"])).json()["standing"] == "counted"

    await until(is_counted, "the event to be read back from the log")
    told = (await look_up(intake, accepted["receipt"].lower())).json()
    assert told == {
        "receipt": accepted["receipt"],
        "received_at": accepted["received_at"],
        "standing": "counted",
        "standing_name": "已计入",
    }


async def test_channel_and_staff_see_the_standing_too(intake, accepted):
    for who in ("offline", "lead"):
        told = (await intake.ask(who, "GET", f"{RECEIPTS}/{accepted['receipt']}")).json()
        assert told["standing"] in ("received", "counted")
        assert "withdrawal_code" not in told
    assert (await intake.ask("stranger", "GET", f"{RECEIPTS}/{accepted['receipt']}")).status_code == 404


async def test_a_wrong_token_is_refused_though_a_receipt_needs_none(intake, accepted):
    headers = {"authorization": "Bearer dftk_made_up"}
    answer = await intake.client.get(f"{RECEIPTS}/{accepted['receipt']}", headers=headers)
    assert (answer.status_code, answer.json().get("standing")) == (401, None)


async def test_the_respondent_takes_it_back_with_receipt_and_code(intake, accepted):
    answer = await withdraw(intake, accepted["receipt"], accepted["withdrawal_code"].lower())
    assert (answer.status_code, answer.json()["standing_name"]) == (200, "已撤回")
    again = await withdraw(intake, accepted["receipt"], accepted["withdrawal_code"])
    assert again.json() == answer.json()
    (entry,) = (await AuditTrail(intake.platform.store, "intake").entries())[0]
    assert entry.actor["subject"] == f"respondent:{accepted['submission_id']}"

    async def is_told():
        return any("withdrawn" in event.type for event in await intake.events(Topic.SUBMISSIONS))

    await until(is_told, "the withdrawal to be in the log")


async def test_a_repeat_is_told_the_same_code_again(intake, accepted):
    again = (await intake.post("offline", PATH, content())).json()
    assert again["withdrawal_code"] == accepted["withdrawal_code"]


async def test_a_receipt_alone_takes_nothing_back_and_a_wrong_code_is_told_like_a_wrong_receipt(
    intake, accepted
):
    other = (await intake.post("offline", PATH, content(source_id="another"))).json()
    wrong_code = await withdraw(intake, accepted["receipt"], other["withdrawal_code"])
    wrong_receipt = await withdraw(intake, "0000-0000-0000-0000", accepted["withdrawal_code"])
    assert wrong_code.status_code == wrong_receipt.status_code == 404
    assert _without_id(wrong_code) == _without_id(wrong_receipt)
    assert (await withdraw(intake, accepted["receipt"], "0000-0001")).status_code == 422
    assert (await look_up(intake, accepted["receipt"])).json()["standing"] != "withdrawn"


def _without_id(answer):
    return {name: value for name, value in answer.json().items() if name != "request_id"}


async def test_who_tries_out_codes_is_slowed_down(intake, accepted):
    tries = [
        await withdraw(intake, accepted["receipt"], "0000-0000")
        for _ in range(int(300 / WITHDRAWAL_TOKENS) + 1)
    ]
    assert [each.status_code for each in tries] == [404] * (len(tries) - 1) + [429]
    assert int(tries[-1].headers["retry-after"]) >= 1
    assert (await look_up(intake, accepted["receipt"])).status_code == 429
