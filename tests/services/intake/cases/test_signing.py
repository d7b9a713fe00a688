"""Signatures under a case: the interviewer's, then the team lead's, on form, notes and edited text."""

import asyncio

import pytest

from services.intake.unsealing.opening import UNSEALS_AT_ONCE
from shared.access import AuditTrail
from tests.services.intake.cases.conftest import CASES, FORM

PARTS = ("form", "notes", "edited_text")


def states(answer):
    return [answer.json()["parts"][part]["state"] for part in PARTS]


async def test_a_case_goes_from_open_to_signed_off_part_by_part(case):
    assert (await case.get())["state"] == "open"
    await case.make_record()
    assert (await case.get())["state"] == "recorded"
    assert states(await case.sign("sign", "wang", "form", "notes")) == ["signed", "signed", "recorded"]
    assert states(await case.sign("sign-off", "lead", "form")) == ["signed_off", "signed", "recorded"]
    await case.sign("sign", "wang", "edited_text")
    done = await case.sign("sign-off", "lead", "notes", "edited_text")
    assert done.json()["state_name"] == "负责人已签字"
    for part in PARTS:
        assert done.json()["parts"][part]["signed_by"] == "wang"
        assert done.json()["parts"][part]["signed_off_by"] == "lead"


async def test_signing_or_signing_off_again_changes_nothing(case):
    await case.make_record()
    signed = await case.sign("sign", "wang")
    assert (await case.sign("sign", "wang")).json() == signed.json()
    done = await case.sign("sign-off", "lead")
    assert (await case.sign("sign-off", "lead")).json() == done.json()


async def test_several_signatures_are_all_given_or_none(case):
    refused = await case.sign("sign", "wang")  # notes and edited text are not there yet
    assert (refused.status_code, refused.json()["code"]) == (409, "case-state")
    assert (await case.get())["parts"]["form"]["state"] == "recorded"


async def test_the_lead_signs_after_the_interviewer_only(case):
    await case.make_record()
    refused = await case.sign("sign-off", "lead")
    assert (refused.status_code, refused.json()["code"]) == (409, "case-state")


async def test_nobody_signs_off_an_own_case(case):
    case.id = (await case.open(who="working lead", source_id="own")).json()["id"]
    assert (await case.sign("sign", "working lead", "form")).status_code == 200
    refused = await case.sign("sign-off", "working lead", "form")
    assert (refused.status_code, refused.json()["code"]) == (403, "own-case")
    assert (await case.sign("sign-off", "lead", "form")).status_code == 200


@pytest.mark.parametrize(
    ("who", "status"), [("zhao", 404), ("foreign", 404), ("stranger", 404), ("office", 403)]
)
async def test_others_neither_sign_nor_sign_off(case, who, status):
    for what in ("sign", "sign-off"):
        assert (await case.sign(what, who, "form")).status_code == status
    assert (await case.sign("sign", "lead", "form")).status_code == 403
    assert (await case.sign("sign-off", "wang", "form")).status_code == 403


async def test_what_is_signed_does_not_change_until_it_is_reopened_with_a_reason(case):
    await case.make_record()
    await case.sign("sign", "wang")
    for refused in (
        await case.attach("notes", "补页.pdf"),
        await case.do("record", part="notes", pages=9),
        await case.intake.ask("wang", "PUT", f"{CASES}/{case.id}/form", **{**FORM, "name": "别人"}),
    ):
        assert (refused.status_code, refused.json()["code"]) == (409, "case-state")
    assert (await case.do("reopen", "lead", parts=["notes"])).status_code == 422
    reopened = await case.do("reopen", "lead", parts=["notes"], reason="缺第三页")
    assert states(reopened) == ["signed", "open", "signed"]
    assert reopened.json()["parts"]["notes"]["reopened_because"] == "缺第三页"
    assert (await case.attach("notes", "补页.pdf")).status_code == 201
    await case.do("record", part="notes", pages=5)
    signed = await case.sign("sign", "wang", "notes")
    assert len(signed.json()["parts"]["notes"]["files"]) == 2
    assert (await case.attach("edited_text", "另一稿.docx")).status_code == 409


@pytest.mark.servers_too
async def test_a_file_that_was_begun_before_the_signature_does_not_slip_in_after_it(case):
    await case.make_record()
    where, client = await case.begin_upload("notes", 10), case.uploads()
    await client.send(where, 0, b"01234")
    await case.sign("sign", "wang", "notes")
    late = await client.send(where, 5, b"56789")
    assert (late.status_code, late.json()["code"]) == (409, "case-state")
    assert len((await client.ask("GET", f"{CASES}/{case.id}/attachments")).json()["attachments"]) == 2


async def test_every_change_is_in_the_history_and_in_the_audit_trail(case):
    await case.do("consent-to-recording", given_at="2024-06-01T09:01:00+08:00")
    await case.make_record()
    await case.sign("sign", "wang")
    await case.sign("sign-off", "lead")
    await case.do("reopen", "lead", parts=["notes"], reason="缺第三页")
    history = (await case.get())["history"]
    assert [entry["what"] for entry in history] == [
        "consent_to_recording",
        *["record"] * 2,
        *["sign"] * 3,
        *["sign_off"] * 3,
        "reopen",
    ]
    assert (history[-1]["by"], history[-1]["reason"]) == ("lead", "缺第三页")
    trail = AuditTrail(case.intake.platform.store, "intake")
    entries, _ = await trail.entries()
    assert [entry.action for entry in entries if entry.resource["kind"] == "case"] == [
        "open_case",
        "consent_to_recording",
        *["record_case_part"] * 2,
        "sign_case",
        "sign_off_case",
        "reopen_case",
    ]
    await trail.verify()


@pytest.mark.servers_too
async def test_signatures_given_at_the_same_time_are_all_kept(case):
    await case.make_record()
    await asyncio.gather(*[case.sign("sign", "wang", part) for part in PARTS])
    assert (await case.get())["state"] == "signed"


async def test_the_purpose_and_the_entry_come_before_a_case_is_opened(case):
    await case.make_record()
    where = f"{CASES}/{case.id}/unseal"
    assert (await case.intake.ask("lead", "POST", where, purpose="看看")).status_code == 422
    opened = await case.intake.ask("lead", "POST", where, purpose="核对登记表和原稿后签字")
    assert opened.json()["form"] == {**FORM, "visited_at": "2024-06-01T09:00:00+08:00"}
    assert {each["filename"] for each in opened.json()["attachments"]} == {"原稿.pdf", "整理稿.docx"}
    entries, _ = await AuditTrail(case.intake.platform.store, "intake").entries()
    (entry,) = [each for each in entries if each.action == "open_sealed"]
    assert (entry.seq, entry.actor["subject"]) == (opened.json()["audit_seq"], "lead")
    assert entry.details["purpose"] == "核对登记表和原稿后签字"


async def test_an_attachment_is_opened_with_a_purpose_and_comes_as_a_file(case):
    attached = (await case.attach("notes", "沈晓燕的原稿.pdf", b"%PDF " * 50_000)).json()
    where = f"{CASES}/{case.id}/attachments/{attached['attachment_id']}"
    assert (await case.intake.ask("lead", "GET", where)).status_code == 405
    opened = await case.intake.ask("lead", "POST", f"{where}/unseal", purpose="核对登记表和原稿后签字")
    assert opened.content == b"%PDF " * 50_000
    assert opened.headers["content-disposition"].startswith("attachment; filename*=UTF-8''%E6%B2%88")


@pytest.mark.parametrize("who", ["zhao", "foreign", "stranger", "leader", "ann", "offline"])
async def test_who_may_not_read_a_case_is_told_that_there_is_none(case, who):
    attached = (await case.attach("notes", "原稿.pdf")).json()
    for path in ("unseal", f"attachments/{attached['attachment_id']}/unseal"):
        answer = await case.intake.ask(
            who, "POST", f"{CASES}/{case.id}/{path}", purpose="核对登记表和原稿后签字"
        )
        assert answer.status_code == 404, who


@pytest.mark.servers_too
async def test_lists_show_the_units_cases_and_to_an_interviewer_the_own_ones(case):
    await case.open(who="zhao", source_id="z1")
    await case.open(who="foreign", unit="kunshan", team="KS01", source_id="k1")

    async def numbers(who, query):
        answer = await case.intake.ask(who, "GET", f"{CASES}?campaign=suzhou-2024{query}")
        assert answer.status_code == 200, (who, answer.text)
        return [each["case_number"] for each in answer.json()["cases"]]

    assert await numbers("wang", "") == ["ZJG01-0001"]
    assert await numbers("zhao", "&unit=zhangjiagang") == ["ZJG01-0002"]
    assert await numbers("lead", "&unit=zhangjiagang") == ["ZJG01-0001", "ZJG01-0002"]
    assert await numbers("lead", "&unit=zhangjiagang&team=ZJG09") == []
    assert await numbers("office", "") == ["KS01-0001", "ZJG01-0001", "ZJG01-0002"]
    assert await numbers("leader", "&unit=kunshan&team=KS01") == ["KS01-0001"]
    assert await numbers("lead", "") == ["ZJG01-0001", "ZJG01-0002"]
    for who, query in (("ann", ""), ("lead", "&unit=kunshan")):
        answer = await case.intake.ask(who, "GET", f"{CASES}?campaign=suzhou-2024{query}")
        assert answer.status_code == 404, who


async def test_a_team_is_asked_for_with_its_unit(case):
    answer = await case.intake.ask("office", "GET", f"{CASES}?campaign=suzhou-2024&team=ZJG01")
    assert answer.json()["problems"][0]["field"] == "unit"


async def test_who_opens_one_case_after_the_other_is_slowed_down(case):
    where = f"{CASES}/{case.id}/unseal"
    answers = [
        await case.intake.ask("lead", "POST", where, purpose="核对登记表和原稿后签字")
        for _ in range(UNSEALS_AT_ONCE + 1)
    ]
    assert [answer.status_code for answer in answers] == [200] * UNSEALS_AT_ONCE + [429]
