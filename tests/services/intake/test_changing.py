"""Amending, withdrawing, signing off over HTTP."""

import json

import pytest

from services.intake.store import REGISTRATIONS
from shared.access import AuditTrail
from shared.events import REGISTRY, Topic
from tests.services.intake.forms import content
from tests.services.running import until

PATH = "/intake/v1/submissions"


@pytest.fixture
async def receipt(intake):
    answer = await intake.post("offline", PATH, content())
    return f"/intake/v1/receipts/{answer.json()['receipt']}"


async def put(intake, receipt, body, **headers):
    headers["authorization"] = f"Bearer {intake.tokens['offline']}"
    return await intake.client.put(f"{receipt}/submission", headers=headers, content=body)


async def told(intake, type_part):
    """The data of events of a type, once one is there."""
    found = []

    async def is_there():
        found[:] = [event for event in await intake.events(Topic.SUBMISSIONS) if type_part in event.type]
        return bool(found)

    await until(is_there, type_part)
    return [REGISTRY[event.type].model_validate_json(event.data) for event in found]


async def test_an_amendment_tells_the_whole_new_content_with_its_revision(intake, receipt):
    amended = await put(intake, receipt, content(message="改一句"))
    assert (amended.status_code, amended.json()["revision"]) == (200, 1)
    (data,) = await told(intake, "amended")
    assert (data.revision, data.unit) == (1, "zhangjiagang")


async def test_moving_to_another_unit_is_in_the_audit_trail(intake, receipt):
    await put(intake, receipt, content(message="改一句"))
    moved = await put(intake, receipt, content(message="改一句", unit="changshu", point=None))
    assert moved.status_code == 200, moved.text
    entries, _ = await AuditTrail(intake.platform.store, "intake").entries()
    assert [entry.details for entry in entries if entry.action == "amend"] == [
        {"revision": 1},
        {"revision": 2, "moved_from": "zhangjiagang", "moved_to": "changshu"},
    ]


async def test_amending_to_what_stands_changes_nothing(intake, receipt):
    assert (await put(intake, receipt, content())).json()["revision"] == 0
    await put(intake, receipt, content(message="改一句"))
    assert (await put(intake, receipt, content(message="改一句"))).json()["revision"] == 1


async def test_the_original_sent_again_after_an_amendment_is_a_repeat(intake, receipt):
    await put(intake, receipt, content(message="改一句"))
    again = await intake.post("offline", PATH, content())
    assert (again.status_code, again.json()["revision"]) == (200, 1)


async def test_an_amendment_may_ask_for_the_revision_it_knows(intake, receipt):
    await put(intake, receipt, content(message="改一句"))
    late = await put(intake, receipt, content(message="再改"), **{"if-match": "0"})
    assert (late.status_code, late.json()["code"]) == (409, "revision-moved")


async def test_an_amendment_must_be_of_the_same_form(intake, receipt):
    answer = await put(intake, receipt, content(source_id="another"))
    assert answer.status_code == 422
    assert answer.json()["problems"][0]["field"] == "source_id"


async def test_a_withdrawal_destroys_the_data_key(intake, receipt):
    answer = await intake.ask("offline", "POST", f"{receipt}:withdraw")
    assert (answer.status_code, answer.json()["state_name"]) == (200, "已撤回")
    document = await intake.platform.store.get(REGISTRATIONS, receipt.rpartition("/")[2])
    assert document.body["wrapped_key"] is None
    await told(intake, "withdrawn")
    again = await intake.ask("offline", "POST", f"{receipt}:withdraw")
    assert again.json() == answer.json()


async def test_what_was_withdrawn_can_neither_be_amended_nor_signed(intake, receipt):
    await intake.ask("offline", "POST", f"{receipt}:withdraw")
    assert (await put(intake, receipt, content(message="x"))).json()["code"] == "already-withdrawn"
    assert (await intake.ask("lead", "POST", f"{receipt}:sign-off")).status_code == 409
    assert (await intake.post("offline", PATH, content())).json()["state"] == "withdrawn"


async def test_the_units_own_team_lead_signs_off_once(intake, receipt):
    first = await intake.ask("lead", "POST", f"{receipt}:sign-off")
    again = await intake.ask("lead", "POST", f"{receipt}:sign-off")
    assert first.json() == again.json()
    assert first.json()["is_signed_off"]
    (data,) = await told(intake, "signed-off")
    assert data.signed_off_by == "lead"


async def test_who_may_not_know_of_a_receipt_is_told_that_there_is_none(intake, receipt):
    hidden = await intake.ask("stranger", "POST", f"{receipt}:sign-off")
    missing = await intake.ask("lead", "GET", "/intake/v1/receipts/0000-0000-0000-0000")
    assert hidden.status_code == missing.status_code == 404
    assert hidden.json()["code"] == missing.json()["code"]


async def test_a_mistyped_receipt_is_explained(intake):
    answer = await intake.ask("lead", "GET", "/intake/v1/receipts/0000-0000-0000-0001")
    assert answer.status_code == 422
    assert "核对" in json.dumps(answer.json(), ensure_ascii=False)
