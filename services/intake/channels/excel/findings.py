"""Cells of a sheet whose value can't be trusted, found in its XML: formulas, errors, merged cells. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from services.intake.channels.excel.errors import WorkbookRefused
from services.intake.channels.excel.names import cell_name, column_index

CellRange = tuple[tuple[int, int], tuple[int, int]]
"""Row and column of the first cell and of the last one, counted from 0."""

_FORMULA_START = re.compile(rb"<(?:\w+:)?f\b([^>]*)>")
_CELL_BEFORE = re.compile(rb"<(?:\w+:)?c\b([^>]*)>\s*\Z")
_CELL_START_BYTES = 400
"""More than the start of a cell takes, which is what stands before its formula."""
_ERROR = re.compile(rb"<(?:\w+:)?c\b([^>]*\bt\s*=\s*[\"']e[\"'][^>]*)>")
_NAME = re.compile(rb"\br\s*=\s*[\"']([A-Z]{1,3})(\d{1,7})[\"']")
_RANGE = re.compile(rb"\bref\s*=\s*[\"'][A-Z]{1,3}(\d{1,7}):[A-Z]{1,3}(\d{1,7})[\"']")
_REFERENCE = re.compile(r"\$?([A-Z]{1,3})\$?(\d{1,7})(?::\$?([A-Z]{1,3})\$?(\d{1,7}))?")
_FORMULA = "{} 是公式，显示的不一定是当时听到的；请复制后“选择性粘贴—数值”，核对无误再上传"
_ERROR_VALUE = "{} 是错误值（如 #N/A）；请改成实际的内容"
_MERGED = "{} 是合并的单元格，看不出属于哪一行；请取消合并，每行各自填写"


def untrusted_rows(sheet: bytes, last_row: int) -> dict[int, str]:
    """The rows with formulas or error values, each with the reason. Raises WorkbookRefused for formulas that
    don't say where they are."""
    found: dict[int, str] = {}
    if b"<f" in sheet or b":f" in sheet:  # quicker by far than the expressions
        for rows, name in _formulas(sheet):
            for row in rows:
                if row <= last_row:
                    found.setdefault(row, _FORMULA.format(name))
    if b'"e"' in sheet or b"'e'" in sheet:
        for match in _ERROR.finditer(sheet):
            row, name = _place(match[1])
            found.setdefault(row, _ERROR_VALUE.format(name))
    return found


def cell_range(reference: str) -> CellRange:
    """The range that is written as ``A1:B2``. Raises WorkbookRefused."""
    found = _REFERENCE.fullmatch(reference)
    if found is None:
        raise WorkbookRefused("工作簿里有看不懂的合并单元格；请取消合并，另存为 .xlsx 后重新上传。")
    left, top, right, bottom = found.groups()
    return (int(top) - 1, column_index(left)), (int(bottom or top) - 1, column_index(right or left))


def merged_rows(ranges: Sequence[CellRange], first_row: int, last_row: int) -> Mapping[int, str]:
    """The rows from ``first_row`` on that a merged range touches (rows count from 1)."""
    found: dict[int, str] = {}
    for (top, left), (bottom, right) in ranges:
        reason = _MERGED.format(f"{cell_name(top + 1, left)}:{cell_name(bottom + 1, right)}")
        for row in range(max(top + 1, first_row), min(bottom + 1, last_row) + 1):
            found.setdefault(row, reason)
    return found


def _formulas(sheet: bytes) -> Iterator[tuple[Sequence[int], str]]:
    """Each formula's cell, and the rows that show what it computes."""
    for formula in _FORMULA_START.finditer(sheet):
        start = formula.start()
        cell = _CELL_BEFORE.search(sheet, max(0, start - _CELL_START_BYTES), start)
        row, name = _place(b"" if cell is None else cell[1])
        covered = _RANGE.search(formula[1])
        shared = b"shared" in formula[1]  # each of those cells has a formula element of its own
        yield ([row] if covered is None or shared else _rows(covered)), name


def _rows(covered: re.Match[bytes]) -> range:
    return range(int(covered[1]), int(covered[2]) + 1)


def _place(attributes: bytes) -> tuple[int, str]:
    found = _NAME.search(attributes)
    if found is None:
        raise WorkbookRefused("工作簿里有公式或错误值；请全选后“选择性粘贴—数值”，核对无误再上传。")
    return int(found[2]), (found[1] + found[2]).decode()
