"""The board as a workbook and as CSV: numbers are numbers, one sheet a unit, nothing starts a formula."""

from __future__ import annotations

import csv
import io
import zipfile
from dataclasses import replace
from datetime import date, datetime

import httpx
import openpyxl
import pytest

from services.quota.board import progress_of
from services.quota.schedule import schedule_of
from services.quota.workbook import SUMMARY, Export, board_csv, board_workbook
from shared.campaign import Campaign
from shared.events import QuotaStatus, Topic
from tests.services.quota.test_handlers import BOARD, board, quota, received
from tests.suzhou import suzhou

__all__ = ["quota"]
CAMPAIGN = suzhou()
TODAY = date(2024, 5, 20)


def export_of(campaign: Campaign) -> Export:
    sums = {"taicang": {"eligible": 30, "online": 4}, "financial": {"awaiting_sign_off": 2}}
    progress = progress_of(campaign, sums, TODAY, {"taicang": QuotaStatus.BEHIND})
    done = {date(2024, 5, 18): 10, TODAY: 20, date(2024, 5, 21): 7}
    return Export(
        progress=progress,
        lines=progress.lines,
        schedules={
            id: schedule_of(campaign, line.target_count, done if id == "taicang" else {}, TODAY)
            for id, line in campaign.quota_lines.items()
        },
        units={unit.id: done if unit.id == "taicang" else {} for unit, _ in campaign.owing_units()},
        tells_others=True,
    )


@pytest.fixture(scope="module")
def book() -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(board_workbook(export_of(CAMPAIGN))))


def test_there_is_a_summary_and_a_sheet_for_each_unit_that_owes_interviews(book: openpyxl.Workbook) -> None:
    names = [unit.name for unit, _ in CAMPAIGN.owing_units()]
    assert sorted(book.sheetnames) == sorted([SUMMARY, *(name[:31] for name in names)])


def test_the_summary_has_numbers(book: openpyxl.Workbook) -> None:
    rows = {row[0]: row for row in book[SUMMARY].iter_rows(min_row=4, max_row=17, values_only=True)}
    taicang = rows["太仓市"]
    assert taicang[1:6] == (1000, 30, 0.03, "滞后", 108)
    assert taicang[6] == pytest.approx(970 / 58)
    assert len(rows) == 14


def test_the_summary_ends_with_all_quotas_together_and_the_citys_target(book: openpyxl.Workbook) -> None:
    together, city, *rest = list(book[SUMMARY].iter_rows(min_row=18, values_only=True))
    assert together[:6] == ("各名额合计", 12_000, 30, 30 / 12_000, None, 1296)
    assert together[6] == pytest.approx((12_000 - 30) / 58)
    assert (together[8], together[12]) == (4, 2)  # online, awaiting sign-off
    assert city[:7] == ("全市目标", 10_000, 30, 30 / 10_000, None, None, None)
    assert not any(any(row) for row in rest)


def test_a_unit_has_its_days_with_what_was_due_and_done(book: openpyxl.Workbook) -> None:
    rows = {row[0]: row[1:5] for row in book["太仓市总工会"].iter_rows(min_row=8, values_only=True) if row[0]}
    assert rows[datetime(2024, 5, 18)] == (10, 10, None, None)  # a Saturday
    assert rows[datetime(2024, 5, 20)] == (20, 30, 108, 30)
    assert rows[datetime(2024, 5, 21)] == (None, None, 124, None)
    assert rows[datetime(2024, 8, 9)] == (None, None, 1000, None)


def test_every_sheet_has_a_chart() -> None:
    with zipfile.ZipFile(io.BytesIO(board_workbook(export_of(CAMPAIGN)))) as archive:
        charts = [name for name in archive.namelist() if name.startswith("xl/charts/chart")]
    assert len(charts) == 1 + len([*CAMPAIGN.owing_units()])


def test_no_name_breaks_a_sheet_or_starts_a_formula() -> None:
    names = iter(["=1+1", "a/b:c*d?[e]\\", "A" * 40, "a" * 40, "''", "总表"])
    units = {id: replace(unit, name=next(names, unit.name)) for id, unit in CAMPAIGN.units.items()}
    lines = {id: replace(line, name=f"=cmd|{id}") for id, line in CAMPAIGN.quota_lines.items()}
    export = export_of(replace(CAMPAIGN, units=units, quota_lines=lines))
    book = openpyxl.load_workbook(io.BytesIO(board_workbook(export)))
    assert len({name.lower() for name in book.sheetnames}) == 1 + len([*CAMPAIGN.owing_units()])
    for sheet in book:
        assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "n", "d"}
    rows = list(csv.reader(io.StringIO(board_csv(export).decode("utf-8-sig"))))
    assert len(rows) == 15
    assert not any(row[0].startswith("=") for row in rows)


@pytest.mark.parametrize("format", ["xlsx", "csv"])
async def test_the_office_gets_all_of_it_and_a_unit_its_own(quota, format):
    await quota.append(Topic.SUBMISSIONS, received("a"))
    await board(quota, counted=1)
    whole = await quota.ask("off", "GET", f"{BOARD}/board.{format}?on=2024-05-20")
    own = await quota.ask("own", "GET", f"{BOARD}/board.{format}?on=2024-05-20&unit=taicang")
    assert (whole.status_code, own.status_code) == (200, 200)
    assert f'filename="suzhou-2024-2024-05-20.{format}"' in own.headers["content-disposition"]
    if format == "xlsx":
        book = openpyxl.load_workbook(io.BytesIO(own.content))
        assert book.sheetnames == [SUMMARY, "太仓市总工会"]
        assert book[SUMMARY].max_row == 4  # no totals, which would be those of others
    else:
        assert [row[:3] for row in csv.reader(own.text.removeprefix("\ufeff").splitlines())][1:] == [
            ["太仓市", "1000", "1"]
        ]
    assert (await quota.ask("own", "GET", f"{BOARD}/board.{format}")).status_code == 404
    assert (await quota.ask("own", "GET", f"{BOARD}/board.{format}?unit=kunshan")).status_code == 404


def table(answer: httpx.Response) -> dict[str, dict[str, str]]:
    rows = csv.DictReader(answer.text.removeprefix("\ufeff").splitlines())
    return {row["名额"]: row for row in rows}


async def test_what_is_sent_round_for_a_day_has_what_was_held_until_then(quota):
    await quota.append(
        Topic.SUBMISSIONS,
        received("a"),
        received("bb", collected_at="2024-05-22T10:00:00+08:00"),
        received("ccc", collected_at="2024-05-22T10:00:00+08:00", age_band="41+"),
    )
    await board(quota, counted=2, ineligible_age=1)
    for day, counted, too_old in (
        ("2024-05-19", "0", "0"),
        ("2024-05-21", "1", "0"),
        ("2024-05-22", "2", "1"),
    ):
        row = table(await quota.ask("off", "GET", f"{BOARD}/board.csv?on={day}"))["太仓市"]
        assert (row["计入名额"], row["年龄不符"]) == (counted, too_old)
    book = await quota.ask("off", "GET", f"{BOARD}/board.xlsx?on=2024-05-21")
    sheet = openpyxl.load_workbook(io.BytesIO(book.content))["太仓市总工会"]
    assert [cell.value for cell in sheet["B"][1:4]] == [None, 1, 1000]
    assert table(await quota.ask("off", "GET", f"{BOARD}/board.csv"))["太仓市"]["计入名额"] == "2"


async def test_a_unit_is_not_sent_the_buckets_of_those_with_whom_it_shares_a_line(quota):
    quota.be("metro", "unit_admin", unit="metro")
    await quota.append(
        Topic.SUBMISSIONS, received("a", unit="metro"), received("bb", unit="health", age_band="41+")
    )
    await board(quota, counted=1, ineligible_age=1)
    path = f"{BOARD}/board.csv?unit=metro"
    (own,) = table(await quota.ask("metro", "GET", path)).values()
    (all_of_it,) = table(await quota.ask("off", "GET", path)).values()
    assert (own["目标"], own["计入名额"], own["年龄不符"], own["线上"]) == ("500", "1", "", "")
    assert (all_of_it["计入名额"], all_of_it["年龄不符"], all_of_it["线上"]) == ("1", "1", "0")
