"""Workbooks made of tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import xlsxwriter

Table = Sequence[Sequence[object]]

SETTINGS: Table = (
    ("form_id", "version", "form_title", "edition", "requires"),
    ("work", "1", "工作", "general", "age"),
)
HEAD = ("type", "name", "label")


def write_workbook(folder: Path, sheets: Mapping[str, Table], file: str = "form.xlsx") -> Path:
    """The tables as ``folder/file``; with right settings where none are given."""
    path = folder / file
    with xlsxwriter.Workbook(str(path)) as workbook:
        for name, rows in {"settings": SETTINGS, **sheets}.items():
            sheet = workbook.add_worksheet(name)
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
    return path
