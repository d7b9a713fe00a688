"""The board as the office sends it round: a workbook with a sheet for each unit, and a table as CSV. Pure."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from services.quota.board import LineProgress, Progress, UnitShare
from services.quota.model import BUCKET_NAMES, Bucket
from services.quota.schedule import Schedule
from shared.events import QUOTA_STATUS_NAMES
from shared.forms.cells import safe_cell

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

SUMMARY = "总表"
SHEET_NAME_CHARS = 31
_NOT_IN_SHEET_NAME = re.compile(r"[\[\]:*?/\\]")
_OTHER_BUCKETS = tuple(bucket for bucket in Bucket if bucket is not Bucket.COUNTED)
_TITLES = (
    "名额",
    "目标",
    "计入名额",
    "完成比例",
    "状态",
    "倒排应完成",
    "今后每个工作日须完成",
    *(BUCKET_NAMES[bucket] for bucket in _OTHER_BUCKETS),
)
_SHARE, _RATE = 3, 6
_DAY_TITLES = ("日期", "当天", "累计", "名额倒排应完成", "名额累计")
_TABLE_ROW = 6

Cell = str | int | float | None


@dataclass(frozen=True, slots=True)
class Export:
    """What is sent round. ``lines`` are those of ``progress`` that are shown, each with its schedule and its share of
    ``units``; ``units`` has of each unit the eligible interviews of each day of collection. ``tells_others``: who gets
    it may know of all units that share a line, and not only how far the line is."""

    progress: Progress
    lines: Sequence[LineProgress]
    schedules: Mapping[str, Schedule]
    units: Mapping[str, Mapping[date, int]]
    tells_others: bool

    def buckets(self, line: LineProgress) -> Sequence[int | None]:
        """Those of ``line`` beside what is counted, as far as they may be told."""
        is_told = self.tells_others or not line.is_shared
        return [line.buckets[bucket] if is_told else None for bucket in _OTHER_BUCKETS]

    def shares(self) -> Iterable[tuple[LineProgress, UnitShare]]:
        """The units that have a sheet, in the order of the board."""
        return ((line, share) for line in self.lines for share in line.units if share.unit in self.units)


def board_csv(export: Export) -> bytes:
    """The summary as CSV, which Excel opens as UTF-8. No cell starts a formula."""
    text = io.StringIO()
    writer = csv.writer(text)
    for row in (_TITLES, *_summary(export)):
        writer.writerow([safe_cell(cell) if isinstance(cell, str) else cell for cell in row])
    return text.getvalue().encode("utf-8-sig")


def board_workbook(export: Export) -> bytes:
    """The workbook: a summary with a chart, then a sheet with a chart for each unit. Numbers are numbers."""
    from xlsxwriter import Workbook  # takes a while to import, and few ask for it

    content = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with Workbook(content, options) as workbook:
        formats = _Formats(workbook)
        _write_summary(workbook, formats, export)
        names = {SUMMARY}
        for line, share in export.shares():
            sheet = workbook.add_worksheet(_sheet_name(share.name, names))
            _write_unit(workbook, sheet, formats, export, line, share)
    return content.getvalue()


class _Formats:
    def __init__(self, workbook: Workbook) -> None:
        self.title: Format = workbook.add_format({"bold": True, "font_size": 14})
        self.head: Format = workbook.add_format({"bold": True, "text_wrap": True, "bottom": 1})
        self.share: Format = workbook.add_format({"num_format": "0.0%"})
        self.rate: Format = workbook.add_format({"num_format": "0.0"})
        self.day: Format = workbook.add_format({"num_format": "yyyy-mm-dd", "align": "left"})


def _summary(export: Export) -> list[list[Cell]]:
    return [
        [
            line.name,
            line.target_count,
            line.counted_count,
            line.share,
            QUOTA_STATUS_NAMES[line.status],
            export.schedules[line.quota_line].due,
            export.schedules[line.quota_line].rate_needed,
            *export.buckets(line),
        ]
        for line in export.lines
    ]


def _totals(export: Export) -> list[list[Cell]]:
    """All lines together, and the target of the campaign, which is another number; nothing for a part of the board."""
    lines, progress = export.lines, export.progress
    if len(lines) < len(progress.lines):
        return []
    counted = progress.counted_count
    due = sum(export.schedules[line.quota_line].due for line in lines)
    rates = [export.schedules[line.quota_line].rate_needed for line in lines]
    rate = None if None in rates else sum(rate for rate in rates if rate is not None)
    buckets = [sum(line.buckets[bucket] for line in lines) for bucket in _OTHER_BUCKETS]
    quota, target = progress.quota_count, progress.target_count
    return [
        ["各名额合计", quota, counted, counted / quota, None, due, rate, *buckets],
        ["全市目标", target, counted, counted / target, None, None, None],
    ]


def _write_summary(workbook: Workbook, formats: _Formats, export: Export) -> None:
    sheet = workbook.add_worksheet(SUMMARY)
    _write_head(sheet, formats, export, _TITLES, first_row=2)
    rows = _summary(export)
    totals = _totals(export)
    for number, row in enumerate([*rows, *totals], start=3):
        sheet.write_row(number, 0, row)
        for column, format in ((_SHARE, formats.share), (_RATE, formats.rate)):
            if (value := row[column]) is not None:
                sheet.write_number(number, column, float(value), format)
    if not rows:
        return
    chart = workbook.add_chart({"type": "bar"})
    for column in (1, 2):
        chart.add_series(_series(SUMMARY, 2, 3, len(rows), column))
    chart.set_title({"name": "目标与计入名额"})
    chart.set_y_axis({"reverse": True})
    chart.set_size({"width": 760, "height": 60 + 40 * len(rows)})
    sheet.insert_chart(len(rows) + len(totals) + 5, 0, chart)


def _write_unit(
    workbook: Workbook,
    sheet: Worksheet,
    formats: _Formats,
    export: Export,
    line: LineProgress,
    share: UnitShare,
) -> None:
    schedule = export.schedules[line.quota_line]
    _write_head(sheet, formats, export, _DAY_TITLES, first_row=_TABLE_ROW, unit=share.name)
    sheet.write_row(2, 0, ["本单位符合条件", share.eligible, "所属名额", line.name])
    sheet.write_row(3, 0, ["名额目标", line.target_count, "名额计入", line.counted_count])
    sheet.write_row(4, 0, ["今后工作日", schedule.days_left, "每个工作日须完成"])
    if schedule.rate_needed is not None:
        sheet.write_number(4, 3, schedule.rate_needed, formats.rate)
    done, total = export.units[share.unit], 0
    due = {day.day: day for day in schedule.days}
    days = sorted({*due, *(day for day in done if day <= export.progress.day)})
    for number, day in enumerate(days, start=_TABLE_ROW + 1):
        total += done.get(day, 0)
        is_over = day <= export.progress.day
        planned = due.get(day)
        sheet.write_datetime(number, 0, day, formats.day)
        cells = [
            done.get(day, 0) if is_over else None,
            total if is_over else None,
            planned.due if planned else None,
            planned.done if planned else None,
        ]
        sheet.write_row(number, 1, cells)
    chart = workbook.add_chart({"type": "line"})
    for column in (2, 3, 4):
        chart.add_series(_series(sheet.get_name(), _TABLE_ROW, _TABLE_ROW + 1, len(days), column))
    chart.set_title({"name": share.name})
    chart.set_x_axis({"date_axis": True, "num_format": "mm-dd"})
    chart.set_size({"width": 720, "height": 360})
    sheet.insert_chart(1, 6, chart)


def _write_head(
    sheet: Worksheet,
    formats: _Formats,
    export: Export,
    titles: Sequence[str],
    *,
    first_row: int,
    unit: str | None = None,
) -> None:
    progress = export.progress
    sheet.write_string(0, 0, f"{progress.name}作战图" if unit is None else f"{unit}", formats.title)
    sheet.write_string(1, 0, f"截至 {progress.day}")
    sheet.write_row(first_row, 0, titles, formats.head)
    sheet.set_column(0, 0, 26)
    sheet.set_column(1, len(titles) - 1, 13)
    sheet.freeze_panes(first_row + 1, 1)


def _series(sheet: str, head_row: int, first_row: int, count: int, column: int) -> dict[str, object]:
    last_row = first_row + count - 1
    return {
        "name": [sheet, head_row, column],
        "categories": [sheet, first_row, 0, last_row, 0],
        "values": [sheet, first_row, column, last_row, column],
    }


def _sheet_name(name: str, taken: set[str]) -> str:
    """A name that Excel allows for a sheet and that no other sheet has, whatever the case of its letters."""
    plain = _NOT_IN_SHEET_NAME.sub("", name).strip("'")[:SHEET_NAME_CHARS] or "单位"
    chosen, number = plain, 1
    while chosen.lower() in {each.lower() for each in taken}:
        number += 1
        mark = f"~{number}"
        chosen = plain[: SHEET_NAME_CHARS - len(mark)] + mark
    taken.add(chosen)
    return chosen
