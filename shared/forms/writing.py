"""Writes a questionnaire as an XLSForm workbook."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from io import BytesIO

import xlsxwriter

from shared.campaign.questionnaire import Questionnaire
from shared.forms.cells import safe_cell
from shared.forms.rows import CHOICES, SETTINGS, SURVEY, FormRow, form_rows

_WIDE = frozenset({"label", "hint", "relevant", "constraint", "constraint_message", "form_title"})


def write_xlsform(questionnaire: Questionnaire) -> bytes:
    """The workbook (``.xlsx``); `shared.forms.xlsform.read_xlsform` reads the same questionnaire from it.

    Raises Invalid where a text of the questionnaire can't be carried.
    """
    rows = form_rows(questionnaire)
    stream = BytesIO()
    with xlsxwriter.Workbook(stream, {"in_memory": True}) as workbook:
        _sheet(workbook, "survey", SURVEY, rows.survey)
        _sheet(workbook, "choices", CHOICES, rows.choices)
        _sheet(workbook, "settings", SETTINGS, [rows.settings])
    return stream.getvalue()


def _sheet(workbook: xlsxwriter.Workbook, name: str, columns: Sequence[str], rows: Iterable[FormRow]) -> None:
    sheet = workbook.add_worksheet(name)
    sheet.write_row(0, 0, columns, workbook.add_format({"bold": True}))
    sheet.freeze_panes(1, 0)
    for index, column in enumerate(columns):
        sheet.set_column(index, index, 40 if column in _WIDE else 16)
    for number, row in enumerate(rows, start=1):
        for index, column in enumerate(columns):
            if column in row:
                sheet.write_string(number, index, safe_cell(row[column]))
