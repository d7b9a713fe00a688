"""Text in the cell of a spreadsheet: never the beginning of a formula.

What respondents write ends up in workbooks and CSV files that officials open with Excel or WPS. A text that starts
with one of a few characters is taken for a formula there and is run, with the reader's rights (OWASP: CSV injection).
A leading apostrophe is the spreadsheets' own mark for "this is text".
"""

from __future__ import annotations

_TEXT_MARK = "'"
_STARTS = frozenset("=+-@\t\r\n＝＋－＠")
"""What begins a formula, as OWASP lists it; in full width too: Chinese and Japanese editions of Excel take those."""

_SKIPPED = " \u00a0\u3000\u200b\ufeff"
"""What a spreadsheet may drop from the beginning of a cell before it looks."""


def safe_cell(text: str) -> str:
    """The text as it may stand in a cell: marked with an apostrophe where it would start a formula.

    Only for text: a number is written as a number. `plain_cell` gives back exactly what went in.
    """
    return _TEXT_MARK + text if _starts_formula(text.lstrip(_TEXT_MARK)) else text


def plain_cell(text: str) -> str:
    """The text that `safe_cell` made safe; any other text as it is."""
    is_marked = text.startswith(_TEXT_MARK) and _starts_formula(text.lstrip(_TEXT_MARK))
    return text[1:] if is_marked else text


def _starts_formula(text: str) -> bool:
    return text.lstrip(_SKIPPED)[:1] in _STARTS if text else False
