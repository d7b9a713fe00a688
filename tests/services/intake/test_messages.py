"""Messages: words without a questionnaire, from channels where nobody asks for a unit."""

import orjson
import pytest

from shared.events import Topic
from tests.services.intake.forms import FORM, content

PATH = "/intake/v1/submissions"


def message(**changes):
    """The body of a message, but for ``changes``; a field changed to None is left out."""
    fields = {name: FORM[name] for name in ("campaign", "collected_at", "consent")}
    fields |= {"channel": "wechat", "source_id": "m-1", "message": "宿舍没有热水，请帮忙反映。", **changes}
    return orjson.dumps({name: value for name, value in fields.items() if value is not None})


async def told(intake):
    return [orjson.loads(event.data) for event in await intake.events(Topic.SUBMISSIONS)]


async def test_a_message_needs_no_questionnaire_and_belongs_to_its_channels_unit(intake):
    answer = await intake.post("wechat", PATH, message())
    assert answer.status_code == 201
    (event,) = await told(intake)
    assert (event["unit"], event["texts_given"]) == ("city", ["message"])
    assert event.get("edition") is None
    assert "热水" not in str(event)


async def test_a_message_that_names_its_unit_goes_there(intake):
    await intake.post("wechat", PATH, message(unit="taicang"))
    (event,) = await told(intake)
    assert event["unit"] == "taicang"


async def test_naming_the_unit_that_was_put_in_is_a_repeat(intake):
    first = await intake.post("wechat", PATH, message())
    again = await intake.post("wechat", PATH, message(unit="city"))
    assert (again.status_code, again.json()) == (200, first.json())


@pytest.mark.parametrize(
    ("channel", "body", "field"),
    [
        ("wechat", message(message=None), "edition"),
        ("wechat", message(message="  "), "edition"),
        ("wechat", message(answers={"q01": "a"}), "edition"),
        ("offline", message(channel="offline"), "unit"),
        ("offline", message(channel="offline", unit="taicang"), "edition"),
        ("offline", content(unit="city"), "unit"),
        ("wechat", content(channel="wechat", unit=None), "unit"),
        ("wechat", message(respondent={"resident_id": "110105194912310021"}), "respondent.resident_id"),
        ("wechat", message(consent={**FORM["consent"], "how": "shouted"}), "consent.how"),
    ],
)
async def test_what_is_neither_message_nor_questionnaire_is_told_so(intake, channel, body, field):
    answer = await intake.post(channel, PATH, body)
    assert answer.status_code == 422
    assert field in [problem["field"] for problem in answer.json()["problems"]]
    assert await told(intake) == []


async def test_one_person_is_the_same_in_every_channel(intake):
    by_phone = {"phone": "139 1234 5678"}
    await intake.post("offline", PATH, content())
    await intake.post(
        "wechat", PATH, message(respondent={**by_phone, "openid": "o6_bmjrPTlm6_2sgVt7hMZOPfL2M"})
    )
    await intake.post("hotline", PATH, message(channel="hotline", respondent=by_phone))
    assert len({event["person"] for event in await told(intake)}) == 1


async def test_accounts_are_sealed_and_tell_people_apart(intake):
    accounts = [
        {"openid": "o-1"},
        {"openid": "o-2"},
        {"app_id": "o-1"},
        {"resident_id": "11010519491231002X"},
    ]
    for number, account in enumerate(accounts):
        await intake.post("wechat", PATH, message(source_id=f"m-{number}", respondent=account))
    events = await told(intake)
    assert len({event["person"] for event in events}) == len(accounts)
    assert "o-1" not in str(events)
    assert "11010519491231002X" not in str(events)


async def test_how_consent_was_given_is_told(intake):
    await intake.post("wechat", PATH, message(consent={**FORM["consent"], "how": "sent"}))
    (event,) = await told(intake)
    assert event["consent"]["how"] == "sent"
