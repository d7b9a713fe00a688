"""Calls by webhook and by an operator's form."""

import orjson
import pytest

from services.intake.channels.hotline.model import duration_band
from services.intake.channels.hotline.store import MATTERS
from services.intake.store import REGISTRATIONS
from shared.events import Topic
from tests.services.intake.hotline.calls import CALL, CALLS, call

FORM = "/intake/v1/hotline/suzhou-2024/form"


async def told(hotline):
    return [orjson.loads(event.data) for event in await hotline.events(Topic.SUBMISSIONS)]


async def facts(hotline):
    return [each.body for each in (await hotline.platform.store.find(MATTERS, {})).documents]


@pytest.mark.servers_too
async def test_each_matter_of_a_call_is_a_message_with_its_own_receipt(hotline):
    answer = await hotline.post("hotline", CALLS, call())
    assert answer.status_code == 201
    matters = answer.json()["matters"]
    assert [(each["matter"], each["status"]) for each in matters] == [(1, 201), (2, 201)]
    assert len({each["receipt"] for each in matters}) == 2
    events = await told(hotline)
    assert {event["unit"] for event in events} == {"city", "taicang"}
    assert {event["consent"]["how"] for event in events} == {"spoken"}
    assert len({event["person"] for event in events}) == 1
    assert {event["channel"] for event in events} == {"hotline"}


async def test_a_repeat_gets_the_same_receipts(hotline):
    first, again = [await hotline.post("hotline", CALLS, call()) for _ in range(2)]
    assert again.status_code == 200
    receipts = [[each["receipt"] for each in answer.json()["matters"]] for answer in (first, again)]
    assert receipts[0] == receipts[1]
    assert len(await told(hotline)) == len(await facts(hotline)) == 2


@pytest.mark.servers_too
async def test_a_matter_that_is_added_later_gets_its_receipt_beside_the_others(hotline):
    await hotline.post("hotline", CALLS, call(matters=CALL["matters"][:1]))
    answer = await hotline.post("hotline", CALLS, call())
    assert answer.status_code == 201
    assert [each["status"] for each in answer.json()["matters"]] == [200, 201]


@pytest.mark.parametrize(
    "changes",
    [
        {"matters": [{"narrative": "别的内容"}, CALL["matters"][1]]},
        {"duration_s": 313},
        {"category": "housing"},
        {"agent": "坐席08号"},
    ],
)
async def test_other_content_under_the_same_call_is_told_and_changes_nothing(hotline, changes):
    await hotline.post("hotline", CALLS, call())
    before = await told(hotline), await facts(hotline)
    answer = await hotline.post("hotline", CALLS, call(**changes))
    assert answer.status_code == 409
    assert answer.json()["matters"][0]["code"] == "content-differs"
    assert (await told(hotline), await facts(hotline)) == before


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"matters": [CALL["matters"][0], {"narrative": " "}]}, "matters[1].narrative"),
        ({"matters": [CALL["matters"][0], {"narrative": "x", "category": "天气"}]}, "matters[1].category"),
        ({"matters": [{"narrative": "x", "unit": "atlantis"}]}, "matters[0].unit"),
        ({"matters": []}, "matters"),
        ({"category": None}, "matters[0].category"),
        ({"consent": None}, "consent"),
        ({"consent": {**CALL["consent"], "version": "1999"}}, "consent.version"),
        ({"consent": {**CALL["consent"], "how": "signed"}}, "consent.how"),
        ({"duration_s": -1}, "duration_s"),
        ({"duration_s": 1.5}, "duration_s"),
        ({"id": "x" * 191}, "id"),
        ({"started_at": "2024-05-20 09:30"}, "started_at"),
        ({"started_at": "0001-01-01T00:00:00+14:00"}, "started_at"),
    ],
)
async def test_a_call_with_something_wrong_is_refused_whole_and_every_field_is_named(hotline, changes, field):
    answer = await hotline.post("hotline", CALLS, call(**changes))
    assert answer.status_code == 422
    assert field in answer.text
    assert await told(hotline) == []
    assert await hotline.platform.store.count(REGISTRATIONS) == 0
    assert await facts(hotline) == []


async def test_what_is_kept_in_the_open_tells_category_and_duration_band_and_not_who_called(
    hotline, tmp_path
):
    await hotline.post("hotline", CALLS, call())
    first, second = sorted(await facts(hotline), key=lambda each: each["number"])
    assert (first["category"], second["category"]) == ("pay", "other")
    assert first["duration_band"] == "5-15"
    assert first["call"] == second["call"]
    found = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    for detail in ("加班费", "13912345678", "20240520-000123", "李敏", "07号"):
        assert detail.encode() not in found
        assert orjson.dumps(detail)[1:-1] not in found


@pytest.mark.servers_too
async def test_a_withdrawal_forgets_the_facts_of_that_matter(hotline):
    answer = await hotline.post("hotline", CALLS, call())
    receipt = answer.json()["matters"][0]["receipt"]
    withdrawn = await hotline.ask("hotline", "POST", f"/intake/v1/receipts/{receipt}:withdraw")
    assert withdrawn.status_code == 200
    assert [each["number"] for each in await facts(hotline)] == [2]
    again = await hotline.post("hotline", CALLS, call())
    assert [each["state"] for each in again.json()["matters"]] == ["withdrawn", "accepted"]
    assert [each["number"] for each in await facts(hotline)] == [2]


@pytest.mark.servers_too
async def test_facts_that_were_lost_on_the_way_come_with_the_repeat(hotline):
    """A process may die between the two."""
    await hotline.post("hotline", CALLS, call())
    async with hotline.platform.store.transaction() as transaction:
        await transaction.clear(MATTERS)
    await hotline.post("hotline", CALLS, call())
    assert len(await facts(hotline)) == 2


@pytest.mark.parametrize(
    ("who", "status"),
    [("hotline", 201), ("operator", 201), ("app", 403), ("ann", 403), ("lead", 403)],
)
async def test_the_call_centre_and_operators_tell_calls(hotline, who, status):
    assert (await hotline.post(who, CALLS, call())).status_code == status
    assert len(await told(hotline)) == (2 if status == 201 else 0)


async def test_an_operator_and_the_webhook_telling_the_same_call_are_one(hotline):
    first, again = [await hotline.post(who, CALLS, call()) for who in ("hotline", "operator")]
    assert (first.status_code, again.status_code) == (201, 200)


async def test_a_category_may_be_told_by_its_name(hotline):
    first, again = [await hotline.post("hotline", CALLS, call(category=name)) for name in ("pay", "工资报酬")]
    assert (first.status_code, again.status_code) == (201, 200)


async def test_a_campaign_without_a_hotline_says_so(hotline):
    answer = await hotline.post("hotline", CALLS.replace("suzhou-2024", "wuxi-2024"), call())
    assert (answer.status_code, answer.json()["code"]) == (404, "no-hotline")


async def test_the_forms_description_holds_all_that_an_operator_chooses_from(hotline):
    form = (await hotline.ask("operator", "GET", FORM)).json()
    assert form["categories"]["pay"] == "工资报酬"
    assert form["units"]["taicang"]
    assert "自愿" in form["consents"][form["current_consent"]]
    fields = {each["path"]: each for each in form["fields"]}
    assert fields["agent"]["default"] == "operator"
    assert fields["matters[].narrative"]["max_chars"] == 5000
    assert {path for path, each in fields.items() if each.get("is_required")} == {
        "id",
        "started_at",
        "duration_s",
        "consent.version",
        "consent.given_at",
        "matters[].category",
        "matters[].narrative",
    }
    assert (await hotline.ask("ann", "GET", FORM)).status_code == 403


async def test_what_is_filled_into_the_form_as_described_is_accepted(hotline):
    form = (await hotline.ask("operator", "GET", FORM)).json()
    values = {
        "text": "编号 1",
        "long_text": "想要一个哺乳室",
        "moment": "2024-05-20T09:30:00+08:00",
        "integer": 60,
    }
    filled = {"caller": {}, "consent": {}, "matters": [{}]}
    for field in form["fields"]:
        path = field["path"].replace("[]", "")
        value = values.get(field["kind"]) or field.get("default") or next(iter(form[field["choices"]]))
        outer, _, inner = path.rpartition(".")
        target = filled["matters"][0] if outer == "matters" else filled[outer] if outer else filled
        target[inner] = value
    answer = await hotline.post("operator", CALLS, orjson.dumps(filled))
    assert answer.status_code == 201, answer.text


@pytest.mark.parametrize(
    ("duration_s", "band"),
    [(0, "0-1"), (59, "0-1"), (60, "1-5"), (899, "5-15"), (900, "15-30"), (1800, "30+")],
)
def test_a_duration_has_its_band(duration_s, band):
    assert duration_band(duration_s) == band


async def test_times_at_the_edge_of_the_calendar_are_no_crash(hotline):
    for number, year in enumerate(("0001", "9999")):
        started = f"{year}-01-01T00:00:00+08:00" if year == "0001" else f"{year}-12-31T23:59:59-08:00"
        answer = await hotline.post("hotline", CALLS, call(id=f"edge-{number}", started_at=started))
        assert answer.status_code in (201, 422)
