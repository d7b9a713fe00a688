"""Reads a workbook: its data sheet, row by row. Runs in a process of its own, since workbooks come from anywhere.

| a workbook has | it is read so |
| --- | --- |
| a visible sheet 填写 | that one |
| another name for it | the only visible sheet besides 说明 |
| the sheet hidden, or several without that name | refused |
| other hidden sheets | never read, but for the template's own 代码, which says what the template is for |
| hidden or filtered rows and columns | read like the others: a filter doesn't take back what was heard |
| empty rows between | passed over; rows keep the numbers that Excel shows |
| merged cells below the headers | their rows are refused |
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import takewhile
from typing import NamedTuple

from services.intake.channels.excel.cells import Value
from services.intake.channels.excel.columns import (
    CODES_SHEET,
    DATA_SHEET,
    GUIDE_SHEET,
    LAST_ROW,
    MOST_ROWS,
    TEMPLATE_MARK,
    Layout,
)
from services.intake.channels.excel.errors import UnknownVersion, WorkbookRefused
from services.intake.channels.excel.findings import merged_rows
from services.intake.channels.excel.grouping import TOO_LARGE, grouped
from services.intake.channels.excel.headers import LOOKED_AT_COUNT, Header, header_of
from services.intake.channels.excel.meanings import Meanings
from services.intake.channels.excel.messages import Opened
from services.intake.channels.excel.package import Package, SheetPart
from services.intake.channels.excel.sheets import Sheet
from services.intake.channels.excel.told import CellsOfRow, Rows

REMEMBERED_COUNT = 50_000
"""Cells that are told once, however often they come; after so many, that begins anew."""


class Workbook:
    """A workbook that is being read. Raises WorkbookRefused."""

    def __init__(self, content: bytes, layouts: Sequence[Layout], *, has_default_unit: bool) -> None:
        package = Package(content)
        sheets = package.sheets()
        self._template = _template(package, sheets, layouts)
        self._layout = layouts[0] if self._template is None else self._template.layout
        self._sheet = Sheet(package, _data_sheet(sheets))
        self.opened = self._opened(package, has_default_unit=has_default_unit)

    def _opened(self, package: Package, *, has_default_unit: bool) -> Opened:
        sheet, template = self._sheet, self._template
        header = header_of(_first_rows(sheet), self._layout, has_default_unit=has_default_unit)
        if header.number in sheet.untrusted:
            raise WorkbookRefused(f"表头（第 {header.number} 行）里有公式或错误值；请使用模板的表头。")
        if sheet.last_row > LAST_ROW:
            raise WorkbookRefused(f"第 {LAST_ROW} 行以下还有内容；请删去多余的内容后重新上传。")
        if sheet.last_row - header.number > MOST_ROWS:
            _check_count(sheet, header)
        return Opened(
            header=header,
            questionnaire_version=None if template is None else template.layout.questionnaire_version,
            consent_version=self._layout.consent_version if template is None else template.consent_version,
            epoch=package.epoch(),
            last_row=sheet.last_row,
        )

    def rows(self) -> Iterator[Rows]:
        """The rows with content, some at a time, with what their cells tell."""
        header, sheet = self.opened.header, self._sheet
        meanings = Meanings(self._layout, header.places, header.passed_over, self.opened.epoch)
        is_anew = sheet.forget_if_many(0)  # the first rows were looked at before
        for group in grouped(self._found_rows(), sheet.sizes):
            cells, most = sheet.new_cells(), REMEMBERED_COUNT
            if any(row.problem == TOO_LARGE for row in group):  # what only such rows have isn't handed over
                used = set().union(*(row.cells for row in group))
                cells, most = [cell for cell in cells if cell.number in used], 0
            meanings.understand(cells)
            yield Rows(cells, group, is_anew)
            is_anew = sheet.forget_if_many(most)

    def _found_rows(self) -> Iterator[CellsOfRow]:
        header, sheet = self.opened.header, self._sheet
        merged = merged_rows(sheet.merged(), header.first, self.opened.last_row)
        for number, cells in sheet.rows(header.first):
            yield CellsOfRow(number, cells, merged.get(number) or sheet.untrusted.get(number))


def _first_rows(sheet: Sheet) -> list[list[Value]]:
    """The first rows with a value in every place."""
    found = dict(takewhile(lambda row: row[0] <= LOOKED_AT_COUNT, sheet.rows(1)))
    known = {cell.number: cell for cell in sheet.new_cells()}
    rows: list[list[Value]] = [[] for _ in range(LOOKED_AT_COUNT)]
    for row, numbers in found.items():
        values = {known[number].place: known[number].value for number in numbers}
        rows[row - 1] = [values.get(place, "") for place in range(max(values) + 1)]
    return rows


def _check_count(sheet: Sheet, header: Header) -> None:
    count = sum(1 for _ in sheet.rows(header.number + 1))
    if count > MOST_ROWS:
        raise WorkbookRefused(f"有 {count:,} 行，一次最多 {MOST_ROWS:,} 行；请分成几份上传。")


def _data_sheet(sheets: Sequence[SheetPart]) -> SheetPart:
    named = [sheet for sheet in sheets if sheet.name == DATA_SHEET]
    if any(sheet.is_visible for sheet in named):
        return named[0]
    if named:
        raise WorkbookRefused(f"工作表“{DATA_SHEET}”被隐藏了；请取消隐藏，核对内容后重新上传。")
    others = [sheet for sheet in sheets if sheet.is_visible and sheet.name != GUIDE_SHEET]
    if len(others) != 1:
        raise WorkbookRefused(f"没有找到工作表“{DATA_SHEET}”；请使用模板，并保留工作表的名称。")
    return others[0]


class _Template(NamedTuple):
    """The template that a workbook was made from: its version, and the text of consent that it showed."""

    layout: Layout
    consent_version: str


def _template(package: Package, sheets: Sequence[SheetPart], layouts: Sequence[Layout]) -> _Template | None:
    """None for a workbook that isn't made from a template."""
    codes = next((sheet for sheet in sheets if sheet.name == CODES_SHEET), None)
    if codes is None:
        return None
    first = _first_rows(Sheet(package, codes))[0]
    mark, *said = [*first, *[""] * 5][:5]
    if mark != TEMPLATE_MARK:
        return None
    campaign, edition, version, consent_version = map(str, said)
    today = layouts[0]
    if (campaign, edition) != (today.campaign, today.edition):
        raise WorkbookRefused(
            f"这是活动“{campaign}”、版别“{edition}”的模板，"
            f"上传时指明的却是“{today.campaign}”、“{today.edition}”；请核对后重新上传。"
        )
    for layout in layouts:
        if layout.questionnaire_version == version:
            return _Template(layout, consent_version)
    raise UnknownVersion(version)
