"""Workbooks as people fill them in."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import xlsxwriter
from python_calamine import CalamineWorkbook

from services.intake.channels.excel.columns import Layout
from services.intake.channels.excel.layout import layout_of
from services.intake.channels.excel.messages import HEAD, framed, message_of
from services.intake.channels.excel.rows import Row, RowReader
from services.intake.channels.excel.told import Rows
from services.intake.channels.excel.workbook import Workbook
from tests.suzhou import suzhou

CAMPAIGN = suzhou()
EDITION = "general"
LAYOUT = layout_of(CAMPAIGN, EDITION)
IDS = [column.id for column in LAYOUT.columns]
TITLES = [column.title for column in LAYOUT.columns]


def required_cells() -> dict[str, Any]:
    """An answer to every required question, by its label."""
    return {
        column.id: next(iter(column.labels.values()), 3 if column.kind != "text" else "无")
        for column in LAYOUT.columns
        if column.is_question and column.is_needed
    }


ROW: dict[str, Any] = {
    **required_cells(),
    "source_id": "甲组-001",
    "consent": "是",
    "consent_at": "2024-05-20 09:29",
    "consent_how": "签字",
    "collected_at": "2024-05-20 09:30",
    "unit": "张家港市总工会",
    "interviewer": "陆建国",
    "name": "沈晓燕",
    "employer": "江南精密制造有限公司",
    "phone": "13912345678",
    "age": 29,
    "sex": "女",
    "message": "想要一个哺乳室。",
}


def row(number: int = 1, **changes: Any) -> dict[str, Any]:
    """A good row, but for ``changes``; None leaves a cell blank."""
    return {**ROW, "source_id": f"甲组-{number:03}", **changes}


def workbook(
    rows: Iterable[Mapping[str, Any] | Sequence[Any] | None],
    *,
    ids: Sequence[str] = IDS,
    titles: Sequence[str] | None = None,
    sheet: str = "填写",
    above: Sequence[Sequence[Any]] = (),
) -> bytes:
    """An .xlsx with ``rows`` (by column id, or as they are; None for an empty one) under the headers."""
    content = io.BytesIO()
    book = xlsxwriter.Workbook(content, {"in_memory": True, "strings_to_formulas": False})
    data = book.add_worksheet(sheet)
    headers = [TITLES[IDS.index(id)] for id in ids] if titles is None else titles
    lines = [*above, headers, *(cells_of(each, ids) for each in rows)]
    for place, line in enumerate(lines):
        for index, value in enumerate(line):
            if value is not None:
                data.write(place, index, value)
    book.close()
    return content.getvalue()


def cells_of(each: Mapping[str, Any] | Sequence[Any] | None, ids: Sequence[str] = IDS) -> Sequence[Any]:
    """The cells of a row in the order of the columns."""
    if each is None:
        return ()
    return [each.get(id) for id in ids] if isinstance(each, Mapping) else each


def rows_of(
    content: bytes, layouts: Sequence[Layout] = (LAYOUT,), *, default_unit: str | None = None
) -> Iterator[Row]:
    """The rows as imports read them: understood cell by cell in one process, put together in another."""
    book = Workbook(content, layouts, has_default_unit=default_unit is not None)
    header = book.opened.header
    reader = RowReader(layouts[0], header.places, header.kept, default_unit)
    for group in book.rows():
        sent = message_of(framed(group)[HEAD.size :])
        assert isinstance(sent, Rows)
        yield from reader.read(sent)


def read_back(content: bytes) -> list[list[Any]]:
    """The rows of the first sheet."""
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    return book.get_sheet_by_index(0).to_python(skip_empty_area=False)


def repacked(content: bytes, parts: Mapping[str, bytes]) -> bytes:
    """The package with ``parts`` put in, in place of those of the same name."""
    target = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as source,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as made,
    ):
        for name in source.namelist():
            if name not in parts:
                made.writestr(name, source.read(name))
        for name, part in parts.items():
            made.writestr(name, part)
    return target.getvalue()
