"""Call records as a spreadsheet saves them (CSV): which bytes mean which text, which column is which. Pure.

RFC 4180, and what is met beside it: a byte order mark or none, UTF-8 or the Chinese national encoding, semicolons
and tabs for commas. Nothing is guessed that could be wrong: what isn't valid in the encoding is refused whole.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from shared.errors import FieldProblem, Invalid

DELIMITERS = (",", ";", "\t")
ENCODINGS = ("utf-8", "gb18030")
DECODED_AT_ONCE_BYTES = 262_144
BOM = "\ufeff"
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_ASIDE = re.compile(r"\([^)]*\)|\s+")

NAMES: Mapping[str, tuple[str, ...]] = {
    "id": ("通话编号", "来电编号", "工单编号"),
    "number": ("事项序号",),
    "started_at": ("开始时间", "通话开始时间", "来电时间"),
    "duration_s": ("通话时长", "时长"),
    "agent": ("坐席", "坐席工号", "话务员"),
    "category": ("类别", "诉求类别"),
    "caller.number": ("来电号码", "联系电话"),
    "caller.name": ("姓名",),
    "caller.employer": ("工作单位",),
    "narrative": ("诉求内容", "内容"),
    "unit": ("责任单位",),
    "consent.version": ("同意书版本",),
    "consent.given_at": ("同意时间",),
}
"""What each column may be called; blanks and what stands in brackets don't count: 通话时长（秒）."""
REQUIRED = (
    "id",
    "started_at",
    "duration_s",
    "category",
    "narrative",
    "consent.version",
    "consent.given_at",
)
_COLUMN_OF = {name: column for column, names in NAMES.items() for name in names}


class Row(NamedTuple):
    """A row by its number in the sheet (the heading is 1), its cells by column, without blanks around them."""

    number: int
    cells: Mapping[str, str]


class BadRow(NamedTuple):
    """A row that isn't one, and why; after one that ``is_last`` nothing more could be read."""

    number: int
    reason: str
    is_last: bool = False


def encoding_of(content: bytes) -> str:
    """The encoding that all of ``content`` is valid in: UTF-8, or else GB 18030 (with GBK in it). Raises Invalid."""
    if content.startswith(_WORKBOOKS):
        raise _unreadable(
            "这是 Excel 工作簿，不是 CSV；请在表格软件中另存为“CSV UTF-8（逗号分隔）”后再上传。"
        )
    if content.startswith(_UTF_16) or b"\0" in content:
        raise _unreadable("文件是 UTF-16 或不是文本；请在表格软件中另存为“CSV UTF-8（逗号分隔）”后再上传。")
    for encoding in ENCODINGS:
        if _is_valid(content, encoding):
            return encoding
    raise _unreadable("文件的文字既不是有效的 UTF-8，也不是有效的 GBK/GB18030；请另存为“CSV UTF-8”后再上传。")


def open_sheet(content: bytes) -> Iterator[Row | BadRow]:
    """The rows under the heading, in order, blank ones left out.

    Raises Invalid at once for what can't be read at all: the encoding, the heading.
    """
    encoding = encoding_of(content)
    headings = {each: _heading(content, encoding, each) for each in DELIMITERS}
    delimiter = max(DELIMITERS, key=lambda each: len(_known(headings[each])))
    columns = _columns(headings[delimiter])
    return _rows(_reader(content, encoding, delimiter), columns)


def _is_valid(content: bytes, encoding: str) -> bool:
    """Part by part: one call that decodes it all keeps every other thread waiting."""
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    try:
        for start in range(0, len(content), DECODED_AT_ONCE_BYTES):
            decoder.decode(content[start : start + DECODED_AT_ONCE_BYTES])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _rows(reader: Iterator[list[str]], columns: list[str | None]) -> Iterator[Row | BadRow]:
    number = 1
    next(reader)
    while True:
        number += 1
        try:
            cells = next(reader, None)
        except csv.Error:
            yield BadRow(number, "引号没有配对（或引号后面多了字），这一行和其后各行都没有处理", is_last=True)
            return
        if cells is None:
            return
        stripped = [_plain(cell) for cell in cells]
        if any(stripped):
            yield _row(number, stripped, columns)


def _row(number: int, cells: list[str], columns: list[str | None]) -> Row | BadRow:
    if len(cells) != len(columns):
        extra = cells[len(columns) :]
        if any(extra) or len(cells) < len(columns):
            reason = f"标题有 {len(columns)} 列，这一行有 {len(cells)} 列；内容中含分隔符时须加英文双引号"
            return BadRow(number, reason)
    named = zip(columns, cells, strict=False)
    return Row(number, {column: cell for column, cell in named if column is not None and cell})


def _reader(content: bytes, encoding: str, delimiter: str) -> Iterator[list[str]]:
    raw = io.BytesIO(content)
    bom = BOM.encode(encoding)
    raw.seek(len(bom) if content.startswith(bom) else 0)
    return csv.reader(io.TextIOWrapper(raw, encoding, newline=""), delimiter=delimiter, strict=True)


def _heading(content: bytes, encoding: str, delimiter: str) -> list[str]:
    try:
        return next(_reader(content, encoding, delimiter), [])
    except csv.Error:
        return []


def _known(heading: list[str]) -> list[str]:
    return [column for name in heading if (column := _COLUMN_OF.get(_bare(name)))]


def _columns(heading: list[str]) -> list[str | None]:
    """The column of each cell; None for those that no rule knows, which are passed over. Raises Invalid."""
    columns = [_COLUMN_OF.get(_bare(name)) for name in heading]
    problems = [
        FieldProblem(NAMES[column][0], "标题行缺少这一列") for column in REQUIRED if column not in columns
    ]
    problems += [
        FieldProblem(NAMES[column][0], f"标题行中这一列出现了 {columns.count(column)} 次")
        for column in NAMES
        if columns.count(column) > 1
    ]
    if problems:
        wanted = "、".join(NAMES[column][0] for column in REQUIRED)
        raise Invalid(
            f"第一行应为标题，至少有：{wanted}（以逗号、分号或制表符分隔）。", problems, code="bad-heading"
        )
    return columns


def _bare(name: str) -> str:
    return _ASIDE.sub("", unicodedata.normalize("NFKC", name))


def _plain(cell: str) -> str:
    """Without blanks around it, and without what keeps a spreadsheet from counting with it: ``="138"``, ``'138``."""
    text = cell.strip()
    if text.startswith('="') and text.endswith('"') and len(text) > 2:
        return text[2:-1].strip()
    return text[1:] if text.startswith("'") and text[1:].isascii() else text


def _unreadable(reason: str) -> Invalid:
    return Invalid(reason, code="broken-encoding")
