"""Sheets in the plain form: read as what reads every form reads them, or left to that."""

import io
import zipfile
from datetime import date, datetime

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook as OpenpyxlWorkbook
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont

from services.intake.channels.excel.any_sheet import AnySheet
from services.intake.channels.excel.errors import WorkbookRefused
from services.intake.channels.excel.package import Package
from services.intake.channels.excel.plain_parts import NotPlain, NumberFormats, Texts
from services.intake.channels.excel.plain_sheet import PlainSheet
from services.intake.channels.excel.sheets import Sheet
from services.intake.channels.excel.told import NewCells
from tests.services.intake.excel.workbooks import repacked

SHEET, TEXTS = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"


def made(*lines, **options):
    """A workbook with ``lines``; a value with a format is a pair."""
    content = io.BytesIO()
    book = xlsxwriter.Workbook(content, {"strings_to_formulas": False, "strings_to_urls": False, **options})
    sheet = book.add_worksheet()
    for row, line in enumerate(lines):
        for column, value in enumerate(line):
            if isinstance(value, tuple):
                sheet.write_number(row, column, value[0], book.add_format({"num_format": value[1]}))
            elif value is not None:
                sheet.write(row, column, value)
    book.close()
    return content.getvalue()


def values(rows, new):
    found = list(rows)
    cells = {cell.number: (cell.place, cell.value) for cell in new.taken()}
    return {number: [cells[each] for each in numbers] for number, numbers in found}


def plain_sheet_of(content, new=None):
    package = Package(content)
    texts, formats = Texts(package.only_part("sharedStrings")), NumberFormats(package.only_part("styles"))
    return PlainSheet(package.part(SHEET), texts, formats, package.epoch(), new or NewCells())


def as_plain(content):
    new = NewCells()
    return values(plain_sheet_of(content, new).rows(1), new)


def as_any(content):
    package = Package(content)
    name = package.sheets()[0].name
    new = NewCells()
    return values(AnySheet(content, name, package.part(SHEET), new).rows(1), new)


def with_cells(xml, texts=b"<si><t>X</t></si>"):
    """A workbook whose second row has ``xml`` for its cells, and ``texts`` for what they share."""
    content = made(["h"], ["X"])
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        sheet, shared = archive.read(SHEET), archive.read(TEXTS)
    found = b'<c r="A2" t="s"><v>1</v></c>'
    assert found in sheet
    return repacked(
        content, {SHEET: sheet.replace(found, xml), TEXTS: shared.replace(b"<si><t>X</t></si>", texts)}
    )


VALUES = st.one_of(
    st.none(),
    st.text(st.characters(codec="utf-8", exclude_characters="\r"), min_size=1, max_size=20),
    st.sampled_from(["是", " 两边空白 ", "a\nb", "<&>\"'", '他说"2"', "_x000D_", "_x005F_x", "A2", "1"]),
    st.integers(-(10**15), 10**15),
    st.floats(allow_nan=False, allow_infinity=False, width=32),
    st.booleans(),
    st.tuples(
        st.one_of(st.integers(61, 2_900_000), st.floats(61, 100_000)),
        st.sampled_from(
            ["yyyy-mm-dd", "@", "0.00", 'yyyy"年"m"月"d"日"', "[$-804]yyyy/m/d h:mm", '0" days"']
        ),
    ),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.lists(VALUES, max_size=30), max_size=12), st.booleans(), st.booleans())
def test_what_is_read_quickly_is_what_is_read_anyhow(lines, are_texts_shared, counts_from_1904):
    content = made(["h"], *lines, constant_memory=not are_texts_shared, date_1904=counts_from_1904)
    assert as_plain(content) == as_any(content)


@pytest.mark.parametrize("id", range(60))
def test_formats_that_every_workbook_has_are_told_apart_as_numbers_days_and_spans(id):
    content = io.BytesIO()
    book = xlsxwriter.Workbook(content)
    book.add_worksheet().write_number(0, 0, 45432.5, book.add_format({"num_format": id}))
    book.close()
    try:
        assert as_plain(content.getvalue()) == as_any(content.getvalue())
    except NotPlain:
        assert id == 46  # a span of time


def written_by_openpyxl():
    book = OpenpyxlWorkbook()
    sheet = book.active
    sheet.append(["h", None, "x", 3, 2.5, True, date(2024, 5, 20), datetime(2024, 5, 20, 9, 30)])
    sheet.append([None, "", " y ", "a\nb"])
    sheet["A4"] = CellRichText("想要", TextBlock(InlineFont(b=True), "食堂"))
    sheet.merge_cells("B2:C3")
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def test_what_another_library_writes_is_read_quickly_too_with_texts_in_several_fonts():
    content = written_by_openpyxl()
    assert as_plain(content) == as_any(content)
    assert as_plain(content)[4] == [(0, "想要食堂")]
    assert plain_sheet_of(content).merged() == [((1, 1), (2, 2))]


@pytest.mark.parametrize(
    "cell",
    [
        b'<c r="A2"/>',
        b'<c r="A2" s="0"></c>',
        b'<c r="A2"><v></v></c>',
        b'<c r="A2" t="n"><v>7</v></c>',
        b'<c r="A2"><v>1.5E-3</v></c>',
        b'<c r="A2" t="b"><v>1</v></c>',
        b'<c r="A2" t="str"><v>a&amp;b</v></c>',
        b'<c r="A2" t="inlineStr"><is><t>a&#10;b &lt;</t></is></c>',
        b'<c r="A2" t="inlineStr"><is><t xml:space="preserve"> a </t></is></c>',
        b'<c r="A2" t="inlineStr"><is><t> a </t></is></c>',
        b'<c r="A2" t="inlineStr"><is><t>2" 2"</t></is></c><c r="B2" t="s"><v>1</v></c>',
        b'<c r="A2" t="inlineStr"><is><r><t>a</t></r><r><rPr><b/></rPr><t>b</t></r></is></c>',
        b'<c r="A2"><v>1</v></c><c r="C2"><v>2</v></c></row><row r="4"/><row r="9" ht="3"><c r="B9"><v>3</v></c>',
    ],
)
def test_each_way_to_write_a_cell_is_read_quickly(cell):
    assert as_plain(with_cells(cell)) == as_any(with_cells(cell))


@pytest.mark.parametrize(
    "text",
    [
        b'<si><t>a</t><phoneticPr fontId="1" type="noConversion"/></si>',
        b'<si><t>a</t><rPh sb="0" eb="1"><t>b</t></rPh></si>',
        b"<si><r><t>a</t></r><r><t>b</t></r></si>",
        b"<si><t>a_x000D_b_x005F_</t></si>",
        b"<si><t>\xe4\xb8\x80&#x4e8c;</t></si>",
        b"<si><t/></si>",
    ],
)
def test_each_way_to_write_a_shared_text_is_read_quickly(text):
    content = with_cells(b'<c r="A2" t="s"><v>1</v></c>', text)
    assert as_plain(content) == as_any(content)


@pytest.mark.parametrize(
    "cell",
    [
        b'<c r="A2"><f>1+1</f><v>2</v></c>',
        b'<c r="A2" t="e"><v>#N/A</v></c>',
        b'<c r="A2" t="d"><v>2024-05-20</v></c>',
        b'<c r="A3"><v>1</v></c>',
        b'<c r="a2"><v>1</v></c>',
        b"<c><v>1</v></c>",
        b'<c r="A2"> <v>1</v></c>',
        b'<c r="A2"><v>1_0</v></c>',
        b'<c r="A2"><v>inf</v></c>',
        b'<c r="A2" t="s"><v>99</v></c>',
        b'<c r="A2" t="s"><v>-1</v></c>',
        b'<c r="A2" t="b"><v>2</v></c>',
        b'<c r="A2" t="str"><v>a & b</v></c>',
        b'<c r="A2" t="inlineStr"><is><t>a&foo;</t></is></c>',
        b'<c r="A2" t="inlineStr"><is><t>\xff</t></is></c>',
        b'<c r="A2" t="inlineStr"><is><t>_xD83D_</t></is></c>',
        b'<c r="A2" t="inlineStr"><is><x>a</x></is></c>',
        b"<!-- -->",
        b" ",
    ],
)
def test_what_is_not_in_the_plain_form_is_left_to_what_reads_every_form(cell):
    with pytest.raises(NotPlain):
        as_plain(with_cells(cell))


@pytest.mark.parametrize("texts", [b"<si/>", b"<si><t>X</t></si><!-- <si> -->", b"<si><t>\xff</t></si>"])
def test_shared_texts_that_cannot_be_told_apart_for_certain_are_left_to_it(texts):
    with pytest.raises(NotPlain):
        as_plain(with_cells(b'<c r="A2" t="s"><v>1</v></c>', texts))


def test_shared_texts_are_never_taken_for_one_another():
    texts = b"<si/><si><t>Y</t></si><si><t>Z</t></si>"
    with pytest.raises(NotPlain):
        as_plain(with_cells(b'<c r="A2" t="s"><v>2</v></c>', texts))


def test_what_stands_behind_the_last_row_is_not_passed_over():
    content = made(["a"])
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        xml = archive.read(SHEET)
    more = xml.replace(b"</sheetData>", b'<row r="2"><c r="A2"><v>1</v></c></sheetData>')
    with pytest.raises(NotPlain):
        as_plain(repacked(content, {SHEET: more}))


def test_a_sheet_in_another_encoding_is_left_to_it():
    content = made(["x"])
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        xml = archive.read(SHEET)
    with pytest.raises(NotPlain):
        as_plain(repacked(content, {SHEET: xml.replace(b"UTF-8", b"GBK")}))


def test_a_sheet_that_is_plain_to_its_middle_is_read_whole():
    lines = [[f"第 {number} 行", number] for number in range(1, 40)]
    content = made(*lines)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        xml = archive.read(SHEET)
    mixed = xml.replace(b'<c r="B20"><v>20</v></c>', b'<c r="B20"><f>19+1</f><v>20</v></c>')
    assert mixed != xml
    package = Package(repacked(content, {SHEET: mixed}))
    sheet = Sheet(package, package.sheets()[0])
    rows = list(sheet.rows(1))
    cells = {cell.number: cell.value for cell in sheet.new_cells()}
    assert [[cells[each] for each in numbers] for _, numbers in rows] == lines
    assert [number for number, _ in rows] == list(range(1, 40))
    assert sheet.untrusted.keys() == {20}


def test_rows_out_of_order_refuse_the_workbook_so_that_none_is_lost_unseen():
    xml = b'<c r="A2"><v>1</v></c></row><row r="1"><c r="A1"><v>2</v></c>'
    with pytest.raises(WorkbookRefused, match="次序"):
        as_plain(with_cells(xml))


def test_cells_that_are_the_same_in_several_rows_are_one():
    rows = dict(plain_sheet_of(made(["a", "b"], ["a", "c"], ["b", "c"])).rows(1))
    assert rows[1][0] is rows[2][0]
    assert rows[2][1] is rows[3][1]
    assert rows[3][0] is not rows[1][1]


def test_the_last_row_is_the_last_one_with_a_value_however_far_formats_reach():
    content = made(["a"], ["b"])
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        xml = archive.read(SHEET)
    far = xml.replace(b"</sheetData>", b'<row r="900000"><c r="A900000" s="0"/></row></sheetData>')
    assert plain_sheet_of(repacked(content, {SHEET: far})).last_row == 2
    assert plain_sheet_of(with_cells(b"")).last_row == 1
