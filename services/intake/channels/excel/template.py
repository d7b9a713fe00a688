"""The workbook that interviewers and units fill in.

One row of headers, each the question's words with its id in brackets, so that columns can be moved; beneath it cells
that are text where Excel would lose digits, and lists to choose from. The sheet 说明 tells what each column takes and
shows the text of consent; a hidden sheet has the codes, and says what the template is for.
"""

from __future__ import annotations

import io
from typing import Any

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from services.intake.channels.excel.columns import (
    CODES_SHEET,
    DATA_SHEET,
    GUIDE_SHEET,
    MOST_ROWS,
    TEMPLATE_MARK,
    Column,
    Layout,
)
from services.intake.channels.excel.layout import layout_of
from services.intake.channels.excel.names import cell_name, column_name
from shared.campaign import Campaign

_WIDTHS = {"text": 40, "multiple": 30, "digits": 22, "moment": 18, "unit": 22, "point": 26}
_USUAL_WIDTH = 16
_POINTS_COLUMN = 2
_LISTS_FROM_COLUMN = 5
_RULES = (
    "每行填一份访谈，一份文件最多 5 万行。",
    "可以移动或删去不用的列，请不要改动表头；不要合并单元格，不要使用公式。",
    "编号请尽量填写：改正后重新上传整份文件时，凭编号认出已经收到的，只补收缺的。",
    "上传后每行都有回执或原因；下载结果，改正有“原因”的行，再上传同一份文件即可。",
)


def write_template(campaign: Campaign, edition: str) -> bytes:
    """The template of ``edition`` as an .xlsx file. Raises NotFound, listing the editions."""
    layout = layout_of(campaign, edition)
    content = io.BytesIO()
    book = xlsxwriter.Workbook(content, {"in_memory": True, "strings_to_formulas": False})
    data, guide, codes = (book.add_worksheet(name) for name in (DATA_SHEET, GUIDE_SHEET, CODES_SHEET))
    lists = _write_codes(codes, layout)
    _write_data(book, data, layout, campaign, lists)
    _write_guide(book, guide, layout, campaign)
    codes.hide()
    book.close()
    return content.getvalue()


def _write_data(
    book: Any, sheet: Worksheet, layout: Layout, campaign: Campaign, lists: dict[str, str]
) -> None:
    header = book.add_format(
        {"bold": True, "text_wrap": True, "valign": "top", "border": 1, "bg_color": "#DDEBF7"}
    )
    needed = book.add_format(
        {"bold": True, "text_wrap": True, "valign": "top", "border": 1, "bg_color": "#FCE4D6"}
    )
    text, day = book.add_format({"num_format": "@"}), book.add_format({"num_format": "yyyy-mm-dd"})
    sheet.set_row(0, 64)
    for index, column in enumerate(layout.columns):
        is_day = column.kind in ("moment", "date")
        is_number = column.kind in ("age", "integer", "decimal")
        sheet.write_string(0, index, column.title, needed if column.is_needed else header)
        width = _WIDTHS.get(column.kind, _USUAL_WIDTH)
        sheet.set_column(index, index, width, day if is_day else None if is_number else text)
        rule = _rule(column, campaign, lists)
        if rule is not None:
            sheet.data_validation(1, index, MOST_ROWS, index, rule)
    sheet.freeze_panes(1, 1)


def _rule(column: Column, campaign: Campaign, lists: dict[str, str]) -> dict[str, Any] | None:
    """What Excel itself asks for in a column; several choices in one cell are beyond it."""
    if column.id in lists:
        return {
            "validate": "list",
            "source": lists[column.id],
            "error_title": "请从列表中选择",
            "error_message": "请从下拉列表中选择一项。",
            "error_type": "warning" if column.other or column.kind == "point" else "stop",
        }
    if column.kind == "age":
        age = campaign.age
        return {
            "validate": "integer",
            "criteria": "between",
            "minimum": age.accepted_min,
            "maximum": age.accepted_max,
            "error_title": "年龄",
            "error_message": f"应为 {age.accepted_min} 至 {age.accepted_max} 的整数。",
        }
    return None


def _write_codes(sheet: Worksheet, layout: Layout) -> dict[str, str]:
    """Write what the template is for and the lists; where each column's list stands."""
    what = (
        TEMPLATE_MARK,
        layout.campaign,
        layout.edition,
        layout.questionnaire_version,
        layout.consent_version,
    )
    for index, text in enumerate(what):
        sheet.write_string(0, index, text)
    lists = {"point": _write_points(sheet, layout)}
    for place, (id, labels) in enumerate(_lists(layout).items(), _LISTS_FROM_COLUMN):
        sheet.write_string(1, place, id)
        for row, label in enumerate(labels, 2):
            sheet.write_string(row, place, label)
        letters = column_name(place)
        lists[id] = f"='{CODES_SHEET}'!${letters}$3:${letters}${2 + len(labels)}"
    return lists


def _lists(layout: Layout) -> dict[str, list[str]]:
    kinds = ("single", "scale", "coded")
    lists = {column.id: list(column.labels.values()) for column in layout.columns if column.kind in kinds}
    return {"consent": ["是", "否"], "unit": list(layout.units.values()), **lists}


def _write_points(sheet: Worksheet, layout: Layout) -> str:
    """Units and their points side by side; the list in a row is the part that belongs to the row's unit."""
    pairs = [(layout.units[unit], name) for unit, points in layout.points.items() for name in points.values()]
    for row, pair in enumerate(pairs, 2):
        for offset, text in enumerate(pair):
            sheet.write_string(row, _POINTS_COLUMN + offset, text)
    last = 2 + max(1, len(pairs))
    units, points = column_name(_POINTS_COLUMN), column_name(_POINTS_COLUMN + 1)
    ids = [column.id for column in layout.columns]
    unit_cell = f"${cell_name(2, ids.index('unit'))}"
    all_units = f"'{CODES_SHEET}'!${units}$3:${units}${last}"
    return (
        f"=OFFSET('{CODES_SHEET}'!${points}$3,MATCH({unit_cell},{all_units},0)-1,0,"
        f"COUNTIF({all_units},{unit_cell}),1)"
    )


def _write_guide(book: Any, sheet: Worksheet, layout: Layout, campaign: Campaign) -> None:
    bold = book.add_format({"bold": True})
    wrap = book.add_format({"text_wrap": True, "valign": "top"})
    title = campaign.questionnaire(layout.edition).title
    row = _write_lines(sheet, 0, [title, *_RULES, "", "知情同意书："], bold)
    row = _write_lines(sheet, row, campaign.consents.texts[layout.consent_version].splitlines(), None)
    for index, text in enumerate(("列", "填什么", "选项（可填选项或代码）")):
        sheet.write_string(row + 1, index, text, bold)
    for place, column in enumerate(layout.columns, row + 2):
        options = "\n".join(f"{code}　{label}" for code, label in column.labels.items())
        for index, text in enumerate((column.title, column.help, options)):
            sheet.write_string(place, index, text, wrap)
    sheet.set_column(0, 1, 48)
    sheet.set_column(2, 2, 40)


def _write_lines(sheet: Worksheet, row: int, lines: list[str], heading: Any) -> int:
    """One line a row, the first as a heading; the row after them."""
    for place, line in enumerate(lines, row):
        sheet.write_string(place, 0, line, heading if place == row else None)
    return row + len(lines)
