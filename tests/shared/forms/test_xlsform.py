"""XLSForm workbooks are read as questionnaires, or refused by sheet, row and column."""

from __future__ import annotations

import random
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import pytest

from shared.campaign import CampaignInvalid, Questionnaire
from shared.campaign.questionnaire_build import build_questionnaire
from shared.forms.files import read_questionnaire_file
from tests.public_cases import each_case, public_cases
from tests.shared.forms.workbooks import HEAD, SETTINGS, Table, write_workbook

CASES = each_case(public_cases("openrosa", "xlsform_invalid.json"), "tables that a publisher must refuse")
YES_NO: Table = (("list_name", "name", "label"), ("yn", "y", "是"), ("yn", "n", "否"))


def _read(folder: Path, sheets: Mapping[str, Table]) -> Questionnaire:
    return build_questionnaire([read_questionnaire_file(write_workbook(folder, sheets))])


def _reasons(path: Path) -> list[str]:
    with pytest.raises(CampaignInvalid) as invalid:
        read_questionnaire_file(path)
    return [problem.reason for problem in invalid.value.problems]


def test_an_authors_workbook_is_read(tmp_path: Path) -> None:
    """As Kobo and ODK write it: old spellings, notes, metadata, languages, blank rows, numbers for codes."""
    survey = [
        (
            "Type",
            "name",
            "label::中文 (zh)",
            "label::English (en)",
            "required",
            "relevant",
            "constraint",
            "hint::中文 (zh)",
            "calculation",
        ),
        ("start", "start"),
        ("note", "hello", "您好", "Hello"),
        ("begin group", "work", "工作", "Work"),
        ("select one yn", "q1", "有合同吗？", "A contract?", "TRUE"),
        (),
        (
            "select_multiple why or_other",
            "q2",
            "为什么？",
            "Why?",
            "",
            "${q1} = '0'",
            "count-selected(.) <= 2",
        ),
        (
            "integer",
            "q3",
            "工作几小时？",
            "Hours?",
            "",
            "selected(${q2}, 'a')",
            ". >= 0 and . <= 168",
            "每周",
        ),
        ("end group",),
        ("calculate", "twice", "", "", "", "", "", "", "2 * ${q3}"),
    ]
    choices = [
        ("list name", "name", "label::中文 (zh)", "label::English (en)"),
        ("yn", 1, "有", "Yes"),
        ("yn", 0, "没有", "No"),
        ("why", "a", "太忙", "Busy"),
        ("why", "b", "不给", "Refused"),
    ]
    settings = [(*SETTINGS[0], "default_language"), (*SETTINGS[1], "中文 (zh)")]
    read = _read(tmp_path, {"survey": survey, "choices": choices, "settings": settings})
    q1, q2, words, q3 = read.questions
    assert (q1.kind, q1.text, q1.is_required, q1.labels) == (
        "single",
        "有合同吗？",
        True,
        {"1": "有", "0": "没有"},
    )
    assert (q2.kind, q2.max_choices, q2.asked_when) == ("multiple", 2, {"q1": frozenset({"0"})})
    assert q2.labels == {"a": "太忙", "b": "不给", "other": "其他"}
    assert (words.id, words.asked_when) == ("q2_other", {"q2": frozenset({"other"})})
    assert (q3.kind, q3.minimum, q3.maximum, q3.hint) == ("integer", 0, 168, "每周")
    assert [(section.id, section.title) for section in read.sections] == [("work", "工作")]
    assert read.requires == ("age",)


@pytest.mark.parametrize("is_headed", [False, True])
def test_a_group_that_looks_like_a_table_is_a_grid(tmp_path: Path, is_headed: bool) -> None:
    survey = [
        (*HEAD, "appearance", "required"),
        ("begin_group", "q1", "满意吗？", "field-list" if is_headed else "table-list"),
        *([("select_one yn", "q1_head", "", "label")] if is_headed else []),
        ("select_one yn", "q1_pay", "工资", "list-nolabel", "yes"),
        ("select_one yn", "meal", "伙食", "list-nolabel", "yes"),
        ("end_group",),
        ("text", "q2", "为什么？"),
    ]
    read = _read(tmp_path, {"survey": [*survey[:-1], (*survey[-1], "", "")], "choices": YES_NO})
    pay, meal, _ = read.questions
    assert (pay.id, meal.id) == ("q1_pay", "q1_meal")
    assert pay.grid is not None
    assert (pay.grid.id, pay.grid.text, pay.grid.label, pay.is_required) == ("q1", "满意吗？", "工资", True)


def test_conditions_of_a_group_hold_for_its_questions(tmp_path: Path) -> None:
    survey = [
        (*HEAD, "relevant"),
        ("begin_group", "first", "一"),
        ("select_one yn", "q1", "有合同吗？"),
        ("end_group",),
        ("begin_group", "second", "二", "${q1} = 'n'"),
        ("select_one yn", "q2", "想要吗？"),
        ("text", "q3", "为什么？", "${q2} = 'y'"),
        ("end_group",),
    ]
    read = _read(tmp_path, {"survey": survey, "choices": YES_NO})
    no, yes = frozenset("n"), frozenset("y")
    assert [question.asked_when for question in read.questions] == [{}, {"q1": no}, {"q1": no, "q2": yes}]


def test_a_flagged_choice_asks_for_words(tmp_path: Path) -> None:
    choices = [("list_name", "name", "label", "other"), ("yn", "y", "是", ""), ("yn", "x", "别的", "yes")]
    read = _read(tmp_path, {"survey": [HEAD, ("select_one yn", "q1", "是吗？")], "choices": choices})
    assert [(question.id, question.kind) for question in read.questions] == [
        ("q1", "single"),
        ("q1_other", "text"),
    ]


def test_a_workbook_says_what_it_replaces(tmp_path: Path) -> None:
    survey = [(*HEAD, "was"), ("select_one yn", "q1", "有合同吗？", "q7"), ("text", "q2", "为什么？")]
    choices = [(*YES_NO[0], "was"), (*YES_NO[1], "a"), (*YES_NO[2], "")]
    settings = [(*SETTINGS[0], "replaces", "dropped"), (*SETTINGS[1], "questionnaires/old.yaml", "q3 q7.c")]
    path = write_workbook(tmp_path, {"survey": survey, "choices": choices, "settings": settings})
    replaces = read_questionnaire_file(path).replaces
    assert replaces is not None
    assert replaces.file == "questionnaires/old.yaml"
    assert replaces.questions == {"q7": "q1", "q3": None}
    assert replaces.options == {"q7": {"a": "y", "c": None}}


@pytest.mark.parametrize("case", CASES)
def test_public_tables_that_a_publisher_must_refuse_are_refused(
    tmp_path: Path, case: dict[str, object]
) -> None:
    expected = {
        "dup-question": "工作表“survey”第 3 行“name”列：“q1”已经用过（第 2 行），请换一个",
        "dup-question-group": "工作表“survey”第 3 行“name”列：“q1”已经用过（第 2 行），请换一个",
        "dup-in-repeat": "工作表“survey”第 4 行“name”列：“q1”已经用过（第 3 行），请换一个",
        "dup-choice": "工作表“choices”第 4 行“name”列：列表“list”已有选项“b”（第 3 行），请换一个代码",
        "choice-no-name": "工作表“choices”第 2 行“name”列：没有填写，请写上选项的代码",
        "choice-label-bad-reference": "工作表“choices”第 2 行“label”列：文字中不能引用别的题，请去掉“${q1x}”中的 ${…}",
    }
    sheets = case["sheets"]
    assert isinstance(sheets, dict)
    assert expected[str(case["id"])] in _reasons(write_workbook(tmp_path, sheets))


@pytest.mark.parametrize(
    ("row", "place", "says"),
    [
        ({"type": "geopoint"}, "第 3 行“type”列", "不支持题型“geopoint”；支持的：select_one、"),
        ({"type": "select_one no"}, "第 3 行“type”列", "没有列表“no”；已有的：yn"),
        ({"type": "select_one"}, "第 3 行“type”列", "请写成“select_one 列表名”"),
        ({"type": "begin_repeat"}, "第 3 行“type”列", "不支持重复组"),
        ({"type": "begin_group"}, "第 3 行“type”列", "请在它的最后一题之后加一行 end_group"),
        ({"type": "end_group"}, "第 3 行“type”列", "多了一个 end_group"),
        ({"type": ""}, "第 3 行“type”列", "没有填写题型"),
        ({"name": ""}, "第 3 行“name”列", "没有填写"),
        ({"name": "Q2"}, "第 3 行“name”列", "小写字母开头"),
        ({"label": ""}, "第 3 行“label”列", "没有填写"),
        ({"label": "${q1}吗？"}, "第 3 行“label”列", "不能引用别的题"),
        ({"relevant": "${q1} != 'y'"}, "第 3 行“relevant”列", "逐一列出选项"),
        ({"relevant": "${q1} = 'x'"}, "第 3 行“relevant”列", "“q1”没有选项“x”；已有的：n、y"),
        ({"relevant": "${q9} = 'y'"}, "第 3 行“relevant”列", "应是排在前面的一道选择题"),
        ({"constraint": "regex(., '1')"}, "第 3 行“constraint”列", "只支持 . >= 最小值"),
        ({"constraint": ". >= 3"}, "第 3 行“constraint”列", "请写成 string-length(.) <= 字数"),
        ({"type": "integer", "constraint": ". >= 1.5"}, "第 3 行“constraint”列", "应为整数"),
        (
            {"type": "integer", "constraint": ". >= 9 and . <= 1"},
            "第 3 行“constraint”列",
            "最小值 9 大于最大值 1",
        ),
        ({"type": "date", "constraint": ". >= '2024-02-30'"}, "第 3 行“constraint”列", "应为日期"),
        ({"type": "range", "parameters": "start=1 end=5 step=2"}, "第 3 行“parameters”列", "step=1"),
        ({"type": "range", "parameters": "start=1 end=5"}, "第 3 行“parameters”列", "tick_labelset"),
        ({"required": "sometimes"}, "第 3 行“required”列", "只能写 yes 或 no"),
        ({"choice_filter": "x = 1"}, "第 3 行“choice_filter”列", "不支持按回答筛选选项"),
        ({"calculation": "1 + 1"}, "第 3 行“calculation”列", "不能由公式算出"),
    ],
)
def test_what_cannot_be_said_is_refused_with_its_place_and_what_to_do(
    tmp_path: Path, row: dict[str, str], place: str, says: str
) -> None:
    question = {"type": "text", "name": "q2", "label": "为什么？", **row}
    survey = [tuple(question), ("select_one yn", "q1", "是吗？"), tuple(question.values())]
    reasons = _reasons(write_workbook(tmp_path, {"survey": survey, "choices": YES_NO}))
    assert any(place in reason and says in reason for reason in reasons), reasons


def test_what_pyxform_refuses_is_refused_too(tmp_path: Path) -> None:
    """Devices could not be given such a form: here a trigger that is no question."""
    survey = [(*HEAD, "trigger"), ("text", "q1", "为什么？", "${nobody}")]
    (reason,) = _reasons(write_workbook(tmp_path, {"survey": survey}))
    assert reason.startswith("pyxform 不接受这份表单")


def test_every_mistake_is_told_at_once(tmp_path: Path) -> None:
    survey = [HEAD, ("text", "", "甲"), ("geopoint", "q2", "乙"), ("text", "q3", "")]
    assert (
        len(_reasons(write_workbook(tmp_path, {"survey": survey, "settings": [("form_id",), ("work",)]})))
        == 6
    )


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 not really", b"%PDF-1.7", "表".encode()])
def test_what_is_no_workbook_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "form.xlsx"
    path.write_bytes(content)
    (reason,) = _reasons(path)
    assert "不是能读的 Excel 工作簿" in reason


def test_a_broken_workbook_is_refused_whatever_is_broken(tmp_path: Path) -> None:
    sheets = {"survey": [HEAD, ("text", "q1", "为什么？")]}
    whole = write_workbook(tmp_path, sheets).read_bytes()
    path, chance = tmp_path / "broken.xlsx", random.Random(1)
    for _ in range(60):
        broken = bytearray(whole)
        for _ in range(chance.randint(1, 20)):
            broken[chance.randrange(len(broken))] = chance.randrange(256)
        path.write_bytes(broken)
        with suppress(CampaignInvalid):
            read_questionnaire_file(path)


@pytest.mark.parametrize("part", ["xl/workbook.xml", "xl/worksheets/sheet2.xml", "xl/sharedStrings.xml"])
def test_a_workbook_with_a_part_that_is_no_xml_is_refused(tmp_path: Path, part: str) -> None:
    good = write_workbook(tmp_path, {"survey": [HEAD, ("text", "q1", "为什么？")]})
    with zipfile.ZipFile(good) as archive, zipfile.ZipFile(tmp_path / "bad.xlsx", "w") as bad:
        for name in archive.namelist():
            bad.writestr(name, b"<" if name == part else archive.read(name))
    assert _reasons(tmp_path / "bad.xlsx")


def test_another_kind_of_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "form.csv"
    path.write_text("type,name", encoding="utf-8")
    (reason,) = _reasons(path)
    assert "应为问卷的 YAML 文件" in reason
