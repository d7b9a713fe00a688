"""Looks at a workbook's package before anything opens it, and finds in it what readers of workbooks don't tell.

| what arrives | answer |
| --- | --- |
| nothing, a text (CSV), a web page, an .xls, another kind of file | refused: save it as an .xlsx workbook |
| a workbook with a password | refused: take the password off |
| .xlsb, .ods, a document that isn't a workbook | refused: save it as .xlsx |
| .xlsm | taken; its macros are never looked at |
| more than 2,000 parts, 512 MB unpacked, or 250 times its size | refused before it is unpacked |
| a broken or cut-off archive, two parts of one name, an encrypted part, unknown compression | refused |
| DOCTYPE or entities in a part | refused |
| formulas, error values | their cells are found, and their rows refused: what is shown may not be what was heard |
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from datetime import datetime
from posixpath import join, normpath
from typing import NamedTuple
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException, ElementTree

from services.intake.channels.excel.errors import WorkbookRefused

MOST_PARTS = 2000
MOST_BYTES = 512 * 1024 * 1024
MOST_RATIO = 250
"""Excel's own sheets shrink to a tenth, the dullest to a hundredth."""
SMALL_BYTES = 10 * 1024 * 1024
"""Up to here the ratio doesn't matter."""

_WORKBOOK = "xl/workbook.xml"
_RELATIONS = "xl/_rels/workbook.xml.rels"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_DECLARATION = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_SAVE_AS = "请用 Excel 或 WPS 打开，另存为 .xlsx 工作簿后重新上传"


class SheetPart(NamedTuple):
    """A worksheet by its name, and the part that has its cells."""

    name: str
    is_visible: bool
    part: str


class Package:
    """The parts of a workbook. Raises WorkbookRefused from every method."""

    def __init__(self, content: bytes) -> None:
        _check_kind(content)
        self.content = content
        try:
            self._archive = zipfile.ZipFile(io.BytesIO(content))
        except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
            raise _broken() from None
        _check_parts(self._archive.infolist(), len(content))
        names = {info.filename for info in self._archive.infolist()}
        if _WORKBOOK not in names:
            raise WorkbookRefused(f"这不是 .xlsx 工作簿；{_SAVE_AS}。")
        self._workbook = _root(self.part(_WORKBOOK))
        self._relations = _relations(self.part(_RELATIONS))

    def part(self, name: str) -> bytes:
        """The content of a part."""
        try:
            content = self._archive.read(name)
        except (
            KeyError,
            zipfile.BadZipFile,
            zlib.error,
            NotImplementedError,
            RuntimeError,
            EOFError,
            ValueError,
            OSError,
        ):
            raise _broken() from None
        if b"\0" in content[:100] or _DECLARATION.search(content[:10_000]):
            raise WorkbookRefused(f"工作簿里有不允许的内容（文档类型声明或其他编码）；{_SAVE_AS}。")
        return content

    def only_part(self, kind: str) -> bytes | None:
        """The content of the part of this kind (``styles``, ``sharedStrings``), of which a workbook has one or none."""
        found = [relation.part for relation in self._relations.values() if relation.kind == kind]
        return self.part(found[0]) if found else None

    def epoch(self) -> datetime:
        """Day 0 of the workbook's serial numbers."""
        properties = next(_elements(self._workbook, "workbookPr"), {})
        is_1904 = properties.get("date1904") in ("1", "true")
        return datetime(1904, 1, 1) if is_1904 else datetime(1899, 12, 30)

    def sheets(self) -> list[SheetPart]:
        """The worksheets, in order."""
        found = []
        for sheet in _elements(self._workbook, "sheet"):
            ids = [value for key, value in sheet.items() if key.rpartition("}")[2] == "id"]
            relation = self._relations.get(ids[0]) if ids else None
            if relation is not None and relation.kind == "worksheet":
                is_visible = sheet.get("state", "visible") == "visible"
                found.append(SheetPart(sheet.get("name", ""), is_visible, relation.part))
        return found


class _Relation(NamedTuple):
    kind: str
    part: str


def _relations(content: bytes) -> dict[str, _Relation]:
    """What the workbook consists of, by id."""
    found = {}
    for relation in _elements(_root(content), "Relationship"):
        target = relation.get("Target", "")
        part = target[1:] if target.startswith("/") else normpath(join("xl", target))
        found[relation.get("Id", "")] = _Relation(relation.get("Type", "").rpartition("/")[2], part)
    return found


def _check_kind(content: bytes) -> None:
    start = content[:512].lstrip(b"\xef\xbb\xbf \t\r\n")
    if not content:
        raise WorkbookRefused("文件是空的。")
    if content.startswith(_OLE):
        if _ENCRYPTED in content:
            raise WorkbookRefused("工作簿设有打开密码；请取消密码（文件—信息—保护工作簿）后重新上传。")
        raise WorkbookRefused(f"这是旧版的 .xls 文件；{_SAVE_AS}。")
    if start.startswith(b"<"):
        raise WorkbookRefused(f"这是网页或 XML 文件，只是扩展名像工作簿；{_SAVE_AS}。")
    if not content.startswith(b"PK"):
        kind = "文本（CSV）文件" if b"\0" not in content[:4096] else "其他类型的文件"
        raise WorkbookRefused(f"这是{kind}，不是 .xlsx 工作簿；{_SAVE_AS}。")


def _check_parts(parts: list[zipfile.ZipInfo], size_bytes: int) -> None:
    names = [part.filename for part in parts]
    unpacked_bytes = sum(part.file_size for part in parts)
    if len(parts) > MOST_PARTS or unpacked_bytes > MOST_BYTES:
        raise WorkbookRefused(
            f"工作簿展开后太大（最多 {MOST_PARTS} 个部件、{MOST_BYTES // 1024 // 1024} MB）；请分成几份上传。"
        )
    if unpacked_bytes > SMALL_BYTES and unpacked_bytes > MOST_RATIO * size_bytes:
        raise WorkbookRefused(f"工作簿的压缩比异常，可能是恶意文件；{_SAVE_AS}。")
    if any(part.flag_bits & 1 for part in parts):
        raise WorkbookRefused("工作簿的部件设有密码；请取消密码后重新上传。")
    if "xl/workbook.bin" in names or "content.xml" in names:
        raise WorkbookRefused(f"这是 .xlsb 或 .ods 文件；{_SAVE_AS}。")
    allowed = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
    if len(names) != len(set(names)) or any(part.compress_type not in allowed for part in parts):
        raise _broken()


def _broken() -> WorkbookRefused:
    return WorkbookRefused(f"文件不完整或已损坏，无法读取；{_SAVE_AS}。")


def _root(content: bytes) -> Element:
    try:
        root: Element = ElementTree.fromstring(content)
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        raise _broken() from None
    return root


def _elements(root: Element, name: str) -> Iterator[dict[str, str]]:
    """The attributes of every element called ``name``, in whatever namespace."""
    for element in root.iter():
        if element.tag.rpartition("}")[2] == name:
            yield element.attrib
