"""Cells of a spreadsheet never start a formula, and lose nothing by it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.forms.cells import plain_cell, safe_cell

_TRICKY = st.text(alphabet="=+-@\t\r\n＝＋－＠' \u3000\ufeffa工1", max_size=8) | st.text()


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+8613800000000", "-2", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "　=1", "\ufeff=1", "'=1"],
)
def test_what_would_start_a_formula_is_marked_as_text(text: str) -> None:
    assert safe_cell(text) == "'" + text


@pytest.mark.parametrize("text", ["", "工资=五千", "a-b", "'引用'", "12", " 空格"])
def test_other_text_stays_as_it_is(text: str) -> None:
    assert safe_cell(text) == text


@given(_TRICKY)
def test_a_safe_cell_never_begins_with_a_formula_character(text: str) -> None:
    assert safe_cell(text).lstrip(" \u00a0\u3000\u200b\ufeff")[:1] not in tuple("=+-@\t\r\n＝＋－＠")


@given(_TRICKY)
def test_what_was_made_safe_can_be_had_back(text: str) -> None:
    assert plain_cell(safe_cell(text)) == text
