"""Campaigns that are over, from CSV files: ``line,day,count,target``, a row for every line and day with interviews."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from services.quota.forecast.model import LineHistory, Work
from services.quota.forecast.replaying import DAYS_BETWEEN_CUTS, PastCampaign
from shared.errors import Invalid

COLUMNS = ("line", "day", "count", "target")

_SATURDAY = 5


def read_past(path: Path) -> PastCampaign:
    """The campaign in the file, named after it; its work lasts from the first day in it to the last.

    Monday to Friday are taken for working days. Several rows of a line and day are added up. Raises Invalid.
    """
    counts: dict[str, dict[date, int]] = {}
    targets: dict[str, int] = {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file)
            if tuple(rows.fieldnames or ()) != COLUMNS:
                raise Invalid(
                    f"{path}：第一行应为“{','.join(COLUMNS)}”，收到“{','.join(rows.fieldnames or ())}”。"
                )
            for row in rows:
                _add(row, f"{path} 第 {rows.line_num} 行", counts, targets)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise Invalid(f"{path} 读不出来，应为 UTF-8 编码的 CSV 文件：{error}") from error
    return _campaign(path, counts, targets)


def _add(
    row: Mapping[str, str | None], place: str, counts: dict[str, dict[date, int]], targets: dict[str, int]
) -> None:
    line, day = row["line"] or "", _day(row["day"], place)
    if not line:
        raise Invalid(f"{place} line：应写明名额，收到的是空的。")
    count, target = _whole(row, "count", 0, place), _whole(row, "target", 1, place)
    if targets.setdefault(line, target) != target:
        raise Invalid(f"{place} target：“{line}”此前的目标是 {targets[line]}，这里是 {target}。")
    days = counts.setdefault(line, {})
    days[day] = days.get(day, 0) + count


def _day(text: str | None, place: str) -> date:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        raise Invalid(f"{place} day：应为 2024-05-20 这样的日期，收到“{text}”。") from None


def _whole(row: Mapping[str, str | None], column: str, least: int, place: str) -> int:
    text = row[column] or ""
    if not (text.isascii() and text.isdigit()) or int(text) < least:
        raise Invalid(f"{place} {column}：应为不小于 {least} 的整数，收到“{text}”。")
    return int(text)


def _campaign(
    path: Path, counts: Mapping[str, Mapping[date, int]], targets: Mapping[str, int]
) -> PastCampaign:
    days = sorted({day for its in counts.values() for day in its})
    if not days or (days[-1] - days[0]).days < DAYS_BETWEEN_CUTS:
        raise Invalid(f"{path}：首日和末日至少要相隔 {DAYS_BETWEEN_CUTS} 天，才能重放。")
    work = Work(days[0], days[-1], lambda day: day.weekday() < _SATURDAY)
    lines = tuple(LineHistory(line, targets[line], its) for line, its in counts.items())
    return PastCampaign(path.stem, work, lines)
