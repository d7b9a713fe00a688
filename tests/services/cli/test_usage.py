"""What is typed wrong is told in Chinese, with where to read what is right; and what is set wrong too."""

import re
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from services.cli import app, references

ENGLISH = re.compile(r"\b(No such|Missing|Invalid|Error|Try|requires|unexpected|Input|should|not one of)\b")


def run(*arguments):
    return CliRunner().invoke(app, list(arguments), prog_name="dafangtan")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["nonsense"], "没有命令“nonsense”；可用的有：up、serve"),
        (["quarantine", "nonsense"], "没有命令“nonsense”；可用的有：list、replay、discard"),
        (["demo", "--sed", "3"], "没有选项 --sed；相近的有：--seed"),
        (["demo", "--seed"], "选项 --seed 后面缺少它的值"),
        (["demo", "--seed", "abc"], "选项 --seed 有误：应为整数"),
        (["demo", "--scale", "0.0001"], "选项 --scale 有误：不能小于 0.01"),
        (["demo", "--exit=3"], "选项 --exit 不带值"),
        (["token"], "缺少选项 --role（角色"),
        (["rebuild"], "缺少参数 SERVICE（quota 或 notify）"),
        (["rebuild", "quota", "again"], "多了参数：again"),
        (["questionnaire", "check", "nofile"], "参数 FILE 有误：“nofile”不存在"),
        (["questionnaire", "check", "docs"], "“docs”是文件夹，应为文件"),
        (["questionnaire", "publish", "Makefile"], "“Makefile”是文件，应为文件夹"),
        (
            ["questionnaire", "convert", "suzhou-2024", "general", "--to", "pdf", "-o", "x"],
            "选项 --to 有误：应为 xform、xlsform、xlsx、json 之一",
        ),
    ],
)
def test_what_is_typed_wrong_is_told_in_chinese_with_status_2(arguments, told):
    result = run(*arguments)
    assert result.exit_code == 2
    assert told in result.stderr
    assert not ENGLISH.search(result.stderr), result.stderr


def test_it_says_where_the_commands_help_is():
    assert "用法见：dafangtan questionnaire check --help" in run("questionnaire", "check", "nofile").stderr


def test_a_right_command_ends_as_before_and_help_is_shown_where_nothing_was_said():
    assert run("settings").exit_code == 0
    assert run("--help").exit_code == 0
    alone = run("quarantine")
    assert (alone.exit_code, "discard" in alone.output) == (2, True)


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("PARTITION_COUNT", "abc", "DAFANGTAN_PARTITION_COUNT：应为整数"),
        ("CLOCK", "yesterday", "DAFANGTAN_CLOCK：格式应符合"),
    ],
)
def test_a_wrong_setting_is_one_line_that_names_it_and_not_its_value(monkeypatch, name, value, told):
    monkeypatch.setenv(f"DAFANGTAN_{name}", value)
    command = [sys.executable, "-m", "services.cli", "reconcile"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (result.returncode, len(result.stderr.splitlines())) == (1, 1)
    assert told in result.stderr
    assert value not in result.stderr


CHINESE = re.compile(r"[\u4e00-\u9fff]")


@pytest.mark.parametrize("setting", [*references.all_settings()], ids=lambda setting: setting.variable)
def test_every_setting_says_what_it_means_to_the_operator_and_in_the_reference(setting):
    assert CHINESE.search(setting.meaning)
    assert setting.description
    assert not CHINESE.search(setting.description)


def test_the_settings_are_shown_in_the_operators_language():
    shown = run("settings").stdout
    for setting in references.all_settings():
        assert f"{setting.variable}\n" in shown
        assert setting.meaning in shown
        assert setting.description not in shown
