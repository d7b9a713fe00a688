"""A workbook of one sheet, written as it streams, so that 50,000 rows take no room.

XlsxWriter either holds the whole sheet in memory or puts it into a file in plain text; what goes out here is
personal. So this writes the few parts that a workbook needs (ECMA-376, part 1) itself: texts in line, numbers as
numbers, all text cells formatted as text, so that typing into one loses no digits.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Sequence
from xml.sax.saxutils import escape

from services.intake.channels.excel.columns import DATA_SHEET
from services.intake.channels.excel.names import column_name
from shared.forms.cells import safe_cell

CELL_LIMIT_CHARS = 32_767
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_PARTS = {
    "[Content_Types].xml": (
        f'<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPES}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_TYPES}.worksheet+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{_TYPES}.styles+xml"/></Types>'
    ),
    "_rels/.rels": (
        f'<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
    ),
    "xl/workbook.xml": (
        f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>'
        f'<sheet name="{DATA_SHEET}" sheetId="1" r:id="rId1"/></sheets></workbook>'
    ),
    "xl/_rels/workbook.xml.rels": (
        f'<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="rId2" Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>'
    ),
    "xl/styles.xml": (
        f'<styleSheet xmlns="{_MAIN}"><fonts count="2"><font/><font><b/></font></fonts>'
        '<fills count="2"><fill><patternFill patternType="none"/></fill>'
        '<fill><patternFill patternType="gray125"/></fill></fills>'
        '<borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>'
        '<cellXfs count="3"><xf/><xf numFmtId="49" applyNumberFormat="1"/>'
        '<xf fontId="1" applyFont="1"/></cellXfs>'
        '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
    ),
}
_GENERAL, _TEXT, _BOLD = 0, 1, 2
_SHEET_START = (
    f'<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0">'
    '<pane ySplit="{header}" topLeftCell="A{first}" activePane="bottomLeft" state="frozen"/>'
    "</sheetView></sheetViews>"
    '<sheetFormatPr defaultRowHeight="15"/>{columns}<sheetData>'
)
_SHEET_END = "</sheetData></worksheet>"


class SheetWriter:
    """Takes rows, gives the bytes of the file so far. For one thread at a time.

    The ``titles`` stand in row ``header``.
    """

    def __init__(self, titles: Sequence[str], *, header: int) -> None:
        self._sink = io.BytesIO()
        self._archive = zipfile.ZipFile(_OneWay(self._sink), "w", zipfile.ZIP_DEFLATED, compresslevel=1)
        for name, content in _PARTS.items():
            self._archive.writestr(name, _HEAD + content)
        self._part = self._archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True)
        columns = f'<cols><col min="1" max="{max(1, len(titles))}" width="18" style="{_TEXT}"/></cols>'
        start = _SHEET_START.format(columns=columns, header=header, first=header + 1)
        self._part.write((_HEAD + start).encode())
        self._names = [column_name(index) for index in range(len(titles))]
        self._write([self._row(header, titles, _BOLD)])

    def rows(self, rows: Iterable[tuple[int, Sequence[object]]]) -> bytes:
        """Rows with their numbers (ascending, below the header); what is ready to be sent."""
        self._write([self._row(number, cells, _TEXT) for number, cells in rows])
        return self._taken()

    def end(self) -> bytes:
        """The rest of the file."""
        self._part.write(_SHEET_END.encode())
        self._part.close()
        self._archive.close()
        return self._taken()

    def _write(self, rows: list[str]) -> None:
        self._part.write("".join(rows).encode())

    def _row(self, number: int, cells: Sequence[object], style: int) -> str:
        written = [
            _cell(f"{name}{number}", value, style)
            for name, value in zip(self._names, cells, strict=False)
            if value is not None and value != ""
        ]
        return f'<row r="{number}">{"".join(written)}</row>'

    def _taken(self) -> bytes:
        content = self._sink.getvalue()
        self._sink.seek(0)
        self._sink.truncate()
        return content


class _OneWay(io.RawIOBase):
    """A sink that can't be rewound, as a network can't."""

    def __init__(self, sink: io.BytesIO) -> None:
        super().__init__()
        self._sink = sink

    def writable(self) -> bool:
        return True

    def write(self, content: object) -> int:
        return self._sink.write(content)  # type: ignore[arg-type]


def _cell(name: str, value: object, style: int) -> str:
    if isinstance(value, bool):
        return f'<c r="{name}" t="b"><v>{int(value)}</v></c>'
    if isinstance(value, int | float):
        return f'<c r="{name}" s="{_GENERAL}"><v>{value!r}</v></c>'
    text = escape(_NOT_IN_XML.sub("", safe_cell(str(value)))[:CELL_LIMIT_CHARS])
    return f'<c r="{name}" s="{style}" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'
