"""Call records by CSV: each row its receipt or its reason, and nothing guessed."""

import asyncio
import sqlite3

import pytest

from services.intake.channels.hotline.importing import IMPORT_LIMIT_BYTES, ROWS_AT_ONCE
from services.intake.channels.hotline.store import MATTERS
from shared.events import Topic
from tests.services.intake.hotline.calls import (
    CALLS,
    HEADING,
    IMPORT,
    ROW,
    call,
    imported,
    refused,
    row,
    sheet,
)


async def count_told(hotline):
    return len(await hotline.events(Topic.SUBMISSIONS))


def numbered(count):
    return [row(通话编号=f"c-{number}", 诉求内容=f"第 {number} 件事") for number in range(count)]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030"])
async def test_what_spreadsheets_save_is_read(hotline, delimiter, encoding):
    content = sheet(row(), row(通话编号="c-2"), delimiter=delimiter, encoding=encoding)
    answers = await imported(hotline, content)
    assert [(each["row"], each["status"]) for each in answers] == [(2, 201), (3, 201)]
    assert await count_told(hotline) == 2


async def test_a_row_and_the_webhook_tell_the_same_matter(hotline):
    await hotline.post(
        "hotline",
        CALLS,
        call(agent="07", matters=[{"narrative": "加班费三个月没有结清。", "unit": "taicang"}]),
    )
    (answer,) = await imported(hotline, sheet(row()))
    assert answer["status"] == 200


async def test_moved_columns_blanks_full_width_and_quoted_newlines_are_read(hotline):
    heading = [HEADING[-1], "备注", *HEADING[:-1]]
    narrative = '第一行\n第二行，他说："请,帮忙"'
    cells = row(
        诉求内容=narrative, 来电号码="＋８６ 139-1234-5678 ", 通话时长="x", 开始时间="２０２４/5/20  9:30"
    )
    one = [ROW[-1], "无关", *cells[:-1]]
    one[4] = " ０：０５：１２ "
    (answer,) = await imported(hotline, sheet(one, heading=heading))
    assert answer["status"] == 201, answer
    plain = call(
        agent="07",
        caller={"number": "+86 139-1234-5678"},
        matters=[{"narrative": narrative, "unit": "taicang"}],
    )
    assert (await hotline.post("hotline", CALLS, plain)).json()["matters"][0]["status"] == 200


@pytest.mark.parametrize(
    ("cell", "value", "part"),
    [
        ("来电号码", "1.38E+10", "文本"),
        ("来电号码", "1.38123E10", "丢失"),
        ("通话编号", "2.02405E+13", "文本"),
        ("来电号码", "13812345678.0", "电话号码"),
        ("来电号码", "张三", "电话号码"),
        ("开始时间", "45432.39583", "序列值"),
        ("开始时间", "2024-02-30 09:30", "没有这样的日期"),
        ("开始时间", "昨天上午", "2024-05-20 09:30:00"),
        ("开始时间", "", "缺少"),
        ("通话时长（秒）", "5:12", "0:05:12"),
        ("通话时长（秒）", "很久", "秒数"),
        ("通话时长（秒）", "99999", "不能大于"),
        ("类别", "天气", "工资报酬"),
        ("类别", "", "缺少"),
        ("责任单位", "火星总工会", "没有这样的责任单位"),
        ("同意书版本", "1999", "没有这样的知情同意书版本"),
        ("同意书版本", "", "缺少"),
        ("同意时间", "", "缺少"),
        ("诉求内容", "   ", "缺少"),
        ("诉求内容", "x" * 5001, "最多 5000"),
        ("通话编号", "", "缺少"),
    ],
)
async def test_a_wrong_cell_is_told_by_its_column_and_the_other_rows_are_taken_in(hotline, cell, value, part):
    answers = await imported(hotline, sheet(row(**{cell: value}), row(通话编号="c-2")))
    assert [each["status"] for each in answers] == [422, 201]
    (problem,) = answers[0]["problems"]
    assert problem["field"] == cell.removesuffix("（秒）")
    assert part in problem["message"]
    assert "1.38123E10" not in problem["message"]
    assert await count_told(hotline) == 1


async def test_all_that_is_wrong_with_a_row_is_told_at_once(hotline):
    (answer,) = await imported(hotline, sheet(row(来电号码="?", 开始时间="?", 责任单位="?", 诉求内容="")))
    assert {each["field"] for each in answer["problems"]} >= {"来电号码", "开始时间", "诉求内容"}


async def test_what_keeps_a_spreadsheet_from_counting_is_taken_off(hotline):
    rows = [row(来电号码='="13912345678"'), row(来电号码="'13912345678"), row(来电号码="\t13912345678")]
    answers = [(await imported(hotline, sheet(each)))[0] for each in rows]
    assert [each["status"] for each in answers] == [201, 200, 200]


async def test_the_rows_of_a_call_are_its_matters_in_order_or_by_their_number(hotline):
    rows = [row(), row(诉求内容="第二件"), row(通话编号="c-2")]
    first = await imported(hotline, sheet(*rows))
    assert [each["status"] for each in first] == [201] * 3
    heading, numbers = [*HEADING, "事项序号"], ["2", "1", "1"]
    again = await imported(
        hotline,
        sheet(
            *[[*each, number] for each, number in zip([rows[1], rows[0], rows[2]], numbers, strict=True)],
            heading=heading,
        ),
    )
    assert [each["status"] for each in again] == [200] * 3


async def test_the_corrected_file_adds_only_what_was_missing(hotline):
    rows = [row(), row(诉求内容=""), row(诉求内容="第三件")]
    first = await imported(hotline, sheet(*rows))
    assert [each["status"] for each in first] == [201, 422, 201]
    again = await imported(hotline, sheet(rows[0], row(诉求内容="第二件"), rows[2]))
    assert [each["status"] for each in again] == [200, 201, 200]
    assert again[2]["receipt"] == first[2]["receipt"]


async def test_the_same_row_twice_with_another_category_is_told(hotline):
    heading = [*HEADING, "事项序号"]
    rows = [[*row(), "1"], [*row(类别="租房购房"), "1"]]
    answers = await imported(hotline, sheet(*rows, heading=heading))
    assert [each["status"] for each in answers] == [201, 409]


@pytest.mark.parametrize(
    ("content", "part"),
    [
        (b"", "标题"),
        (b"\xff\xfe" + sheet(row()).decode().encode("utf-16-le"), "UTF-16"),
        (sheet(row()).decode().encode("utf-16-le"), "UTF-16"),
        (sheet(row()) + b"\xff\xff", "GB18030"),
        (b"PK\x03\x04 a workbook", "工作簿"),
        ("姓名,电话\n张三,1\n".encode(), "标题"),
        (sheet(row(), heading=[*HEADING[:-1], HEADING[0]]), "通话编号"),
        ("\n".join(["", sheet(row()).decode()]).encode(), "标题"),
    ],
)
async def test_what_cannot_be_read_as_a_whole_is_refused_with_the_way_out(hotline, content, part):
    answer = await refused(hotline, content)
    assert part in answer.text
    assert await count_told(hotline) == 0


async def test_a_quote_that_never_ends_is_told_and_what_stood_before_it_is_taken_in(hotline):
    content = sheet(row()) + b'c-2,"2024-05-20 09:30,312\r\n' + sheet(row(通话编号="c-3")).split(b"\r\n")[1]
    answers = await imported(hotline, content)
    assert [(each["row"], each["status"]) for each in answers] == [(2, 201), (3, 422)]
    assert "没有配对" in answers[1]["detail"]


async def test_a_row_with_too_few_or_too_many_cells_is_told(hotline):
    answers = await imported(hotline, sheet(row()[:-1], [*row(), "多"], [*row(), ""], [""] * 3))
    assert [each["status"] for each in answers] == [422, 422, 201]
    assert "列" in answers[0]["detail"]


@pytest.mark.servers_too
async def test_a_long_file_is_answered_row_by_row_and_every_row_is_counted(hotline):
    count = ROWS_AT_ONCE * 2 + 7
    answers = await imported(hotline, sheet(*numbered(count)))
    assert [each["row"] for each in answers] == list(range(2, count + 2))
    assert {each["status"] for each in answers} == {201}
    assert await hotline.platform.store.count(MATTERS) == await count_told(hotline) == count


async def test_a_file_over_ten_megabytes_is_refused_and_one_of_a_megabyte_is_not(hotline):
    large = sheet(row(诉求内容="长" * 1000), *numbered(2))
    padding = b"\r\n" * (IMPORT_LIMIT_BYTES // 2)
    assert (await hotline.post("hotline", IMPORT, large + padding)).status_code == 413
    assert len(await imported(hotline, large + padding[: 1024 * 1024])) == 3


@pytest.mark.parametrize(("who", "status"), [("operator", 200), ("app", 403), ("ann", 403)])
async def test_the_call_centre_and_operators_import(hotline, who, status):
    assert (await hotline.post(who, IMPORT, sheet(row()))).status_code == status


@pytest.mark.timeout(60)
@pytest.mark.parametrize("engine", ["embedded"], indirect=True)  # where a lock keeps the store away
async def test_while_the_store_is_away_rows_are_503_and_the_same_file_again_adds_them(hotline, engine):
    content = sheet(*numbered(2), row(诉求内容=""), row(诉求内容="", 同意时间=""))
    path = engine.store_url.removeprefix("sqlite:///")
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    # In a thread: a component in the midst of a transaction needs the loop to end it.
    await asyncio.to_thread(other.execute, "BEGIN IMMEDIATE")
    assert [each["status"] for each in await imported(hotline, content)] == [503, 503, 503, 422]
    other.execute("ROLLBACK")
    other.close()
    assert [each["status"] for each in await imported(hotline, content)] == [201, 201, 422, 422]
