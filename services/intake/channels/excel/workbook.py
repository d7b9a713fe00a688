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

import io
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import NamedTuple

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from services.intake.channels.excel.cells import Value
from services.intake.channels.excel.columns import (
    CODES_SHEET,
    DATA_SHEET,
    GUIDE_SHEET,
    MOST_ROWS,
    TEMPLATE_MARK,
    Layout,
)
from services.intake.channels.excel.errors import WorkbookRefused
from services.intake.channels.excel.findings import merged_rows, untrusted_rows
from services.intake.channels.excel.headers import LOOKED_AT_COUNT, Header, header_of
from services.intake.channels.excel.messages import Opened, Row
from services.intake.channels.excel.package import Package
from services.intake.channels.excel.rows import Filled, RowReader, Wrong

LAST_ROW = 200_000
"""Further down nobody fills in rows; a stray cell there would take room for all that lies between."""
MOST_COLUMNS = 1000


class Workbook:
    """A workbook that is being read. Raises WorkbookRefused."""

    def __init__(self, content: bytes, layouts: Sequence[Layout], *, default_unit: str | None) -> None:
        package = Package(content)
        self._epoch = package.epoch()
        book = _opened(content)
        self._template = _template(book, layouts)
        self._layout = layouts[0] if self._template is None else self._template.layout
        name = _sheet_name(book)
        with ThreadPoolExecutor(1) as thread:  # both let go of the interpreter while they work
            untrusted = thread.submit(lambda: untrusted_rows(package.sheet(name), LAST_ROW))
            self._sheet = _loaded(book, name)
            self._untrusted = untrusted.result()
        self._default_unit = default_unit
        self.opened = self._opened()

    def _opened(self) -> Opened:
        end = self._sheet.end or (0, 0)
        last_row, width = end[0] + 1, end[1] + 1
        if last_row > LAST_ROW or width > MOST_COLUMNS:
            raise WorkbookRefused(
                f"第 {LAST_ROW} 行以下或第 {MOST_COLUMNS} 列以后还有内容；请删去多余的内容后重新上传。"
            )
        first_rows = list(islice(self._sheet.iter_rows(), LOOKED_AT_COUNT))
        header = header_of(first_rows, self._layout, has_default_unit=self._default_unit is not None)
        if header.number in self._untrusted:
            raise WorkbookRefused(f"表头（第 {header.number} 行）里有公式或错误值；请使用模板的表头。")
        if last_row - header.number > MOST_ROWS:
            self._check_count(header)
        template = self._template
        return Opened(
            header=header,
            questionnaire_version=None if template is None else template.layout.questionnaire_version,
            consent_version=self._layout.consent_version if template is None else template.consent_version,
            epoch=self._epoch,
            last_row=last_row,
        )

    def rows(self) -> Iterator[Row]:
        """The rows with content."""
        header, reader = self.opened.header, self._reader()
        refused = self._refused()
        kept = header.kept
        stray = _Stray(header)
        for number, row in enumerate(islice(self._sheet.iter_rows(), header.first - 1, None), header.first):
            if row.count("") == len(row):
                continue
            said = reader.read(number, row)
            if number in refused or (said is not None and stray.is_in(row)):
                reason = refused.get(number) or "有的内容所在的列没有表头；请补上表头或删去这些内容"
                said = Wrong([reason], isinstance(said, Filled) or (said is not None and said.has_consented))
            if said is not None:
                yield Row(number, [row[index] for index in kept], said)

    def _check_count(self, header: Header) -> None:
        rows = islice(self._sheet.iter_rows(), header.number, None)
        count = sum(row.count("") < len(row) for row in rows)
        if count > MOST_ROWS:
            raise WorkbookRefused(f"有 {count:,} 行，一次最多 {MOST_ROWS:,} 行；请分成几份上传。")

    def _reader(self) -> RowReader:
        return RowReader(
            self._layout,
            self.opened.header.places,
            default_unit=self._default_unit,
            epoch=self._epoch,
        )

    def _refused(self) -> Mapping[int, str]:
        header, last_row = self.opened.header, self.opened.last_row
        return {**merged_rows(self._sheet.merged_cell_ranges, header.first, last_row), **self._untrusted}


class _Stray:
    """Content in columns that have no header."""

    def __init__(self, header: Header) -> None:
        known = {*header.places.values(), *header.passed_over}
        self._indexes = [index for index in range(header.width) if index not in known]

    def is_in(self, row: list[Value]) -> bool:
        """Whether ``row`` has some."""
        return any(row[index] != "" for index in self._indexes)


def _opened(content: bytes) -> CalamineWorkbook:
    try:
        return CalamineWorkbook.from_filelike(io.BytesIO(content))
    except (CalamineError, ValueError, OSError):
        raise WorkbookRefused(
            "文件已损坏，无法读取；请用 Excel 或 WPS 打开，另存为 .xlsx 后重新上传。"
        ) from None


def _loaded(book: CalamineWorkbook, name: str) -> CalamineSheet:
    try:
        return book.get_sheet_by_name(name)
    except (CalamineError, ValueError, OSError):
        raise WorkbookRefused(
            f"工作表“{name}”已损坏，无法读取；请用 Excel 或 WPS 打开，另存为 .xlsx 后重新上传。"
        ) from None


def _sheet_name(book: CalamineWorkbook) -> str:
    sheets = [sheet for sheet in book.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet]
    visible = [sheet.name for sheet in sheets if sheet.visible == SheetVisibleEnum.Visible]
    if DATA_SHEET in visible:
        return DATA_SHEET
    if any(sheet.name == DATA_SHEET for sheet in sheets):
        raise WorkbookRefused(f"工作表“{DATA_SHEET}”被隐藏了；请取消隐藏，核对内容后重新上传。")
    others = [name for name in visible if name != GUIDE_SHEET]
    if len(others) != 1:
        raise WorkbookRefused(f"没有找到工作表“{DATA_SHEET}”；请使用模板，并保留工作表的名称。")
    return others[0]


class _Template(NamedTuple):
    """The template that a workbook was made from: its version, and the text of consent that it showed."""

    layout: Layout
    consent_version: str


def _template(book: CalamineWorkbook, layouts: Sequence[Layout]) -> _Template | None:
    """None for a workbook that isn't made from a template."""
    if CODES_SHEET not in book.sheet_names:
        return None
    cells = _loaded(book, CODES_SHEET).to_python(skip_empty_area=False, nrows=1)
    mark, *said = [*(cells[0] if cells else []), *[""] * 5][:5]
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
    raise WorkbookRefused(f"不认识这份模板的问卷版本“{version}”；请下载新的模板。")
