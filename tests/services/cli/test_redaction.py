"""``dafangtan redaction measure``."""

import json

import pytest
from typer.testing import CliRunner

from services.cli import app


def run(*arguments):
    return CliRunner().invoke(app, ["redaction", "measure", *map(str, arguments)])


@pytest.fixture
def file(tmp_path):
    texts = ["打〖电话:15400000001〗", "〖姓名:大头〗来了", "打12351"]
    path = tmp_path / "some.jsonl"
    path.write_text("\n".join(json.dumps({"text": text}) for text in texts), encoding="utf-8")
    return path


def test_scores_are_printed_and_a_low_one_gives_status_1(file):
    ended = run(file)
    assert ended.exit_code == 1
    assert "合计：准确率 100.0%，召回率 50.0%，标注 2 处，找到 1，遮去 1，遮对 1" in ended.output
    assert "姓名：准确率 100.0%，召回率 0.0%，标注 1 处，找到 0，遮去 0，遮对 0" in ended.output
    assert "不达标：准确率 100.0%（至少 95%），召回率 50.0%（至少 97%）。" in ended.output
    assert "漏掉" not in ended.output


def test_errors_are_listed_when_asked_for(file):
    assert "漏掉“大头”〔姓名〕 句子：大头来了" in run(file, "--errors").output


def test_the_sentences_that_come_with_it_are_measured_in_two_halves():
    ended = run()
    assert ended.exit_code == 0
    titles = [line for line in ended.output.splitlines() if line.endswith("句）")]
    assert [title.split("（")[0] for title in titles] == ["调整用的一半", "留作检验的一半", "全部"]
    assert ended.output.splitlines()[-1].startswith("达标：")
