"""The workbook that goes out: opened by others, and never a formula."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from services.intake.channels.excel.sheet import CELL_LIMIT_CHARS, SheetWriter
from shared.forms.cells import plain_cell
from tests.services.intake.excel.workbooks import read_back


def written(rows, titles=("甲", "乙", "丙"), header=1):
    writer = SheetWriter(titles, header=header)
    parts = [writer.rows([(number, cells)]) for number, cells in rows]
    return b"".join([*parts, writer.end()])


def test_rows_stand_where_they_were():
    content = written([(4, ["a", 1.5, True]), (7, ["b", "", None])], header=3)
    sheet = load_workbook(io.BytesIO(content))["填写"]
    assert [cell.value for cell in sheet[3]] == ["甲", "乙", "丙"]
    assert [cell.value for cell in sheet[4]] == ["a", 1.5, True]
    assert [cell.value for cell in sheet[7]] == ["b", None, None]
    assert read_back(content)[6] == ["b", "", ""]


def test_text_cells_are_formatted_as_text_so_that_correcting_one_loses_no_digit():
    sheet = load_workbook(io.BytesIO(written([(2, ["13912345678", 5.0, ""])])))["填写"]
    assert sheet["A2"].number_format == "@"
    assert sheet["B2"].number_format == "General"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", "＝", "  =", "'="])
def test_no_exported_cell_starts_a_formula(start):
    text = f"{start}cmd|' /C calc'!A0"
    sheet = load_workbook(io.BytesIO(written([(2, [text])], titles=(text,))))["填写"]
    for cell in (sheet["A1"], sheet["A2"]):
        assert cell.data_type in ("s", "inlineStr")
        assert cell.value.startswith("'")
        assert plain_cell(cell.value) == text


@given(st.lists(st.text(max_size=50), min_size=3, max_size=3))
def test_any_text_comes_back_but_for_what_xml_cannot_say(texts):
    _, cells = read_back(written([(2, [f"x{text}" for text in texts])]))
    for text, cell in zip(texts, cells, strict=True):
        assert cell.startswith("x")
        if text.isprintable():
            assert cell == f"x{text}"


def test_a_cell_is_no_longer_than_excel_takes():
    assert len(read_back(written([(2, ["长" * 40_000])]))[1][0]) == CELL_LIMIT_CHARS
