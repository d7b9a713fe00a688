"""What printed forms are made of: paragraphs, boxes, lines to write on, with Chinese fonts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from io import BytesIO
from typing import Any

from docx import Document
from docx.document import Document as WordDocument
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_TAB_ALIGNMENT, WD_TAB_LEADER
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor
from docx.table import Table
from docx.text.paragraph import Paragraph
from docx.text.run import Run

BODY_FONT = "宋体"
HEADING_FONT = "黑体"
LATIN_FONT = "Times New Roman"
TEXT_WIDTH = Cm(16)
"""Between the margins of A4."""

_GREY = RGBColor(0x59, 0x59, 0x59)
_HEADING_SIZES = {"Title": Pt(18), "Heading 1": Pt(13), "Heading 2": Pt(11)}


class Page:
    """A document on A4 that is written from top to bottom; Word's own file is made at the end."""

    def __init__(self, title: str, author: str, when: datetime) -> None:
        self._document: WordDocument = Document()
        properties = self._document.core_properties
        properties.title, properties.author, properties.language = title, author, "zh-CN"
        properties.created = properties.modified = when
        properties.comments = ""
        self._set_styles()
        self._set_paper()
        _number_pages(self._document.sections[0].footer.paragraphs[0])

    def title(self, text: str) -> None:
        """The document's title, in the middle."""
        self._document.add_heading(text, level=0).alignment = WD_ALIGN_PARAGRAPH.CENTER

    def subtitle(self, text: str) -> None:
        """A line under the title."""
        self._document.add_paragraph(text).alignment = WD_ALIGN_PARAGRAPH.CENTER

    def heading(self, text: str) -> None:
        """A part begins."""
        self._document.add_heading(text, level=1)

    def paragraph(self, text: str, *, is_bold: bool = False, indent_cm: float = 0) -> Paragraph:
        """A paragraph that stays with the next one where it is bold: a question and its options."""
        paragraph = self._document.add_paragraph()
        paragraph.paragraph_format.left_indent = Cm(indent_cm)
        paragraph.paragraph_format.keep_with_next = is_bold
        paragraph.add_run(text).bold = is_bold
        return paragraph

    def note(self, text: str, *, indent_cm: float = 0) -> None:
        """A remark in grey, for whoever fills the form in."""
        grey(self.paragraph("", indent_cm=indent_cm), text)

    def bullet(self, text: str) -> None:
        """One of a list of points."""
        self._document.add_paragraph(text, style="List Bullet")

    def lines(self, count: int, *, indent_cm: float = 0) -> None:
        """Empty lines to write on."""
        for _ in range(count):
            self.blank("", indent_cm=indent_cm)

    def blank(self, text: str, *, indent_cm: float = 0) -> None:
        """Text, and a line to write on up to the margin."""
        paragraph = self.paragraph(f"{text}\t", indent_cm=indent_cm)
        stops = paragraph.paragraph_format.tab_stops
        stops.add_tab_stop(TEXT_WIDTH, WD_TAB_ALIGNMENT.RIGHT, WD_TAB_LEADER.LINES)

    def boxes(self, rows: Sequence[Sequence[str]]) -> None:
        """Boxes to fill in: name and room in turn."""
        columns = max(len(row) for row in rows)
        table = self._table(len(rows), columns)
        for row, names in zip(table.rows, rows, strict=True):
            for cell, text in zip(row.cells, names, strict=False):
                cell.text = text
            if len(names) < columns:
                row.cells[len(names) - 1].merge(row.cells[columns - 1])
        self._document.add_paragraph()

    def table(self, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """A table whose header comes again on the next page."""
        table = self._table(len(rows) + 1, len(header))
        for row, texts in zip(table.rows, [header, *rows], strict=True):
            for index, (cell, text) in enumerate(zip(row.cells, texts, strict=True)):
                cell.text = text
                if index:
                    cell.paragraphs[0].alignment = WD_ALIGN_PARAGRAPH.CENTER
        table.rows[0]._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))
        self._document.add_paragraph()

    def to_bytes(self) -> bytes:
        """The file (``.docx``)."""
        stream = BytesIO()
        self._document.save(stream)
        return stream.getvalue()

    def _table(self, rows: int, columns: int) -> Table:
        table: Table = self._document.add_table(rows, columns, style="Table Grid")
        return table

    def _set_styles(self) -> None:
        for name, size in {"Normal": Pt(10.5), "List Bullet": Pt(10.5), **_HEADING_SIZES}.items():
            style: Any = self._document.styles[name]
            font = HEADING_FONT if name in _HEADING_SIZES else BODY_FONT
            style.font.name, style.font.size = LATIN_FONT, size
            style.font.color.rgb = RGBColor(0, 0, 0)
            set_chinese_font(style.element.get_or_add_rPr(), font)
        normal: Any = self._document.styles["Normal"]
        normal.paragraph_format.space_after = Pt(3)

    def _set_paper(self) -> None:
        section = self._document.sections[0]
        section.page_width, section.page_height = Cm(21), Cm(29.7)
        section.left_margin = section.right_margin = Cm(2.5)
        section.top_margin = section.bottom_margin = Cm(2)


def grey(paragraph: Paragraph, text: str) -> None:
    """Add text in small grey letters."""
    run = paragraph.add_run(text)
    run.font.size, run.font.color.rgb = Pt(9), _GREY


def set_chinese_font(properties: Any, font: str) -> None:
    """Name the font of Chinese characters, which Word keeps apart from that of Latin ones (w:eastAsia)."""
    fonts = properties.get_or_add_rFonts()
    for attribute in list(fonts.attrib):
        if attribute.endswith("Theme"):  # a theme's font would win
            del fonts.attrib[attribute]
    fonts.set(qn("w:ascii"), LATIN_FONT)
    fonts.set(qn("w:hAnsi"), LATIN_FONT)
    fonts.set(qn("w:eastAsia"), font)


def _number_pages(footer: Paragraph) -> None:
    """第 1 页，共 3 页, counted by Word."""
    footer.alignment = WD_ALIGN_PARAGRAPH.CENTER
    for text, field in (("第 ", "PAGE"), (" 页，共 ", "NUMPAGES")):
        footer.add_run(text)
        _add_field(footer.add_run(), field)
    footer.add_run(" 页")


def _add_field(run: Run, name: str) -> None:
    for kind in ("begin", "instruction", "separate", "shown", "end"):
        if kind == "instruction":
            element = OxmlElement("w:instrText")
            element.set(qn("xml:space"), "preserve")
            element.text = f" {name} "
        elif kind == "shown":
            element = OxmlElement("w:t")
            element.text = "1"
        else:
            element = OxmlElement("w:fldChar")
            element.set(qn("w:fldCharType"), kind)
        run._r.append(element)
