"""The sheets of an XLSForm workbook, with the place of every cell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from python_calamine import CalamineError, CalamineWorkbook

from shared.campaign.errors import CampaignInvalid, Problem
from shared.forms.cells import plain_cell

SHEETS = ("survey", "choices", "settings")
LIMIT_BYTES = 5_000_000
"""A questionnaire's workbook has some ten kilobytes."""

LIMIT_ROWS = 10_000
"""More rows of a sheet aren't looked at."""

_Table = Sequence[Sequence[str]]

_OLD_HEADERS = {"list name": "list_name", "value": "name", "caption": "label", "set form title": "form_title"}
"""Names of columns that older XLSForms have, and their names today."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its sheet, its number as Excel shows it, and its text by the column's header."""

    sheet: str
    number: int
    cells: Mapping[str, str]

    def get(self, column: str) -> str:
        """The cell's text; empty where there is none."""
        return self.cells.get(column, "")

    def where(self, column: str | None = None) -> str:
        """The place as one says it: 工作表“survey”第 5 行“relevant”列."""
        at = f"“{column}”列" if column else ""
        return f"工作表“{self.sheet}”第 {self.number} 行{at}"


@dataclass(frozen=True, slots=True)
class Workbook:
    """The three sheets of an XLSForm; blank rows are left out."""

    file: str
    survey: Sequence[Row]
    choices: Sequence[Row]
    settings: Row

    def text(self, row: Row, column: str, problems: list[Problem]) -> str:
        """What people read, in the form's first language; references to answers in it go to ``problems``."""
        name = self._in_language(row, column)
        text = row.get(name)
        if "${" in text:
            problems.append(self.problem(row, name, f"文字中不能引用别的题，请去掉“{text}”中的 ${{…}}"))
        return text

    def _in_language(self, row: Row, column: str) -> str:
        preferred = f"{column}::{self.settings.get('default_language')}"
        translated = (name for name in row.cells if name.startswith(f"{column}::"))
        return next((name for name in (preferred, column, *translated) if name in row.cells), column)

    def for_pyxform(self) -> dict[str, object]:
        """The workbook as pyxform takes it; rows keep their numbers."""
        sheets: dict[str, object] = {}
        for name, rows in (("survey", self.survey), ("choices", self.choices), ("settings", [self.settings])):
            by_number = {row.number: dict(row.cells) for row in rows}
            sheets[name] = [by_number.get(number, {}) for number in range(2, max(by_number, default=1) + 1)]
            sheets[f"{name}_header"] = [dict.fromkeys(column for row in rows for column in row.cells)]
        return sheets

    def problem(self, row: Row, column: str | None, reason: str) -> Problem:
        """A problem at a cell; its line is the row's number."""
        return Problem(self.file, row.number, f"{row.where(column)}：{reason}")


def read_workbook(folder: Path, file: str) -> Workbook:
    """Read ``folder/file``. Raises ``CampaignInvalid`` where it is no XLSForm workbook."""
    path = folder / file
    try:
        if path.stat().st_size > LIMIT_BYTES:
            raise CampaignInvalid([Problem(file, 1, f"文件超过 {LIMIT_BYTES // 10**6} MB，不像是一份问卷")])
        with CalamineWorkbook.from_path(str(path)) as book:
            sheets = {name: _table(book, name) for name in SHEETS if name in book.sheet_names}
    except OSError as error:
        raise CampaignInvalid([Problem(file, 1, f"读不到这个文件（{error.strerror}）")]) from error
    except CalamineError as error:
        raise CampaignInvalid([Problem(file, 1, f"不是能读的 Excel 工作簿（.xlsx）：{error}")]) from error
    problems = [problem for name, table in sheets.items() for problem in _header_problems(file, name, table)]
    if problems:
        raise CampaignInvalid(problems)
    return _workbook(file, sheets)


def _table(book: CalamineWorkbook, sheet: str) -> _Table:
    rows = book.get_sheet_by_name(sheet).to_python(skip_empty_area=False, nrows=LIMIT_ROWS)
    return [[_text(value) for value in row] for row in rows]


def _text(value: object) -> str:
    """A cell as it is shown; a whole number without the point that Excel keeps it with."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return plain_cell(str(value).strip())


def _header_problems(file: str, sheet: str, table: _Table) -> Iterator[Problem]:
    headers = [_header(header) for header in table[0] if header] if table else []
    for header in sorted({header for header in headers if headers.count(header) > 1}):
        yield Problem(file, 1, f"{Row(sheet, 1, {}).where()}：有两列都叫“{header}”，请去掉一列")


def _workbook(file: str, sheets: Mapping[str, _Table]) -> Workbook:
    rows = {name: list(_rows(name, sheets.get(name, []))) for name in SHEETS}
    if not rows["survey"]:
        raise CampaignInvalid([Problem(file, 1, "缺少工作表“survey”，或它没有内容：一行写一道题")])
    settings = rows["settings"] or [Row("settings", 2, {})]
    return Workbook(file, rows["survey"], rows["choices"], settings[0])


def _rows(sheet: str, table: _Table) -> Iterator[Row]:
    for number, row in enumerate(table[1:], start=2):
        cells = {
            _header(header): text for header, text in zip(table[0], row, strict=False) if header and text
        }
        if cells:
            yield Row(sheet, number, cells)


def _header(header: str) -> str:
    """The column's name as XLSForm writes it today; what follows ``::`` (a language) keeps its case."""
    name, mark, language = header.partition("::")
    name = name.strip().lower()
    return _OLD_HEADERS.get(name, name) + mark + language.strip()
