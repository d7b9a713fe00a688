from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.campaign import Option, Question, Questionnaire, validate_answers
from shared.campaign.answers import PROBLEM_LIMIT_COUNT

CODES = ["a", "b", "c", "d"]
OPTIONS = tuple(Option(code, f"选项{code}") for code in CODES)
QUESTIONNAIRE = Questionnaire(
    id="q",
    edition="general",
    version="1",
    title="问卷",
    requires=("age",),
    questions=(
        Question("q01", "single", "满意吗？", OPTIONS, is_required=True),
        Question("q02", "multiple", "要什么？", OPTIONS, is_required=True, max_choices=3),
        Question("q03", "text", "还有呢？", max_length=20),
        Question("q04", "single", "可不答", OPTIONS),
        Question("q05", "multiple", "可不选", OPTIONS, max_choices=4),
        Question("q06", "text", "必须写", is_required=True),
    ),
)
GOOD: dict[str, object] = {"q01": "a", "q02": ["b", "d"], "q06": "停车难"}


def problems(**answers: object) -> dict[str, str]:
    """Field to message, of the good answers with these put in."""
    return {found.field: found.message for found in validate_answers(QUESTIONNAIRE, GOOD | answers)}


def test_good_answers_have_no_problems() -> None:
    assert problems() == {}
    assert problems(q03="少加班", q04="d", q05=[]) == {}


@pytest.mark.parametrize(
    ("answers", "field", "message"),
    [
        ({"q01": "z"}, "answers.q01", "应为选项代码 a、b、c、d 之一，收到“z”"),
        ({"q01": ["a"]}, "answers.q01", "应为选项代码 a、b、c、d 之一，收到列表"),
        ({"q01": None}, "answers.q01", "应为选项代码 a、b、c、d 之一，收到空值"),
        ({"q01": True}, "answers.q01", "应为选项代码 a、b、c、d 之一，收到是/否值"),
        ({"q02": "a"}, "answers.q02", '应为选项代码的列表（如 ["a"]），收到文字'),
        ({"q02": {"a": 1}}, "answers.q02", '应为选项代码的列表（如 ["a"]），收到对象'),
        ({"q02": ["a", "z"]}, "answers.q02[1]", "应为选项代码 a、b、c、d 之一，收到“z”"),
        ({"q02": [["a"]]}, "answers.q02[0]", "应为选项代码 a、b、c、d 之一，收到列表"),
        ({"q02": ["a", 3]}, "answers.q02[1]", "应为选项代码 a、b、c、d 之一，收到数字"),
        ({"q02": ["b", "a", "b"]}, "answers.q02[2]", "选项“b”重复"),
        ({"q02": CODES}, "answers.q02", "最多选 3 项，收到 4 项"),
        ({"q03": "长" * 21}, "answers.q03", "最多 20 个字，收到 21 个字"),
        ({"q03": 7}, "answers.q03", "应为文字，收到数字"),
        ({"q06": "长" * 2001}, "answers.q06", "最多 2000 个字，收到 2001 个字"),
        ({"q99": "a"}, "answers.q99", "问卷中没有这道题，题号应为 q01、q02、q03、q04、q05、q06 之一"),
        ({"q02": []}, "answers.q02", "必答题“要什么？”没有回答"),
        ({"q06": " \n"}, "answers.q06", "必答题“必须写”没有回答"),
    ],
)
def test_a_wrong_answer_is_named_with_what_is_allowed(
    answers: dict[str, object], field: str, message: str
) -> None:
    assert problems(**answers) == {field: message}


def test_every_missing_required_answer_is_named() -> None:
    found = validate_answers(QUESTIONNAIRE, {})
    assert [problem.field for problem in found] == ["answers.q01", "answers.q02", "answers.q06"]


@pytest.mark.parametrize("slip", ["15400001234", "张三李四王五", "\x1b[31m"])
def test_what_may_be_personal_is_not_echoed(slip: str) -> None:
    text = str(validate_answers(QUESTIONNAIRE, GOOD | {"q01": slip, slip: "a", "q05": [slip]}))
    assert slip not in text
    assert "未显示" in text


def test_an_endless_submission_gives_a_short_list() -> None:
    answers: dict[str, object] = {f"x{number}": "a" for number in range(10_000)}
    assert len(validate_answers(QUESTIONNAIRE, answers)) == PROBLEM_LIMIT_COUNT
    assert len(problems(q05=["z"] * 10_000)) < 10


codes = st.sampled_from(CODES)
valid_answers = st.fixed_dictionaries(
    {
        "q01": codes,
        "q02": st.lists(codes, min_size=1, max_size=3, unique=True),
        "q06": st.text(min_size=1, max_size=2000).filter(lambda text: bool(text.strip())),
    },
    optional={
        "q03": st.text(max_size=20),
        "q04": codes,
        "q05": st.lists(codes, max_size=4, unique=True),
    },
)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30) | codes,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@given(valid_answers)
def test_whatever_keeps_the_rules_is_accepted(answers: dict[str, Any]) -> None:
    assert validate_answers(QUESTIONNAIRE, answers) == []


@given(valid_answers, st.sampled_from(["q01", "q02", "q03", "q04", "q05"]), anything)
def test_an_answer_is_accepted_exactly_when_no_problem_names_it(
    answers: dict[str, Any], question_id: str, value: object
) -> None:
    question = QUESTIONNAIRE.by_id[question_id]
    found = validate_answers(QUESTIONNAIRE, answers | {question_id: value})
    try:
        is_accepted = question.acceptor(value)
    except TypeError:
        is_accepted = False
    is_missing = question.is_required and value == []
    assert bool(found) == (not is_accepted or is_missing)
    assert all(problem.field.startswith(f"answers.{question_id}") for problem in found)


@given(st.dictionaries(st.sampled_from(["q01", "q02", "q03", "q06", "zz"]), anything))
def test_no_json_can_break_the_check(answers: dict[str, object]) -> None:
    for problem in validate_answers(QUESTIONNAIRE, answers):
        assert problem.field.startswith("answers.")
        assert problem.message


POINTS = tuple(Option(str(point), str(point)) for point in range(1, 6))
LONGER = Questionnaire(
    id="q",
    edition="general",
    version="1",
    title="问卷",
    requires=(),
    questions=(
        Question("job", "multiple", "在哪些平台？", OPTIONS, max_choices=4),
        Question("job_other", "text", "请说明", asked_when={"job": frozenset("d")}),
        Question("mood", "scale", "几分？", POINTS, is_required=True),
        Question(
            "why", "single", "为什么？", OPTIONS, is_required=True, asked_when={"mood": frozenset("12")}
        ),
        Question("wishes", "ranking", "最要紧的？", OPTIONS, max_choices=2),
        Question("lacks", "multiple", "缺什么？", OPTIONS, max_choices=4, alone=frozenset("d")),
    ),
)


@pytest.mark.parametrize(
    "answers",
    [
        {"mood": 5},
        {"mood": 1, "why": "c"},
        {"mood": 3, "job": ["a", "d"], "job_other": "夜市"},
        {"mood": 4, "wishes": ["d", "a"]},
        {"mood": 4, "lacks": ["d"]},
        {"mood": 4, "lacks": ["a", "c"]},
    ],
)
def test_scales_rankings_and_questions_that_are_asked(answers: dict[str, object]) -> None:
    assert validate_answers(LONGER, answers) == []


@pytest.mark.parametrize(
    ("answers", "field", "message"),
    [
        ({"mood": 6}, "answers.mood", "应为 1 至 5 的整数，收到6"),
        ({"mood": "5"}, "answers.mood", "应为 1 至 5 的整数，收到文字"),
        ({"mood": 4.5}, "answers.mood", "应为 1 至 5 的整数，收到数字"),
        ({"mood": True}, "answers.mood", "应为 1 至 5 的整数，收到是/否值"),
        ({"mood": 15400001234}, "answers.mood", "应为 1 至 5 的整数，收到数字"),
        ({}, "answers.mood", "必答题“几分？”没有回答"),
        ({"mood": 2}, "answers.why", "必答题“为什么？”没有回答"),
        ({"mood": 3, "why": "a"}, "answers.why", "只有“mood”选 1、2 时才需要回答这道题，请去掉这个回答"),
        (
            {"mood": 3, "job": ["a"], "job_other": "夜市"},
            "answers.job_other",
            "只有“job”选 d 时才需要回答这道题，请去掉这个回答",
        ),
        ({"mood": 3, "wishes": ["a", "b", "c"]}, "answers.wishes", "最多选 2 项，收到 3 项"),
        ({"mood": 3, "wishes": ["a", "a"]}, "answers.wishes[1]", "选项“a”重复"),
        ({"mood": 3, "lacks": ["a", "d"]}, "answers.lacks[1]", "选项“d”（选项d）不能与其他选项同时选"),
    ],
)
def test_what_is_wrong_with_them_is_named(answers: dict[str, object], field: str, message: str) -> None:
    assert [(found.field, found.message) for found in validate_answers(LONGER, answers)] == [(field, message)]
