"""An interviewer's day: forms downloaded, filled in offline, sent; and sent again."""

import asyncio
from collections import Counter
from hashlib import md5
from xml.etree import ElementTree

import orjson
import pytest

from shared.events import Topic
from tests.services.intake.openrosa.collect import (
    BASE,
    DEVICE,
    Collect,
    body_of,
    codes_in,
    leaves,
    message_of,
)

QUARANTINE = "/intake/v1/quarantine?campaign=suzhou-2024"
LIST = "{http://openrosa.org/xforms/xformsList}"


async def told(openrosa):
    """The data of every event."""
    return [orjson.loads(event.data) for event in await openrosa.intake.events(Topic.SUBMISSIONS)]


async def test_the_list_has_a_form_for_each_edition_and_each_can_be_downloaded(openrosa):
    answer = await openrosa.lu.get(f"{BASE}/formList?{DEVICE}")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/xml; charset=utf-8")
    assert answer.headers["x-openrosa-version"] == "1.0"
    forms = ElementTree.fromstring(answer.content).findall(f"{LIST}xform")
    assert [form.findtext(f"{LIST}formID") for form in forms] == [
        "suzhou-2024-general",
        "suzhou-2024-new_employment",
    ]
    for form in forms:
        assert form.findtext(f"{LIST}name")
        assert form.findtext(f"{LIST}version") == "2024-05"
        assert form.find(f"{LIST}manifestUrl") is None
        url = form.findtext(f"{LIST}downloadUrl")
        assert url.startswith("http://service/")
        xform = (await openrosa.lu.get(url)).content
        assert form.findtext(f"{LIST}hash") == f"md5:{md5(xform).hexdigest()}"
        root = ElementTree.fromstring(xform)
        assert root.tag == "{http://www.w3.org/1999/xhtml}html"


async def test_before_a_post_collect_learns_version_and_size(openrosa):
    answer = await openrosa.lu.head()
    assert answer.status_code == 204
    assert answer.headers["x-openrosa-version"] == "1.0"
    assert int(answer.headers["x-openrosa-accept-content-length"]) == 104_857_600


@pytest.mark.servers_too
async def test_a_form_that_was_filled_in_becomes_a_submission(openrosa):
    answer = await openrosa.lu.send(await openrosa.lu.fill())
    assert answer.status_code == 201
    assert "回执" in message_of(answer)
    assert int(answer.headers["x-openrosa-accept-content-length"]) > 0
    (event,) = await told(openrosa)
    assert (event["channel"], event["mode"], event["edition"]) == ("offline", "offline", "general")
    assert (event["unit"], event["point"]) == ("zhangjiagang", "zhangjiagang-town-01")
    assert event["collected_at"].startswith("2024-05-20T09:58:12.345")
    assert event["consent"]["version"] == "2024-05"
    assert (event["age_band"], event["sex"]) == ("26-30", "female")
    assert event["interviewer"]
    assert event["person"]
    assert "message" in event["texts_given"]
    assert set(event["answers"]) <= set(leaves())


async def test_with_receipt_and_code_from_the_answer_the_respondent_looks_it_up_and_takes_it_back(openrosa):
    xml = await openrosa.lu.fill()
    receipt, code = codes_in(await openrosa.lu.send(xml))
    assert codes_in(await openrosa.lu.send(xml)) == (receipt, code)
    client = openrosa.intake.client
    found = await client.get(f"/intake/v1/receipts/{receipt}")
    assert found.json()["standing"] in ("received", "counted")
    taken = await client.post(f"/intake/v1/public/receipts/{receipt}:withdraw", json={"code": code})
    assert taken.json()["standing"] == "withdrawn"


async def test_an_interviewer_works_a_day_without_a_network_and_nothing_is_lost_or_counted_twice(openrosa):
    await openrosa.lu.xform()
    day = [
        await openrosa.lu.fill(instanceID=f"uuid:{number}", respondent_phone=f"1390000{number:04}")
        for number in range(12)
    ]
    in_the_evening = (
        day[:7] + day[4:]
    )  # the connection broke off, and Collect begins with what it knows nothing of
    statuses = [(await openrosa.lu.send(xml)).status_code for xml in in_the_evening]
    assert set(statuses) == {201}
    assert len({event.id for event in await openrosa.intake.events(Topic.SUBMISSIONS)}) == len(day)


async def test_each_kind_of_answer_arrives_as_its_questionnaire_has_it(openrosa):
    questions = openrosa.intake.platform.campaigns["suzhou-2024"].questionnaire("general").questions
    asked = [question for question in questions if not question.asked_when and question.options]
    changes = {}
    for question in asked:
        codes = [option.code for option in question.options]
        if question.kind == "multiple":
            changes[question.id] = "  ".join(codes[: min(2, question.max_choices)])
        elif question.kind == "ranking":
            changes[question.id] = " ".join(codes)  # Collect sends all of them in order
        elif question.is_choice:
            changes[question.id] = codes[0]
    answer = await openrosa.lu.send(await openrosa.lu.fill(**changes))
    assert answer.status_code == 201, message_of(answer)
    (event,) = await told(openrosa)
    for question in asked:
        if question.kind in ("multiple", "ranking"):
            expected = changes[question.id].split()[: question.max_choices]
            assert event["answers"][question.id] == expected
        elif question.is_choice:
            assert event["answers"][question.id] == changes[question.id]


@pytest.mark.servers_too
async def test_a_resend_is_the_same_submission(openrosa):
    xml = await openrosa.lu.fill()
    first = await openrosa.lu.send(xml)
    again = await openrosa.lu.send(xml)
    assert (first.status_code, again.status_code) == (201, 201)
    assert message_of(first) == message_of(again)
    assert len(await told(openrosa)) == 1


@pytest.mark.servers_too
async def test_sixteen_phones_at_the_same_moment_are_one_submission(openrosa):
    xml = await openrosa.lu.fill()
    intake, lu = openrosa.intake, openrosa.lu
    phones = [Collect(intake.client, lu.username, lu.password) for _ in range(16)]
    answers = await asyncio.gather(*[phone.send(xml) for phone in phones])
    assert Counter(answer.status_code for answer in answers) == {201: 16}
    assert len(await told(openrosa)) == 1


async def test_without_an_instance_id_the_same_bytes_are_one_submission(openrosa):
    xml = await openrosa.lu.fill(instanceID=None)
    first, again = await openrosa.lu.send(xml), await openrosa.lu.send(xml)
    assert (first.status_code, message_of(first)) == (201, message_of(again))
    assert len(await told(openrosa)) == 1


async def test_without_a_unit_it_is_the_interviewers_own(openrosa):
    xml = await openrosa.gu.fill(unit=None, point=None)
    assert (await openrosa.gu.send(xml)).status_code == 201
    (event,) = await told(openrosa)
    assert event["unit"] == "kunshan"


async def test_an_interview_of_another_unit_is_refused_and_nothing_is_kept(openrosa):
    answer = await openrosa.gu.send(await openrosa.gu.fill(unit="zhangjiagang"))
    assert answer.status_code == 403
    assert "责任单位" in message_of(answer)
    assert not await told(openrosa)


@pytest.mark.parametrize("consent", [None, "no"])
async def test_without_consent_nothing_is_kept(openrosa, consent):
    answer = await openrosa.lu.send(await openrosa.lu.fill(consent=consent))
    assert answer.status_code == 400
    assert "知情同意" in message_of(answer)
    assert not await told(openrosa)
    assert not (await openrosa.intake.ask("office", "GET", QUARANTINE)).json()["items"]


async def test_other_content_under_the_same_id_is_refused_and_changes_nothing(openrosa):
    id = "uuid:5b2cc313-fc09-437e-8149-fcd32f695d41"
    assert (await openrosa.lu.send(await openrosa.lu.fill(instanceID=id))).status_code == 201
    other = await openrosa.lu.send(await openrosa.lu.fill(instanceID=id, message="另一句话"))
    assert other.status_code == 409
    assert "没有改动" in message_of(other)
    assert len(await told(openrosa)) == 1


async def test_what_is_wrong_is_told_in_the_words_of_the_form(openrosa):
    answer = await openrosa.lu.send(await openrosa.lu.fill(respondent_age="7"))
    assert answer.status_code == 400
    assert "年龄：" in message_of(answer)
    assert "respondent" not in message_of(answer)


async def test_older_clients_write_the_offset_without_minutes(openrosa):
    xml = await openrosa.lu.fill(start="2024-05-20T09:29:00.000+08", end=None)
    assert (await openrosa.lu.send(xml)).status_code == 201


async def test_nothing_that_was_told_lies_on_disk_in_plain_text(openrosa):
    assert (await openrosa.lu.send(await openrosa.lu.fill())).status_code == 201
    files = [path for path in openrosa.folder.rglob("*") if path.is_file()]
    assert files
    for path in files:
        content = path.read_bytes()
        for text in ("沈晓燕", "13912345678", "江南精密", "哺乳室", "陆建国", openrosa.lu.password):
            assert text.encode() not in content, path


async def test_errors_of_the_server_itself_are_answered_in_xml(openrosa):
    client = openrosa.intake.client
    nowhere = await client.get(f"{BASE}/nowhere")
    assert (nowhere.status_code, bool(message_of(nowhere))) == (404, True)
    method = await client.delete(f"{BASE}/submission")
    assert (method.status_code, bool(message_of(method))) == (405, True)
    elsewhere = await openrosa.lu.get(f"{BASE.replace('suzhou', 'wuxi')}/formList")
    assert elsewhere.status_code == 404
    assert "活动" in message_of(elsewhere)
    content_type, body = body_of(b"<a/>")
    headers = {"content-type": content_type, "content-length": "200000000"}
    large = await client.post(f"{BASE}/submission", content=body, headers=headers)
    assert (large.status_code, bool(message_of(large))) == (413, True)
