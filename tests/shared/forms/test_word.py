"""Forms and guides to be printed, opened again as Word opens them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO

import pytest
from docx import Document
from docx.document import Document as WordDocument
from docx.oxml.ns import qn
from docx.table import Table
from hypothesis import HealthCheck, given, settings

from shared.campaign import Campaign, Questionnaire
from shared.campaign.guide import Guide, GuidePart
from shared.errors import NotFound
from shared.forms.word_form import write_word_form
from shared.forms.word_guide import write_word_guide
from tests.shared.forms.generated import questionnaires

NOW = datetime(2024, 5, 10, 8, tzinfo=UTC)


def _lines(document: WordDocument) -> Iterator[str]:
    """The text from top to bottom; a table's row is one line, cells parted by «|»."""
    for block in document.iter_inner_content():
        if isinstance(block, Table):
            for row in block.rows:
                yield "|".join(cell.text for cell in row.cells)
        else:
            yield block.text


@pytest.fixture(scope="module")
def form(campaign: Campaign) -> WordDocument:
    return Document(BytesIO(write_word_form(campaign, "general", NOW)))


@pytest.fixture(scope="module")
def lines(form: WordDocument) -> list[str]:
    return list(_lines(form))


def test_it_has_a_place_for_the_case_number_the_unit_the_point_and_the_date(lines: list[str]) -> None:
    assert lines[:3] == ["每种题各一道", "百日万名青年职工大访谈 · 通用版", "问卷编号 every-kind，版本 3"]
    assert "个案编号||访谈日期|　　年　　月　　日" in lines
    assert any(line.startswith("责任单位|") for line in lines)
    assert any(line.startswith("访谈点|") for line in lines)


def test_it_has_the_consent_text_with_its_version(lines: list[str], campaign: Campaign) -> None:
    text = campaign.consents.texts["2024-05"].strip().splitlines()
    start = lines.index(text[0])
    assert lines[start : start + len(text)] == text
    assert lines[start + len(text)] == "知情同意书版本：2024-05"


def test_what_is_told_of_oneself_is_voluntary_but_for_what_is_marked(lines: list[str]) -> None:
    assert "姓名||工作单位|" in lines
    assert "联系电话||年龄（必填）|" in lines
    assert any(line.startswith("性别（必填）|○ 男　○ 女") for line in lines)


def test_one_choice_has_circles_and_several_have_boxes(lines: list[str]) -> None:
    assert "1. 您对收入满意吗？（单选，必答）q01" in lines
    assert "○ a. 满意" in lines
    assert "☐ a. 太低　　☐ b. 拖欠　　☐ c. 不稳定　　☐ d. 说不清" in lines
    assert "○ 1 很不满意　　○ 2　　○ 3　　○ 4　　○ 5 非常满意" in lines


def test_words_for_another_option_stand_beside_it(lines: list[str]) -> None:
    assert "○ c. 其他，请说明：\t" in lines
    assert not any("q01_other" in line for line in lines)


def test_skip_hints_speak_of_printed_numbers(lines: list[str]) -> None:
    assert lines[lines.index("2. 不满意的原因是？（可多选，最多 2 项）q02") + 1] == "▶ 第 1 题选 b、c 时回答"
    assert "▶ 第 4 题选 4、5，且第 2 题选 a 时回答" in lines
    assert "▶ 第 5 题“工资”一行选 n 时回答" in lines


def test_a_grid_is_a_table_with_one_number(lines: list[str]) -> None:
    start = lines.index("|y 满意|n 不满意")
    assert lines[start + 1 : start + 3] == ["工资|○|○", "伙食|○|○"]
    assert "6. 每周工作几小时？（填整数，不小于 0，不大于 168）q06" in lines
    assert "7. 通勤多少公里？（填数字，不小于 0.5，不大于 20）q07" in lines


def test_interviewer_and_team_lead_sign(lines: list[str]) -> None:
    assert "访问员（签名）||日期|　　年　　月　　日" in lines
    assert "调查组负责人（签名）||日期|　　年　　月　　日" in lines


def test_chinese_characters_have_a_chinese_font(form: WordDocument) -> None:
    for name, font in {"Normal": "宋体", "Title": "黑体", "Heading 1": "黑体"}.items():
        fonts = form.styles[name].element.rPr.rFonts
        assert fonts.get(qn("w:eastAsia")) == font
        assert not any(attribute.endswith("Theme") for attribute in fonts.attrib)


def test_pages_are_numbered(form: WordDocument) -> None:
    footer = form.sections[0].footer._element.xml
    assert " PAGE " in footer
    assert " NUMPAGES " in footer


def test_it_is_a4_and_says_whose_it_is(form: WordDocument, campaign: Campaign) -> None:
    assert (round(form.sections[0].page_width.cm, 1), round(form.sections[0].page_height.cm, 1)) == (
        21.0,
        29.7,
    )
    properties = form.core_properties
    assert (properties.title, properties.author) == ("每种题各一道", campaign.leading_group)
    assert properties.created == NOW


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(questionnaires())
def test_any_questionnaire_can_be_printed(suzhou: Campaign, questionnaire: Questionnaire) -> None:
    edition = replace(suzhou.editions["general"], questionnaire=questionnaire)
    campaign = replace(suzhou, editions={"general": edition})
    printed = "\n".join(_lines(Document(BytesIO(write_word_form(campaign, "general", NOW)))))
    for question in questionnaire.questions:
        text = question.grid.text if question.grid else question.text
        assert text in printed or question.id.endswith("_other")


def test_a_guide_has_its_parts_with_room_for_notes(campaign: Campaign) -> None:
    part = GuidePart("work", "一、工作", ("现在做什么？", "做了多久？"), ("先听后问",))
    guide = Guide("guide", "general", "1", "访谈提纲", ("征得同意再录音",), "您好。", (part,), "谢谢。")
    edition = replace(campaign.editions["general"], guide=guide)
    with_guide = replace(campaign, editions={**campaign.editions, "general": edition})
    lines = list(_lines(Document(BytesIO(write_word_guide(with_guide, "general", NOW)))))
    assert lines[0] == "访谈提纲"
    assert "个案编号||访谈日期|　　年　　月　　日" in lines
    assert "征得同意再录音" in lines
    start = lines.index("一、工作")
    assert lines[start + 1 : start + 5] == ["1. 现在做什么？", "2. 做了多久？", "提示：先听后问", "\t"]
    assert "谢谢。" in lines


def test_an_edition_without_a_guide_says_so(campaign: Campaign) -> None:
    with pytest.raises(NotFound, match="没有访谈提纲"):
        write_word_guide(campaign, "general", NOW)
