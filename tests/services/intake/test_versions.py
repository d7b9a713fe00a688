"""Forms that were filled in on an earlier version of the questionnaire, and answers in numbers and dates."""

import json
import shutil
from pathlib import Path

import orjson
import pytest

from services.intake.checking import problems_of
from services.intake.door import Door
from services.intake.form import read_form
from shared.campaign import load_campaign
from shared.errors import Invalid
from shared.events import REGISTRY, Topic
from shared.privacy import KeyRing, Privacy, create_keys
from tests.services.intake.forms import FORM, content

SUZHOU = Path("deploy/campaigns/suzhou-2024")
NEXT_VERSION = """\
id: general-2024
edition: general
version: "2024-07"
title: 问卷
requires: [age]
replaces:
  file: questionnaires/general-2024-05.yaml
  questions: {%s, q01: pay}
  options: {q07: {h: null}}
questions:
  pay: {kind: single, required: true, text: 工资？, options: {a: 一, b: 二, c: 三, d: 四, e: 五}}
  q07:
    kind: multiple
    max_choices: 3
    text: 要什么？
    options: {a: 一, b: 二, c: 三, d: 四, e: 五, f: 六, g: 七}
"""


@pytest.fixture
def campaign(tmp_path):
    """Suzhou's, with the general edition in a next version that asks for two things."""
    folder = Path(shutil.copytree(SUZHOU, tmp_path / "definition"))
    questionnaires = folder / "questionnaires"
    (questionnaires / "published.yaml").unlink()
    (questionnaires / "general.yaml").rename(questionnaires / "general-2024-05.yaml")
    before = load_campaign(SUZHOU).questionnaire("general").by_id.keys() - {"q01", "q07"}
    dropped = ", ".join(f"{id}: null" for id in sorted(before))
    (questionnaires / "general.yaml").write_text(NEXT_VERSION % dropped, encoding="utf-8")
    return load_campaign(folder)


def told(campaign, tmp_path, form):
    """What the event of ``form`` says, and what is sealed in it of the answers."""
    create_keys(tmp_path / "keys.json", [campaign.id])
    privacy = Privacy.for_campaign(KeyRing.load(tmp_path / "keys.json"), campaign.id)
    door = Door(campaign, privacy)
    _, registration, data_key = door.register(form, "2024-05-20T01:31:00.000Z")
    event = door.event(form, registration, data_key)
    assert REGISTRY[event.type].model_validate_json(event.data)
    data = json.loads(event.data)
    texts = privacy.sealer.open(data_key, registration.submission_id, "texts", data["sealed"]["texts"])
    return data, json.loads(texts)


def form(answers, **changes):
    return read_form(orjson.dumps({**FORM, "answers": answers, **changes}))


def test_a_form_of_an_earlier_version_is_told_in_todays_codes(campaign, tmp_path):
    answers = {"q01": "c", "q07": ["a", "h"], "q07_other": "夜班车", "q04": 50}
    old = form(answers, questionnaire_version="2024-05")
    assert problems_of(old, campaign) == []
    data, texts = told(campaign, tmp_path, old)
    assert data["answers"] == {"pay": "c", "q07": ["a"]}
    assert data["questionnaire_version"] == "2024-07"
    assert texts["q07_other"] == "夜班车"
    assert texts["q04"] == 50


def test_it_is_judged_by_what_was_asked_then(campaign):
    problems = problems_of(form({"q07": ["z"]}, questionnaire_version="2024-05"), campaign)
    assert {problem.field for problem in problems} == {"answers.q01", "answers.q07[0]"}
    unsaid = problems_of(form({"q01": "c"}), campaign)
    assert "answers.q01" in {problem.field for problem in unsaid}


def test_a_version_that_nobody_knows_may_be_somebodys_answer(campaign):
    with pytest.raises(Invalid) as caught:
        problems_of(form({"q01": "c"}, questionnaire_version="2031-01"), campaign)
    assert caught.value.code == "unknown-form-version"


async def test_over_http_the_version_is_told_and_an_unknown_one_is_refused_by_name(intake):
    good = await intake.post("offline", "/intake/v1/submissions", content(questionnaire_version="2024-05"))
    assert good.status_code == 201
    unknown = content(source_id="other", questionnaire_version="1999-01")
    refused = await intake.post("offline", "/intake/v1/submissions", unknown)
    assert (refused.status_code, refused.json()["code"]) == (422, "unknown-form-version")
    assert "应为 2024-05 之一" in refused.json()["problems"][0]["message"]
    [event] = await intake.events(Topic.SUBMISSIONS)
    assert json.loads(event.data)["questionnaire_version"] == "2024-05"


def test_exact_numbers_and_dates_are_sealed_and_their_bands_flow_on(tmp_path):
    suzhou = load_campaign(SUZHOU)
    exact = {"q04": 47, "q23": "2019-03-17", "q43": 0.7, "q45": 2}
    data, texts = told(suzhou, tmp_path, form({"q01": "a", "q07": ["a"], **exact}))
    assert data["answers"] == {"q01": "a", "q07": ["a"], "q04": "b", "q23": "c", "q43": "b", "q45": "c"}
    assert data["texts_given"] == ["q23", "q04", "q43", "q45", "message"]
    assert {id: texts[id] for id in exact} == exact
    assert "2019-03-17" not in json.dumps(data)
