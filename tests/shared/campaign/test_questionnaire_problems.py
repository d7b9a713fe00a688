"""Each kind of mistake in a questionnaire's file is told with its line and the reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from shared.campaign import Campaign, check, load_campaign

FILE = "questionnaires/general.yaml"
QUESTIONNAIRE = """\
id: general-2024
edition: general
version: "7"
title: 问卷
sections: {work: 工作, home: 生活}
questions:
  job: {kind: single, section: work, text: 做什么？, options: {a: 车工, b: 其他}, other: b}
  tools: {kind: multiple, section: work, text: 缺什么？, options: {a: 手套, b: 都不缺}, alone: [b]}
  hours:
    kind: integer
    section: work
    text: 几小时？
    hint: 加班也算
    message: 请填写一周的小时数
    min: 1
    max: 112
    bands:
      few: {label: 40 及以下}
      some: {label: 41 至 60, from: 41}
      many: {label: 60 以上, from: 61}
  rent:
    {kind: decimal, section: home, text: 房租？, min: 0, bands: {a: {label: 少}, b: {label: 多, from: 2.5}}}
  since:
    kind: date
    section: home
    text: 何时来的？
    max: 2024-08-31
    bands:
      old: {label: 早}
      new: {label: 晚, from: 2024-01-01}
  eased:
    kind: grid
    section: home
    required: true
    when: {job: [a]}
    text: 满意吗？
    rows: {pay: 工资, food: 食堂}
    options: {y: 满意, n: 不满意}
  why: {kind: text, section: home, text: 为什么？, when: {eased_food: [n]}}
"""

# (text to replace, its replacement, a text on the line that must be named, part of the reason)
MUTATIONS = [
    ("section: work, text: 做", "text: 做", "job:", "缺少“section”"),
    ("section: work, text: 做", "section: wrok, text: 做", "job:", "没有“wrok”这一部分；已有的：work、home"),
    (
        "kind: text, section: home",
        "kind: text, section: work",
        "why:",
        "同一部分的题应排在一起，并按各部分的顺序：“work”应在“home”之前",
    ),
    ("home: 生活}", "home: 生活, play: 休闲}", "sections:", "“play”这一部分没有题"),
    ("alone: [b]", "alone: [c]", "tools:", "没有选项“c”；已有的：a、b"),
    ("rent:", "job_other:", "job_other:", "题号“job_other”已用于“job”的补充说明"),
    ("rent:", "eased_pay:", "eased_pay:", "题号“eased_pay”已用于“eased”的一行"),
    ("  eased:\n", "  respondent: # 满意\n", "# 满意", "题号不能用“respondent_pay”，请换一个"),
    ("  rent:", "  message: # 留言", "# 留言", "题号不能用“message”"),
    ("  rent:", "  unit: # 单位", "# 单位", "题号不能用“unit”"),
    ("  rent:", "  email: # 邮箱", "# 邮箱", "题号不能用“email”"),
    ("min: 1\n", "min: 113\n", "min: 113", "最小值 113 大于最大值 112"),
    ("{label: 40 及以下}", "{label: 40 及以下, from: 1}", "few:", "第一段从最小值开始，不写“from”"),
    ("41 至 60, from: 41}", "41 至 60}", "some:", "缺少“from”"),
    ("from: 61", "from: 41", "many:", "应从大于 41 的值开始，收到 41"),
    ("min: 1\n", "min: 41\n", "some:", "应从大于 41 的值开始，收到 41"),
    ("max: 112", "max: 60", "many:", "从 61 开始，但最大值是 60"),
    ("from: 2024-01-01", "from: 2024-09-01", "new:", "从 2024-09-01 开始，但最大值是 2024-08-31"),
    ("from: 61", "from: 61.5", "many:", "“from”应为整数，收到“61.5”"),
    ("from: 2.5", "from: 二", "from: 二", "“from”应为数字，收到“二”"),
    ("max: 2024-08-31", "max: 2024", "max: 2024", "“max”应为日期（如 2024-05-10），收到“2024”"),
    ("max: 112", "max: 1000000000001", "max: 1", "“max”不能大于 1000000000000"),
    (
        "      some: {label: 41 至 60, from: 41}\n      many: {label: 60 以上, from: 61}\n",
        "",
        "bands:",
        "“bands”至少要有 2 项",
    ),
    ("rows: {pay: 工资, food: 食堂}", "rows: {pay: 工资}", "rows:", "“rows”至少要有 2 项"),
    ("rows: {pay:", "rows: {Pay:", "rows:", "由小写字母、数字和“_”组成的代号"),
    ("eased_food: [n]", "eased: [n]", "why:", "条件中的“eased”应是排在前面的一道选择题"),
    ("eased_food: [n]", "hours: [many]", "why:", "条件中的“hours”应是排在前面的一道选择题"),
    ("eased_food: [n]", "eased_food: [x]", "why:", "“eased_food”没有选项“x”；已有的：n、y"),
    ("hint: 加班也算", "hint: ''", "hint:", "“hint”不能为空"),
]


@pytest.fixture
def small(folder: Path) -> Path:
    """The campaign with the questionnaire above."""
    (folder / FILE).write_text(QUESTIONNAIRE, encoding="utf-8")
    assert check(folder) == []
    return folder


@pytest.mark.parametrize(("old", "new", "marker", "reason"), MUTATIONS)
def test_a_mistake_is_told_with_line_and_reason(
    small: Path, old: str, new: str, marker: str, reason: str
) -> None:
    assert old in QUESTIONNAIRE
    text = QUESTIONNAIRE.replace(old, new, 1)
    (small / FILE).write_text(text, encoding="utf-8")
    found = [problem for problem in check(small) if reason in problem.reason]
    line = next(number for number, line in enumerate(text.split("\n"), 1) if marker in line)
    assert [(problem.file, problem.line) for problem in found] == [(FILE, line)]


@pytest.fixture
def campaign(small: Path) -> Campaign:
    return load_campaign(small)


def test_what_a_file_says_of_a_question_is_there(campaign: Campaign) -> None:
    hours = campaign.questionnaire("general").by_id["hours"]
    assert (hours.hint, hours.message, hours.section) == ("加班也算", "请填写一周的小时数", "work")
    assert (hours.minimum, hours.maximum, hours.band_starts) == (1, 112, (41, 61))
    assert hours.labels == {"few": "40 及以下", "some": "41 至 60", "many": "60 以上"}
    since = campaign.questionnaire("general").by_id["since"]
    assert (since.minimum, since.maximum, since.band_starts) == (None, "2024-08-31", ("2024-01-01",))


def test_a_row_of_a_grid_is_a_question_with_one_answer(campaign: Campaign) -> None:
    by_id = campaign.questionnaire("general").by_id
    pay, food = by_id["eased_pay"], by_id["eased_food"]
    assert (pay.kind, pay.text, pay.is_required) == ("single", "满意吗？——工资", True)
    assert food.grid is not None
    assert (food.grid.id, food.grid.text, food.grid.label) == ("eased", "满意吗？", "食堂")
    assert food.asked_when == {"job": frozenset("a")}
    assert "eased" not in by_id


def test_bands_and_rows_are_variables_under_their_names(campaign: Campaign) -> None:
    variables = campaign.variables("general")
    assert variables["general.hours"].labels == {"few": "40 及以下", "some": "41 至 60", "many": "60 以上"}
    assert not variables["general.eased_pay"].is_multiple
    assert variables["general.eased_pay"].title == "满意吗？——工资"
    assert "general.why" not in variables
