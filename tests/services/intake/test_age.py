"""The age at the interview: by the date of birth where a resident id gives it, else as told."""

from __future__ import annotations

import json

import pytest

from services.intake.age import age_of
from services.intake.form import read_form
from services.intake.model import Submission
from shared.events import Topic
from tests.services.intake.forms import CAMPAIGN, FORM, content

PATH = "/intake/v1/submissions"
WEIGHTS = [pow(2, 17 - place, 11) for place in range(17)]


def resident_id(born: str) -> str:
    """A number of nobody who was born then."""
    digits = f"320502{born}001"
    return digits + "10X98765432"[sum(map(lambda d, w: int(d) * w, digits, WEIGHTS)) % 11]


@pytest.mark.parametrize(
    ("born", "collected_at", "age"),
    [
        ("19840520", "2024-05-19T10:00:00+08:00", 39),
        ("19840520", "2024-05-20T00:00:00+08:00", 40),
        ("19840520", "2024-05-19T16:00:00Z", 40),  # already the 20th in Suzhou
        ("19840520", "2025-05-19T23:59:59+08:00", 40),
        ("19840520", "2025-05-20T00:00:00+08:00", 41),
        ("20000229", "2023-02-28T12:00:00+08:00", 22),
        ("20000229", "2023-03-01T12:00:00+08:00", 23),
        ("20000229", "2024-02-29T12:00:00+08:00", 24),
    ],
)
def test_the_birthday_decides_whatever_was_told(born, collected_at, age):
    respondent = {"resident_id": resident_id(born), "age": 29}
    body = content(collected_at=collected_at, respondent=respondent)
    assert age_of(read_form(body), CAMPAIGN) == age
    assert age_of(Submission.model_validate_json(body), CAMPAIGN) == age


def test_without_a_resident_id_the_age_is_as_told():
    assert age_of(read_form(content(respondent={"age": 29})), CAMPAIGN) == 29
    assert age_of(read_form(content(respondent={"name": "沈晓燕"})), CAMPAIGN) is None


async def test_the_band_that_flows_on_is_that_of_the_birthday_and_nobody_need_tell_the_age_as_well(intake):
    respondent = {"name": "沈晓燕", "resident_id": resident_id("19840520"), "sex": FORM["respondent"]["sex"]}
    answer = await intake.post("offline", PATH, content(respondent=respondent))
    assert answer.status_code == 201, answer.text
    (event,) = await intake.events(Topic.SUBMISSIONS)
    assert json.loads(event.data)["age_band"] == "36-40"


async def test_an_age_that_is_not_accepted_is_told_where_it_comes_from(intake):
    answer = await intake.post("offline", PATH, content(respondent={"resident_id": resident_id("20150520")}))
    assert answer.status_code == 422
    assert {"respondent.resident_id": "年龄应在 16 至 100 岁之间，按身份证号码访谈当天为 9 岁"}.items() <= {
        problem["field"]: problem["message"] for problem in answer.json()["problems"]
    }.items()
