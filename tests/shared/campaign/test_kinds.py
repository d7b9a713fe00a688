"""Numbers, dates and grids: what is a permissible answer, what is told of others, and what may flow on."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.campaign import Option, Question, Questionnaire, Section, validate_answers
from shared.campaign.question import NUMBER_LIMIT

BANDS = (Option("a", "40 及以下"), Option("b", "41 至 60"), Option("c", "60 以上"))
DAYS = (Option("old", "2024 年以前"), Option("new", "2024 年以来"))
QUESTIONS = {
    question.id: question
    for question in (
        Question("hours", "integer", "几小时？", BANDS, minimum=1, maximum=112, band_starts=(41, 61)),
        Question("floor", "integer", "几楼？"),
        Question("rent", "decimal", "房租几千元？", BANDS, minimum=0.5, band_starts=(41.0, 60.5)),
        Question("area", "decimal", "几平方米？", maximum=500.0, message="请填写住房面积"),
        Question("since", "date", "何时入职？", DAYS, maximum="2024-08-31", band_starts=("2024-01-01",)),
        Question("born", "date", "何日出生？", minimum="1984-01-01", maximum="2008-12-31"),
        Question("day", "date", "哪天？"),
    )
}
QUESTIONNAIRE = Questionnaire("q", "general", "1", "问卷", (), tuple(QUESTIONS.values()))


@pytest.mark.parametrize(
    ("id", "value"),
    [
        ("hours", 1),
        ("hours", 112),
        ("floor", -2),
        ("rent", 2),
        ("rent", 2.5),
        ("area", 500),
        ("since", "2024-08-31"),
        ("born", "2004-02-29"),
        ("day", "0001-01-01"),
    ],
)
def test_a_number_or_day_within_its_limits_is_an_answer(id: str, value: object) -> None:
    assert validate_answers(QUESTIONNAIRE, {id: value}) == []


@pytest.mark.parametrize(
    ("id", "value", "message"),
    [
        ("hours", 0, "应为 1 至 112 的整数，收到的太小"),
        ("hours", 113, "应为 1 至 112 的整数，收到的太大"),
        ("hours", 40.0, "应为 1 至 112 的整数，收到的带有小数"),
        ("hours", True, "应为 1 至 112 的整数，收到是/否值"),
        ("hours", "40", "应为 1 至 112 的整数，收到文字"),
        ("hours", None, "应为 1 至 112 的整数，收到空值"),
        ("floor", 10**13, "应为整数，收到的太大"),
        ("floor", [1], "应为整数，收到列表"),
        ("rent", 0.4, "应为不小于 0.5 的数字，收到的太小"),
        ("rent", "2.5", "应为不小于 0.5 的数字，收到文字"),
        ("area", 500.5, "请填写住房面积（应为不大于 500.0 的数字，收到的太大）"),
        ("since", "2024-09-01", "应为不晚于 2024-08-31 的日期（如 2024-05-10），收到的太晚"),
        ("since", "2024-02-30", "应为不晚于 2024-08-31 的日期（如 2024-05-10），收到文字"),
        ("since", 20240510, "应为不晚于 2024-08-31 的日期（如 2024-05-10），收到数字"),
        ("born", "1983-12-31", "应为 1984-01-01 至 2008-12-31 的日期（如 2024-05-10），收到的太早"),
        ("day", "20240510", "应为日期（如 2024-05-10），收到文字"),
        ("day", "2024-W01-1", "应为日期（如 2024-05-10），收到文字"),
        ("day", "2024-05-10\n", "应为日期（如 2024-05-10），收到文字"),
        ("day", "２０２４-05-10", "应为日期（如 2024-05-10），收到文字"),
    ],
)
def test_another_is_told_what_is_asked_for_and_its_value_is_not_repeated(
    id: str, value: object, message: str
) -> None:
    found = [(problem.field, problem.message) for problem in validate_answers(QUESTIONNAIRE, {id: value})]
    assert found == [(f"answers.{id}", message)]


def test_numbers_that_are_none_are_refused() -> None:
    for value in (float("nan"), float("inf"), float("-inf")):
        for id in ("rent", "area", "hours", "floor"):
            assert validate_answers(QUESTIONNAIRE, {id: value})


anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=12)
    | st.dates().map(str)
    | st.integers(-5, 200),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from([*QUESTIONS, "zz"]), anything))
def test_whatever_json_comes_is_accepted_or_told_why_not(answers: dict[str, Any]) -> None:
    found = validate_answers(QUESTIONNAIRE, answers)
    named = {problem.field.removeprefix("answers.").split("[")[0] for problem in found}
    for problem in found:
        assert any("一" <= character <= "鿿" for character in problem.message)
    right = {id: value for id, value in answers.items() if id in QUESTIONS and id not in named}
    assert validate_answers(QUESTIONNAIRE, right) == []
    coded, written = QUESTIONNAIRE.flowing(right)
    assert written == right
    assert all(coded[id] in QUESTIONS[id].codes for id in coded)


@given(st.integers(1, 112))
def test_a_band_reaches_up_to_where_the_next_one_begins(hours: int) -> None:
    coded, written = QUESTIONNAIRE.flowing({"hours": hours})
    assert coded == {"hours": "a" if hours <= 40 else "b" if hours <= 60 else "c"}
    assert written == {"hours": hours}


def test_days_fall_into_bands_and_what_has_no_bands_is_only_sealed() -> None:
    answers = {"since": "2023-12-31", "born": "1999-09-09", "area": 88.5, "floor": 3, "rent": 60.5}
    coded, written = QUESTIONNAIRE.flowing(answers)
    assert coded == {"since": "old", "rent": "c"}
    assert written == answers
    assert QUESTIONNAIRE.flowing({"since": "2024-01-01"})[0] == {"since": "new"}


def test_only_what_has_a_code_is_a_variable() -> None:
    assert [question.id for question in QUESTIONNAIRE.closed_questions] == ["hours", "rent", "since"]
    assert not any(question.is_choice for question in QUESTIONS.values())


def test_an_unlimited_number_is_still_no_endless_one() -> None:
    assert validate_answers(QUESTIONNAIRE, {"floor": NUMBER_LIMIT}) == []
    assert validate_answers(QUESTIONNAIRE, {"floor": -NUMBER_LIMIT - 1})


def test_questions_come_section_by_section() -> None:
    questions = (
        Question("q1", "text", "一？", section="one"),
        Question("q2", "text", "二？", section="one"),
        Question("q3", "text", "三？", section="two"),
    )
    sections = (Section("one", "第一部分"), Section("two", "第二部分"))
    asked = Questionnaire("q", "general", "1", "问卷", (), questions, sections)
    assert [(section and section.title, len(some)) for section, some in asked.in_sections()] == [
        ("第一部分", 2),
        ("第二部分", 1),
    ]
    assert [section for section, _ in QUESTIONNAIRE.in_sections()] == [None]
