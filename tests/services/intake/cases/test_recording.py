"""The record of a case: consent before the recording, notes and edited text, finished in time or marked."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.cases.model import Case, Consent
from services.intake.cases.parts import Act, Part, PartAction, PartStands
from tests.services.intake.attachments.client import metadata
from tests.services.intake.cases.conftest import CASES, FORM
from tests.services.intake.forms import CAMPAIGN, content

CONSENTED = {"given_at": "2024-06-01T09:01:00+08:00", "how": "spoken"}
SHANGHAI = ZoneInfo("Asia/Shanghai")


async def test_a_recording_is_refused_until_consent_to_it_is_registered_with_its_time(case):
    refused = await case.attach("recording", "录音.m4a")
    assert (refused.status_code, refused.json()["code"]) == (409, "no-recording-consent")
    assert case.uploads().files() == []
    consented = await case.do("consent-to-recording", **CONSENTED)
    assert consented.json()["recording_consent_at"] == "2024-06-01T01:01:00.000Z"
    assert (await case.attach("recording", "录音.m4a")).status_code == 201


async def test_notes_need_no_consent_to_be_recorded(case):
    assert (await case.attach("notes", "原稿.pdf")).status_code == 201


async def test_consent_to_recording_is_registered_once_with_one_time(case):
    first = await case.do("consent-to-recording", **CONSENTED)
    assert (await case.do("consent-to-recording", **CONSENTED)).json() == first.json()
    other = await case.do("consent-to-recording", given_at="2024-06-01T09:30:00+08:00")
    assert other.json()["code"] == "recording-consent-differs"


async def test_consent_can_not_have_been_given_in_the_future(case):
    answer = await case.do("consent-to-recording", given_at="2024-06-01T10:30:00+08:00")
    assert answer.json()["problems"][0]["field"] == "given_at"


async def test_a_recording_can_be_resumed(case):
    await case.do("consent-to-recording", **CONSENTED)
    where, client = await case.begin_upload("recording", 200_000), case.uploads()
    await client.send(where, 0, b"x" * 100_000)
    assert await client.offset(where) == 100_000
    assert (await client.send(where, 100_000, b"y" * 100_000)).status_code == 204
    (attachment,) = (await client.ask("GET", f"{CASES}/{case.id}/attachments")).json()["attachments"]
    assert (attachment["kind"], attachment["size_bytes"]) == ("recording", 200_000)


async def test_an_attachment_that_is_none_of_a_case_is_refused(case):
    assert (await case.attach("file", "x.pdf")).json()["code"] == "unknown-kind"


async def test_a_part_is_finished_only_with_its_attachments(case):
    refused = await case.do("record", part="notes", pages=4)
    assert (refused.status_code, refused.json()["code"]) == (409, "no-attachment")
    await case.attach("edited_text", "整理稿.docx")
    assert (await case.do("record", part="notes", pages=4)).status_code == 409
    await case.attach("notes", "原稿.pdf")
    recorded = await case.do("record", part="notes", pages=4)
    assert recorded.json()["parts"]["notes"]["pages"] == 4
    assert (await case.do("record", part="notes", pages=4)).json() == recorded.json()
    assert (await case.do("record", part="form", pages=1)).status_code == 422


async def test_a_record_finished_on_the_day_of_the_interview_is_not_marked(case, clock):
    await case.make_record()
    clock.advance(timedelta(days=3))
    stands = await case.get()
    assert stands["finished_at"] == "2024-06-01T01:30:00.000Z"
    assert not stands["is_record_late"]


async def test_a_record_not_finished_on_the_day_is_marked_and_stays_so(case, clock):
    assert not (await case.get())["is_record_late"]
    clock.now = datetime(2024, 6, 1, 15, 59, tzinfo=UTC)  # 23:59 in Shanghai
    assert not (await case.get())["is_record_late"]
    clock.advance(timedelta(minutes=1))
    assert (await case.get())["is_record_late"]
    await case.make_record()
    assert (await case.get())["is_record_late"]


async def test_what_was_finished_without_a_network_counts_by_its_own_time(case, clock):
    clock.advance(timedelta(days=1))
    for part, name in (("notes", "原稿.pdf"), ("edited_text", "整理稿.docx")):
        await case.attach(part, name)
        await case.do("record", part=part, pages=4, recorded_at="2024-06-01T20:00:00+08:00")
    stands = await case.get()
    assert (stands["finished_at"], stands["is_record_late"]) == ("2024-06-01T12:00:00.000Z", False)
    future = await case.do("record", part="notes", pages=5, recorded_at="2024-06-09T20:00:00+08:00")
    assert future.json()["problems"][0]["field"] == "recorded_at"


TIMES = st.datetimes(datetime(2024, 5, 10), datetime(2024, 8, 31), timezones=st.just(UTC))


@given(TIMES, TIMES, TIMES)
def test_late_means_another_day_in_the_campaigns_zone(visited, notes_at, text_at):
    at = [moment.isoformat() for moment in (visited, notes_at, text_at)]
    case = Case(
        id="c", campaign="s", unit="u", team="T", number=1, case_number="T-0001", interviewer="wang",
        content_mac="", form_mac="", opened_at=at[0], visited_at=at[0], consent=Consent(at[0]),
        wrapped_key="k", sealed_form="f", parts={part: PartStands() for part in Part},
    )  # fmt: skip
    case = case.acted(Part.NOTES, Act(PartAction.RECORD, "wang", at[1], pages=1))
    assert case.finished_at is None
    case = case.acted(Part.EDITED_TEXT, Act(PartAction.RECORD, "wang", at[2], pages=1))
    days = [moment.astimezone(SHANGHAI).date() for moment in (visited, notes_at, text_at)]
    assert case.is_record_late(visited, CAMPAIGN) == (max(days[1:]) > days[0])


async def test_a_changed_form_keeps_the_one_before_sealed(case):
    await case.open()
    form = {**FORM, "remarks": "已调到白班"}
    where = f"{CASES}/{case.id}/form"
    changed = (await case.intake.ask("wang", "PUT", where, **form)).json()
    assert (changed["revision"], changed["history"][-1]["what"]) == (1, "record")
    assert (await case.intake.ask("wang", "PUT", where, **form)).json() == changed
    assert "夜班".encode() not in case.uploads().bytes_on_disk()
    again = await case.open()
    assert (again.status_code, again.json()["revision"]) == (200, 1)


async def test_a_case_is_linked_to_the_questionnaire_of_the_same_interview(case):
    answer = (await case.intake.post("offline", "/intake/v1/submissions", content())).json()
    linked = await case.do("link", receipt=answer["receipt"])
    assert linked.json()["submission_id"] == answer["submission_id"]
    assert (await case.do("link", receipt=answer["receipt"])).json() == linked.json()
    assert answer["receipt"] not in linked.text
    another = (await case.intake.post("offline", "/intake/v1/submissions", content(source_id="b"))).json()
    assert (await case.do("link", receipt=another["receipt"])).json()["code"] == "already-linked"


async def test_one_questionnaire_belongs_to_one_case(case):
    answer = (await case.intake.post("offline", "/intake/v1/submissions", content())).json()
    await case.do("link", receipt=answer["receipt"])
    case.id = (await case.open(source_id="c2")).json()["id"]
    second = await case.do("link", receipt=answer["receipt"])
    assert (second.status_code, second.json()["code"]) == (409, "already-linked")


@pytest.mark.parametrize("changes", [{"unit": "kunshan"}, None])
async def test_a_receipt_of_another_unit_or_none_is_not_found(case, changes):
    receipt = "0000-0000-0000-0000"
    if changes:
        submitted = await case.intake.post("offline", "/intake/v1/submissions", content(**changes))
        receipt = submitted.json()["receipt"]
    assert (await case.do("link", receipt=receipt)).json()["code"] == "unknown-receipt"


async def test_who_may_not_keep_the_case_adds_nothing_to_it(case):
    for who, status in (("zhao", 404), ("foreign", 404), ("lead", 403), ("office", 403), ("offline", 404)):
        client = case.uploads()
        client.who = who
        what = metadata(filename="x.pdf", kind="notes")
        answer = await client.ask("POST", f"{CASES}/{case.id}/attachments", body=b"x", **what)
        assert answer.status_code == status, who
