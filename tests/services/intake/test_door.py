"""The sealing door: what flows on names nobody."""

import json
from datetime import UTC, datetime

import orjson
import pytest

from services.intake.checking import problems_of
from services.intake.door import Door
from services.intake.form import Form
from services.intake.form import read_form as parse
from shared.errors import Invalid
from shared.events import REGISTRY
from shared.privacy import KeyRing, Privacy, create_keys
from tests.suzhou import suzhou

CAMPAIGN = suzhou()
FORM = {
    "campaign": "suzhou-2024",
    "channel": "offline",
    "source_id": "tablet-7:000123",
    "edition": "general",
    "unit": "zhangjiagang",
    "collected_at": "2024-05-20T09:30:00+08:00",
    "interviewer": "陆建国",
    "consent": {"version": "2024-05", "given_at": "2024-05-20T09:29:00+08:00"},
    "respondent": {
        "name": "沈晓燕",
        "employer": "江南精密制造有限公司",
        "phone": "13912345678",
        "age": 29,
        "sex": "female",
    },
    "answers": {},
    "message": "我叫沈晓燕，电话 139 1234 5678，在江南精密制造有限公司，想要一个哺乳室。",
}


def answered(form):
    answers = {}
    for question in CAMPAIGN.questionnaire(form["edition"]).required_questions:
        code = question.options[0].code if question.options else "无"
        answers[question.id] = [code] if question.kind == "multiple" else code
    return {**form, "answers": {**answers, **form["answers"]}}


@pytest.fixture
def door(tmp_path):
    create_keys(tmp_path / "keys.json", [CAMPAIGN.id])
    return Door(CAMPAIGN, Privacy.for_campaign(KeyRing.load(tmp_path / "keys.json"), CAMPAIGN.id))


def test_a_scale_and_a_ranking_are_told_as_codes_and_the_words_behind_other_are_sealed(door):
    answers = {"q01": "a", "q07": ["h"], "q07_other": "夜间公交", "q28": 4, "q36": ["c", "a"]}
    form = submission(answers=answers)
    assert problems_of(form, CAMPAIGN) == []
    _, _, _, event = told(door, form)
    data = json.loads(event.data)
    assert data["answers"] == {"q01": "a", "q07": ["h"], "q28": "4", "q36": ["c", "a"]}
    assert data["texts_given"] == ["q07_other", "message"]
    assert REGISTRY[event.type].model_validate_json(event.data)


def submission(**changes):
    return parse(orjson.dumps({**answered(FORM), **changes}))


def told(door, a_submission):
    receipt, registration, data_key = door.register(a_submission, "2024-05-20T01:31:00.000Z")
    return receipt, registration, data_key, door.event(a_submission, registration, data_key)


def test_the_form_of_the_tests_is_good():
    assert problems_of(submission(), CAMPAIGN) == []


def test_no_personal_detail_is_in_the_event_nor_in_the_registration(door):
    _, registration, _, event = told(door, submission())
    flowing = event.data.decode() + repr(event) + repr(registration)
    for detail in (
        "哺乳室",
        "沈晓燕",
        "江南精密",
        "13912345678",
        "139 1234 5678",
        "陆建国",
        '"age"',
        "tablet-7",
    ):
        assert detail not in flowing


def test_the_event_is_valid_and_keeps_what_counts(door):
    _, registration, _, event = told(door, submission())
    data = REGISTRY[event.type].model_validate_json(event.data)
    assert (data.unit, data.age_band, data.sex, data.mode) == ("zhangjiagang", "26-30", "female", "offline")
    assert "message" in data.texts_given
    assert event.id == registration.submission_id


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"message": None, "answers": {"q12": "想要一个哺乳室"}},
        {"respondent": {"age": 20}, "interviewer": None, "message": None},
    ],
)
def test_the_event_is_written_as_its_model_would_write_it(door, changes):
    form = parse(orjson.dumps(answered({**FORM, **changes})))
    _, registration, data_key, event = told(door, form)
    amended = registration.amended(content_mac="0" * 32, unit="kunshan")
    for each in (event, door.event(form, amended, data_key)):
        data = REGISTRY[each.type].model_validate_json(each.data)
        assert each.data.decode() == data.model_dump_json(exclude_none=True)
        assert set(json.loads(each.data)) <= set(type(data).model_fields)


def test_the_sealed_fields_open_with_the_data_key_alone(door):
    _, registration, data_key, event = told(door, submission())
    sealed = json.loads(event.data)["sealed"]
    opened = door._privacy.sealer.open(
        data_key, registration.submission_id, "respondent", sealed["respondent"]
    )
    assert json.loads(opened)["name"] == "沈晓燕"
    again = door.data_key(registration)
    assert (
        door._privacy.sealer.open(again, registration.submission_id, "respondent", sealed["respondent"])
        == opened
    )


def test_the_same_form_is_the_same_submission_and_receipt(door):
    first, second = told(door, submission()), told(door, submission(message="另一句话"))
    assert first[0] == second[0]
    assert first[1].content_mac != second[1].content_mac


def test_key_order_and_blanks_make_no_other_content(door):
    one = parse(json.dumps(answered(FORM), indent=2).encode())
    reordered = dict(reversed(answered(FORM).items()))
    reordered["answers"] = dict(reversed(reordered["answers"].items()))
    assert door.mac(parse(orjson.dumps(reordered))) == door.mac(one)


def test_one_person_has_one_partition_key(door):
    one = told(door, submission(source_id="a"))[3]
    two = told(door, submission(source_id="b"))[3]
    assert one.key == two.key
    nobody = told(door, submission(respondent={"age": 20}))
    assert nobody[3].key == nobody[1].submission_id


@pytest.mark.parametrize(
    ("changes", "field", "part"),
    [
        ({"unit": "atlantis"}, "unit", "zhangjiagang"),
        ({"channel": "fax"}, "channel", "wechat"),
        ({"edition": "deluxe"}, "edition", "general"),
        ({"point": "nowhere"}, "point", "访谈点"),
        (
            {"consent": {"version": "1", "given_at": "2024-05-20T09:29:00+08:00"}},
            "consent.version",
            "2024-05",
        ),
        ({"respondent": {"age": 7}}, "respondent.age", "16"),
        ({"respondent": {}}, "respondent.age", "年龄"),
        ({"respondent": {"age": 20, "sex": "x"}}, "respondent.sex", "male"),
    ],
)
def test_what_is_wrong_is_named_with_what_is_allowed(changes, field, part):
    (problem,) = problems_of(submission(**changes), CAMPAIGN)
    assert problem.field == field
    assert part in problem.message


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        (b"{", "broken-json", None),
        (b"\xff\xfe", "broken-json", None),
        (b"[]", "invalid", ""),
        (orjson.dumps({**FORM, "collected_at": "2024-05-20T09:30:00"}), "invalid", "collected_at"),
        (orjson.dumps({**FORM, "respondent": {"age": "29"}}), "invalid", "respondent.age"),
        (orjson.dumps({**FORM, "respondnet": {}}), "invalid", "respondnet"),
        (orjson.dumps({k: v for k, v in FORM.items() if k != "consent"}), "invalid", "consent"),
    ],
)
def test_a_broken_body_is_refused_with_its_place(body, code, field):
    with pytest.raises(Invalid) as caught:
        parse(body)
    assert caught.value.code == code
    if field is not None:
        assert caught.value.problems[0].field == field


def test_times_are_utc_in_the_event(door):
    event = told(door, submission())[3]
    assert event.time == "2024-05-20T01:31:00.000Z"
    assert datetime.fromisoformat(event.time).tzinfo == UTC
    assert isinstance(submission(), Form)
