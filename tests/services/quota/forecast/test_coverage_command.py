"""``dafangtan forecast coverage``."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from services.cli import app
from tests.services.quota.forecast.lines import day


def run(*arguments: object):
    return CliRunner().invoke(app, ["forecast", "coverage", *map(str, arguments)])


def written(path, rows):
    path.write_text("\n".join(["line,day,count,target", *rows]) + "\n", encoding="utf-8-sig")
    return path


@pytest.fixture
def steady(tmp_path):
    rows = [
        f"{id},{day(n)},{8 + (3 * n + place) % 5},500" for place, id in enumerate("甲乙丙") for n in range(50)
    ]
    return written(tmp_path / "去年.csv", rows)


def test_families_stages_and_the_whole_are_printed_with_a_verdict():
    ended = run("--campaigns", 7, "--seed", 3)
    lines = ended.output.splitlines()
    assert lines[0] == "活动 7 场，预测 2,940 次"
    assert [line for line in lines if not line.startswith(" ")][1:4] == ["按活动", "按阶段", "总体"]
    assert (ended.exit_code == 0) is lines[-1].startswith("达标：")


def test_an_office_replays_its_own_campaigns(steady):
    ended = run("--csv", steady)
    assert "活动 1 场" in ended.output
    assert "  去年：覆盖率" in ended.output
    assert ended.exit_code == 1, "a pace that never changes is held too often"


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("甲,5月13日,3,500", "第 2 行 day：应为 2024-05-20 这样的日期，收到“5月13日”。"),
        ("甲,2024-05-13,-3,500", "第 2 行 count：应为不小于 0 的整数，收到“-3”。"),
        ("甲,2024-05-13,3,0", "第 2 行 target：应为不小于 1 的整数，收到“0”。"),
        ("甲,2024-05-13,3", "第 2 行 target：应为不小于 1 的整数，收到“”。"),
        (",2024-05-13,3,500", "第 2 行 line：应写明名额，收到的是空的。"),
        ("甲,2024-05-13,3,500\n甲,2024-05-14,3,400", "“甲”此前的目标是 500，这里是 400。"),
        ("甲,2024-05-13,3,500", "首日和末日至少要相隔 3 天"),
    ],
)
def test_what_is_wrong_in_a_file_is_told_with_its_place(tmp_path, row, reason):
    ended = run("--csv", written(tmp_path / "some.csv", [row]))
    assert reason in str(ended.exception)


def test_other_columns_are_refused(tmp_path):
    path = tmp_path / "some.csv"
    path.write_text("line,day\n", encoding="utf-8")
    assert "第一行应为“line,day,count,target”，收到“line,day”" in str(run("--csv", path).exception)


def test_a_file_in_another_encoding_is_refused(tmp_path):
    path = tmp_path / "some.csv"
    path.write_bytes("line,day,count,target\n甲,2024-05-13,3,500\n".encode("gb18030"))
    assert "UTF-8" in str(run("--csv", path).exception)
