"""The form for web pages."""

from __future__ import annotations

import json

import pytest

from shared.campaign import Campaign
from shared.errors import NotFound
from shared.forms.json_form import json_form, write_json_form


def test_it_says_what_a_page_must_ask_and_send(campaign: Campaign) -> None:
    form = json.loads(write_json_form(campaign, "general"))
    assert form == json_form(campaign, "general")
    assert form["campaign"] == {"id": "suzhou-2024", "name": "百日万名青年职工大访谈"}
    assert form["edition"] == {"id": "general", "name": "通用版"}
    assert form["questionnaire"] == {"id": "every-kind", "version": "3", "title": "每种题各一道"}
    assert form["consent"] == {"version": "2024-05", "text": campaign.consents.texts["2024-05"]}
    fields = {field["id"]: field for field in form["respondent"]}
    assert fields["age"] == {"id": "age", "name": "年龄", "is_required": True, "min": 16, "max": 100}
    assert fields["phone"]["is_required"] is False
    assert fields["sex"]["options"] == [{"code": "male", "label": "男"}, {"code": "female", "label": "女"}]
    assert [unit["id"] for unit in form["units"]] == [unit.id for unit, _ in campaign.owing_units()]
    assert [section["id"] for section in form["sections"]] == ["work", "life"]


def test_each_question_has_what_its_kind_needs_and_no_more(campaign: Campaign) -> None:
    form = json.loads(write_json_form(campaign, "general"))
    questions = {each["id"]: each for section in form["sections"] for each in section["questions"]}
    assert list(questions) == list(campaign.questionnaire("general").by_id)
    options = [{"code": "a", "label": "太低"}, {"code": "b", "label": "拖欠"}]
    assert questions["q02"]["options"][:2] == options
    assert questions["q02"]["when"] == {"q01": ["b", "c"]}
    assert (questions["q02"]["max_choices"], questions["q02"]["alone"]) == (2, ["d"])
    assert questions["q05_pay"]["grid"] == {"id": "q05", "text": "对下面各项是否满意？", "label": "工资"}
    hours = {"id": "q06", "kind": "integer", "text": "每周工作几小时？", "is_required": False}
    told = {"message": "一周只有 168 小时", "when": {"q05_pay": ["n"]}, "min": 0, "max": 168}
    assert questions["q06"] == {**hours, **told}
    assert questions["q09"]["max_length"] == 200


def test_another_edition_is_not_found(campaign: Campaign) -> None:
    with pytest.raises(NotFound):
        json_form(campaign, "nobody")
