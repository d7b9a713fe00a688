"""Whole workbooks: how each kind is read, or what is said to whoever sent it."""

import io
import zipfile
from datetime import date, datetime

import pytest
import xlsxwriter
from msgspec.structs import replace
from openpyxl import load_workbook

from services.intake.channels.excel import grouping, package
from services.intake.channels.excel.errors import WorkbookRefused
from services.intake.channels.excel.rows import Filled, RowReader, Wrong
from services.intake.channels.excel.template import write_template
from services.intake.channels.excel.told import Cell, CellsOfRow, Nothing, Rows
from services.intake.channels.excel.workbook import Workbook
from tests.services.intake.excel.workbooks import (
    CAMPAIGN,
    EDITION,
    IDS,
    LAYOUT,
    TITLES,
    cells_of,
    repacked,
    row,
    rows_of,
    workbook,
)

SHEET = "xl/worksheets/sheet1.xml"


def read(content, default_unit=None):
    return list(rows_of(content, default_unit=default_unit))


def refusal(content, default_unit=None):
    with pytest.raises(WorkbookRefused) as refused:
        read(content, default_unit)
    return str(refused.value)


def filled(rows):
    return {each.number: each.said for each in rows if isinstance(each.said, Filled)}


def wrong(rows):
    return {each.number: "；".join(each.said.problems) for each in rows if isinstance(each.said, Wrong)}


def made(fill, **options):
    """A workbook of which ``fill`` makes the most; the data sheet has headers and a good row."""
    content = io.BytesIO()
    book = xlsxwriter.Workbook(content, {"in_memory": True, **options})
    sheet = book.add_worksheet("填写")
    for place, line in enumerate((TITLES, cells_of(row(1)), cells_of(row(2)), cells_of(row(3)))):
        sheet.write_row(place, 0, ["" if value is None else value for value in line])
    fill(book, sheet)
    book.close()
    return content.getvalue()


def sheet_of(content):
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return archive.read(SHEET)


# --- headers ---


def test_moved_columns_are_found_by_their_headers():
    said = filled(read(workbook([row(1)], ids=IDS[::-1])))
    assert said == filled(read(workbook([row(1)])))


@pytest.mark.parametrize("titles", [IDS, [column.header for column in LAYOUT.columns]])
def test_headers_may_be_the_ids_alone_or_the_words_alone(titles):
    assert filled(read(workbook([row(1)], titles=titles))) == filled(read(workbook([row(1)])))


def test_titles_above_the_headers_are_passed_over_and_rows_keep_their_numbers():
    above = [["百日万名青年职工大访谈"], [], ["填报单位：", "张家港"]]
    assert list(filled(read(workbook([row(1), None, row(2)], above=above)))) == [5, 7]


def test_a_second_row_of_headers_is_passed_over():
    ids = dict(zip(IDS, IDS, strict=True))
    assert list(filled(read(workbook([ids, row(1)])))) == [3]
    assert wrong(read(workbook([ids, row(1)]))) == {}


def test_empty_rows_between_are_passed_over():
    rows = [row(1), None, dict.fromkeys(IDS, "  "), row(2)]
    assert list(filled(read(workbook(rows)))) == [2, 5]


def test_a_missing_column_that_is_needed_refuses_the_workbook_and_names_it():
    reason = refusal(workbook([row(1)], ids=[id for id in IDS if id not in ("consent", "q07")]))
    assert "是否同意（consent）" in reason
    assert "（q07）" in reason


def test_a_missing_column_that_may_be_left_out_is_left_out():
    kept = [id for id in IDS if id not in ("phone", "message", "source_id", "point")]
    (said,) = filled(read(workbook([row(1)], ids=kept))).values()
    assert "phone" not in said.respondent
    assert said.source_id is None


def test_without_a_column_for_the_unit_the_one_named_at_the_upload_counts():
    kept = [id for id in IDS if id != "unit"]
    assert "责任单位（unit）" in refusal(workbook([row(1)], ids=kept))
    (said,) = filled(read(workbook([row(1)], ids=kept), default_unit="kunshan")).values()
    assert said.unit == "kunshan"


def test_an_unknown_column_refuses_the_workbook_so_that_no_answer_is_lost_unseen():
    content = workbook([[*cells_of(row(1)), "备注"]], titles=[*TITLES, "备注栏"])
    assert "表头不是模板里的" in refusal(content)


def test_a_column_twice_refuses_the_workbook():
    assert "都是“phone”，请只留一列" in refusal(workbook([], titles=[*TITLES, "联系电话（phone）"]))


def test_content_under_no_header_refuses_its_row():
    rows = read(workbook([cells_of(row(1)), [*cells_of(row(2)), None, "旁注"]]))
    assert list(filled(rows)) == [2]
    assert "没有表头" in wrong(rows)[3]


def test_columns_of_results_are_passed_over():
    content = workbook(
        [["已收到", *cells_of(row(1)), "XXXX"]], titles=["结果（outcome）", *TITLES, "回执（receipt）"]
    )
    (only,) = read(content)
    assert only.said == filled(read(workbook([row(1)])))[2]
    assert "XXXX" not in only.cells


def test_no_headers_at_all_refuse_the_workbook():
    assert "没有找到表头" in refusal(workbook([["a", 1], ["b", 2]], titles=["随便", "写写"]))
    assert "没有找到表头" in refusal(workbook([], titles=[]))


# --- sheets, rows and columns that are hidden; merged cells ---


def test_hidden_sheets_are_not_read():
    def fill(book, sheet):
        hidden = book.add_worksheet("草稿")
        hidden.write_row(0, 0, TITLES)
        hidden.write_row(1, 0, ["旧"])
        hidden.hide()
        book.add_worksheet("其他")

    assert list(filled(read(made(fill)))) == [2, 3, 4]


def test_a_hidden_data_sheet_refuses_the_workbook():
    def fill(book, sheet):
        book.add_worksheet("别的").activate()
        sheet.hide()

    assert "被隐藏了" in refusal(made(fill))


def test_another_name_for_the_only_sheet_is_fine_and_of_several_it_isnt():
    assert filled(read(workbook([row(1)], sheet="Sheet1")))
    content = io.BytesIO()
    book = xlsxwriter.Workbook(content)
    book.add_worksheet("甲")
    book.add_worksheet("乙")
    book.close()
    assert "没有找到工作表“填写”" in refusal(content.getvalue())


def test_hidden_rows_and_columns_are_read_like_the_others():
    def fill(book, sheet):
        sheet.set_row(2, None, None, {"hidden": True})
        sheet.set_column(IDS.index("phone"), IDS.index("phone"), None, None, {"hidden": True})

    said = filled(read(made(fill)))
    assert list(said) == [2, 3, 4]
    assert {each.respondent["phone"] for each in said.values()} == {"13912345678"}


def test_rows_of_merged_cells_are_refused_with_the_range():
    def fill(book, sheet):
        sheet.merge_range(2, 9, 3, 9, "江南")

    rows = read(made(fill))
    assert list(filled(rows)) == [2]
    assert wrong(rows).keys() == {3, 4}
    assert "J3:J4 是合并的单元格" in wrong(rows)[4]


# --- formulas and errors ---


def test_a_formula_refuses_its_row_and_names_the_cell():
    def fill(book, sheet):
        sheet.write_formula(2, IDS.index("name"), '=A1&"晓燕"', None, "沈晓燕")

    rows = read(made(fill))
    assert list(filled(rows)) == [2, 4]
    assert "I3 是公式" in wrong(rows)[3]


def test_an_array_formula_refuses_all_rows_that_show_what_it_computes():
    def fill(book, sheet):
        sheet.write_array_formula(1, IDS.index("age"), 2, IDS.index("age"), "{=ROW(A20:A21)}", None, 20)

    rows = read(made(fill))
    assert list(filled(rows)) == [4]
    assert wrong(rows).keys() == {2, 3}


def test_a_shared_formula_refuses_each_of_its_rows():
    sheet = sheet_of(workbook([row(1), row(2), row(3)]))
    shared = sheet.replace(
        b'<c r="L3"><v>29</v></c>', b'<c r="L3"><f t="shared" si="0"/><v>29</v></c>'
    ).replace(b'<c r="L2"><v>29</v></c>', b'<c r="L2"><f t="shared" ref="L2:L3" si="0">A1</f><v>29</v></c>')
    assert shared != sheet
    rows = read(repacked(workbook([row(1), row(2), row(3)]), {SHEET: shared}))
    assert list(filled(rows)) == [4]


def test_a_formula_in_the_headers_refuses_the_workbook():
    def fill(book, sheet):
        sheet.write_formula(0, 3, "=A1", None, TITLES[3])

    assert "表头（第 1 行）里有公式" in refusal(made(fill))


def test_an_error_value_refuses_its_row():
    sheet = sheet_of(workbook([row(1), row(2)]))
    broken = sheet.replace(b'<c r="L3"><v>29</v></c>', b'<c r="L3" t="e"><v>#N/A</v></c>')
    rows = read(repacked(workbook([row(1), row(2)]), {SHEET: broken}))
    assert "L3 是错误值" in wrong(rows)[3]


# --- dates ---


@pytest.mark.parametrize("counts_from_1904", [False, True])
def test_date_cells_and_serials_are_read_whatever_day_the_workbook_counts_from(counts_from_1904):
    def fill(book, sheet):
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        sheet.write_datetime(1, IDS.index("collected_at"), datetime(2024, 5, 20), day)
        sheet.write_number(2, IDS.index("collected_at"), 45432 - 1462 * counts_from_1904)

    said = filled(read(made(fill, date_1904=counts_from_1904)))
    days = {said[number].collected_at.astimezone(CAMPAIGN.timezone).date() for number in (2, 3)}
    assert days == {date(2024, 5, 20)}


# --- what isn't a workbook ---


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "文件是空的"),
        ("编号,姓名\n1,沈".encode(), "文本（CSV）文件"),
        ("编号,姓名\n1,沈".encode("gbk"), "文本（CSV）文件"),
        (b"<html><table></table></html>", "网页或 XML 文件"),
        (b"\xef\xbb\xbf <?xml version='1.0'?><Workbook/>", "网页或 XML 文件"),
        (OLE, "旧版的 .xls 文件"),
        (OLE + "EncryptedPackage".encode("utf-16-le"), "打开密码"),
        (b"%PDF-1.7\0\0", "其他类型的文件"),
        (b"PK\x03\x04", "已损坏"),
        (b"PK\x03\x04" + b"\0" * 2000, "已损坏"),
    ],
)
def test_what_only_looks_like_a_workbook_is_refused_with_what_to_do(content, reason):
    assert reason in refusal(content)


@pytest.mark.parametrize("kept", [0.1, 0.5, 0.9, 0.999])
def test_a_cut_off_workbook_is_refused(kept):
    content = workbook([row(1)])
    assert "已损坏" in refusal(content[: int(len(content) * kept)])


def zipped(**parts):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name.replace("__", "/"), part)
    return content.getvalue()


def test_other_packages_are_refused():
    assert "不是 .xlsx 工作簿" in refusal(zipped(word__document="<w/>"))
    assert ".xlsb 或 .ods" in refusal(repacked(workbook([]), {"xl/workbook.bin": b"x"}))
    assert ".xlsb 或 .ods" in refusal(zipped(**{"content.xml": "<office/>"}))


def test_a_macro_workbook_is_taken_and_its_macros_are_never_looked_at():
    assert filled(read(repacked(workbook([row(1)]), {"xl/vbaProject.bin": b"\xd0\xcf nonsense"})))


def test_a_decompression_bomb_is_refused_before_it_is_unpacked(monkeypatch):
    bomb = repacked(workbook([]), {"xl/media/x.bin": b"\0" * 60_000_000})
    monkeypatch.setattr(zipfile.ZipFile, "read", None)
    assert len(bomb) < 200_000
    assert "压缩比异常" in refusal(bomb)


def test_too_many_parts_and_too_large_ones_are_refused(monkeypatch):
    parts = {f"xl/media/{number}": b"" for number in range(package.MOST_PARTS)}
    assert "展开后太大" in refusal(repacked(workbook([]), parts))
    monkeypatch.setattr(package, "MOST_BYTES", 1000)
    assert "展开后太大" in refusal(workbook([]))


def test_a_part_that_unpacks_to_more_than_it_says_is_refused():
    content = bytearray(workbook([row(1)]))
    directory = content.rindex(b"PK\x01\x02", 0, content.rindex(SHEET.encode()))
    size = int.from_bytes(content[directory + 24 : directory + 28], "little")
    content[directory + 24 : directory + 28] = (size // 2).to_bytes(4, "little")
    assert "已损坏" in refusal(bytes(content))


def test_two_parts_of_one_name_are_refused():
    content = io.BytesIO(workbook([row(1)]))
    with zipfile.ZipFile(content, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr(SHEET, "<worksheet/>")
    assert "已损坏" in refusal(content.getvalue())


def test_a_zip_with_a_password_is_refused():
    content = bytearray(workbook([row(1)]))
    directory = content.rindex(b"PK\x01\x02")
    content[directory + 8] |= 1
    assert "设有密码" in refusal(bytes(content))


BOMB = (
    b"""<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>"""
)


@pytest.mark.parametrize("part", ["xl/workbook.xml", "xl/_rels/workbook.xml.rels", SHEET])
def test_entities_in_a_part_are_refused(part):
    with zipfile.ZipFile(io.BytesIO(workbook([row(1)]))) as archive:
        content = archive.read(part)
    body = content[content.index(b"?>") + 2 :]
    assert "不允许的内容" in refusal(repacked(workbook([row(1)]), {part: BOMB + body}))


def test_a_part_that_is_no_xml_is_refused():
    for part in ("xl/workbook.xml", SHEET):
        assert "已损坏" in refusal(repacked(workbook([row(1)]), {part: b"<worksheet><sheetData><row>"}))


# --- limits and versions ---


def test_more_than_50_000_rows_are_refused_and_none_is_taken_in():
    content = io.BytesIO()
    book = xlsxwriter.Workbook(content, {"constant_memory": True})
    sheet = book.add_worksheet("填写")
    sheet.write_row(0, 0, TITLES)
    for place in range(1, 50_002):
        sheet.write_string(place, 0, "x")
    book.close()
    assert "有 50,001 行，一次最多 50,000 行" in refusal(content.getvalue())


def test_a_row_that_is_too_large_is_refused_and_the_others_are_taken(monkeypatch):
    monkeypatch.setattr(grouping, "ROW_LIMIT_CHARS", 3000)
    rows = read(workbook([row(1), row(2, message="长" * 4000), row(3), row(4, message="长" * 4000)]))
    assert list(filled(rows)) == [2, 4]
    assert "内容太多" in wrong(rows)[3]
    book = Workbook(workbook([row(1), row(2, message="长" * 4000)]), [LAYOUT], has_default_unit=False)
    assert max(len(str(cell.value)) for group in book.rows() for cell in group.cells) < 3000
    assert [each.cells for each in rows if each.number in (3, 5)] == [[""] * len(IDS)] * 2


def test_however_few_cells_are_remembered_the_rows_are_the_same(monkeypatch):
    content = workbook([row(number, name=f"沈{number % 7}") for number in range(300)])
    expected = read(content)
    monkeypatch.setattr("services.intake.channels.excel.workbook.REMEMBERED_COUNT", 30)
    assert read(content) == expected
    assert len(expected) == 300
    book = Workbook(content, [LAYOUT], has_default_unit=False)
    assert all(group.is_anew for group in book.rows())


def test_a_row_with_a_cell_that_was_never_told_refuses_the_workbook():
    header = Workbook(workbook([row(1)]), [LAYOUT], has_default_unit=False).opened.header
    reader = RowReader(LAYOUT, header.places, header.kept, None)
    with pytest.raises(WorkbookRefused, match="内容异常"):
        list(reader.read(Rows([], [CellsOfRow(2, [7])], is_anew=True)))


def test_what_was_told_before_it_began_anew_is_forgotten():
    header = Workbook(workbook([row(1)]), [LAYOUT], has_default_unit=False).opened.header
    reader = RowReader(LAYOUT, header.places, header.kept, None)
    cells, found = [Cell(7, 0, "x", Nothing())], [CellsOfRow(2, [7])]
    assert list(reader.read(Rows(cells, found, is_anew=True))) == []
    assert list(reader.read(Rows([], found, is_anew=False))) == []
    with pytest.raises(WorkbookRefused, match="内容异常"):
        list(reader.read(Rows([], found, is_anew=True)))


def test_a_number_that_is_too_large_for_the_span_of_time_that_it_is_shown_as_is_told():
    def fill(book, sheet):
        sheet.write_number(2, IDS.index("phone"), 13912345678, book.add_format({"num_format": "[h]:mm"}))

    assert "超出范围的日期或时长" in refusal(made(fill))


def test_a_stray_cell_far_away_is_refused():
    def fill(book, sheet):
        sheet.write_string(250_000, 0, "x")

    assert "还有内容" in refusal(made(fill))


def test_a_filled_in_template_is_read_and_tells_which_text_of_consent_it_showed():
    book = load_workbook(io.BytesIO(write_template(CAMPAIGN, EDITION)))
    for index, value in enumerate(cells_of(row(1)), 1):
        book["填写"].cell(2, index, value)
    content = io.BytesIO()
    book.save(content)
    opened = Workbook(content.getvalue(), [LAYOUT], has_default_unit=False).opened
    assert opened.consent_version == CAMPAIGN.consents.current
    assert opened.questionnaire_version == LAYOUT.questionnaire_version
    assert list(filled(read(content.getvalue()))) == [2]


def test_a_template_of_another_edition_or_version_is_refused():
    assert "版别“new_employment”的模板" in refusal(write_template(CAMPAIGN, "new_employment"))
    other = replace(LAYOUT, questionnaire_version="9")
    with pytest.raises(WorkbookRefused, match="不认识这份模板的问卷版本"):
        Workbook(write_template(CAMPAIGN, EDITION), [other], has_default_unit=False)


def test_a_template_of_an_earlier_version_is_read_as_that():
    today = replace(LAYOUT, questionnaire_version="next")
    opened = Workbook(write_template(CAMPAIGN, EDITION), [today, LAYOUT], has_default_unit=False).opened
    assert opened.questionnaire_version == LAYOUT.questionnaire_version
