"""``dafangtan questionnaire``."""

from __future__ import annotations

import json
from io import BytesIO
from pathlib import Path

import pytest
from click.testing import Result
from defusedxml.ElementTree import fromstring
from docx import Document
from openpyxl import load_workbook
from typer.testing import CliRunner

from services.cli import app
from shared.campaign import load_campaign
from shared.campaign.questionnaire_build import build_questionnaire
from shared.errors import NotFound
from shared.forms.files import read_questionnaire_file

CAMPAIGNS = Path(__file__).parents[3] / "deploy" / "campaigns"
SUZHOU = CAMPAIGNS / "suzhou-2024"
EVERY_KIND = Path(__file__).parents[2] / "shared" / "forms" / "data" / "every_kind.yaml"


@pytest.fixture(autouse=True)
def campaigns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAFANGTAN_CAMPAIGNS_DIR", str(CAMPAIGNS))


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["questionnaire", *map(str, arguments)])


def converted(to: str, folder: Path) -> bytes:
    file = folder / "form"
    ended = run("convert", "suzhou-2024", "general", "--to", to, "-o", file)
    assert ended.exit_code == 0, ended.output
    assert f"已写入 {file}（{file.stat().st_size:,} 字节）。" in ended.output
    return file.read_bytes()


def test_check_counts_the_questions_by_kind() -> None:
    ended = run("check", EVERY_KIND)
    assert ended.exit_code == 0
    assert ended.output.strip() == (
        "每种题各一道（every-kind，版本 3）：2 个部分，9 道题"
        "（单选 1，多选 1，量表 1，排序 1，表格 1，整数 1，小数 1，日期 1，填写 1），没有问题。"
    )


def test_check_takes_both_ways_of_writing(tmp_path: Path) -> None:
    (tmp_path / "form.xlsx").write_bytes(converted("xlsform", tmp_path))
    assert run("check", tmp_path / "form.xlsx").exit_code == 0
    for file in (SUZHOU / "questionnaires").glob("general*.yaml"):
        assert run("check", file).exit_code == 0


def test_check_lists_every_mistake_with_its_place_and_gives_status_1(tmp_path: Path) -> None:
    file = tmp_path / "form.yaml"
    text = EVERY_KIND.read_text(encoding="utf-8")
    file.write_text(
        text.replace("kind: decimal", "kind: number").replace("min: 0\n", "min: 999\n"), encoding="utf-8"
    )
    ended = run("check", file)
    assert ended.exit_code == 1
    assert "form.yaml:63: “kind”应为" in ended.output
    assert "共 1 处问题，修改后再检查。" in ended.output


def test_check_of_a_file_that_is_not_there_ends_with_status_2(tmp_path: Path) -> None:
    assert run("check", tmp_path / "nothing.yaml").exit_code == 2


def test_convert_to_xform_gives_the_form_for_collect(tmp_path: Path) -> None:
    root = fromstring(converted("xform", tmp_path), forbid_dtd=True)
    assert root.find(".//*[@id='suzhou-2024-general']") is not None


def test_convert_to_xlsform_gives_a_workbook_with_the_same_questions(tmp_path: Path) -> None:
    file = tmp_path / "back.xlsx"
    file.write_bytes(converted("xlsform", tmp_path))
    back = build_questionnaire([read_questionnaire_file(file)])
    assert back.questions == load_campaign(SUZHOU).questionnaire("general").questions


def test_convert_to_json_gives_the_form_for_a_page(tmp_path: Path) -> None:
    form = json.loads(converted("json", tmp_path))
    asked = [question["id"] for section in form["sections"] for question in section["questions"]]
    assert asked == list(load_campaign(SUZHOU).questionnaire("general").by_id)


def test_convert_to_xlsx_gives_the_template_to_fill_in(tmp_path: Path) -> None:
    assert load_workbook(BytesIO(converted("xlsx", tmp_path))).sheetnames


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("nowhere", "general"), "没有活动“nowhere”；可用的有：suzhou-2024"),
        (("suzhou-2024", "old"), "没有问卷版别“old”"),
    ],
)
def test_names_that_are_wrong_are_told_with_those_that_there_are(
    tmp_path: Path, arguments: tuple[str, str], says: str
) -> None:
    ended = run("convert", *arguments, "--to", "json", "-o", tmp_path / "form.json")
    assert isinstance(ended.exception, NotFound)
    assert says in str(ended.exception)
    assert not (tmp_path / "form.json").exists()


def test_print_gives_the_form_as_a_word_file(tmp_path: Path) -> None:
    file = tmp_path / "form.docx"
    assert run("print", "suzhou-2024", "new_employment", "-o", file).exit_code == 0
    title = load_campaign(SUZHOU).questionnaire("new_employment").title
    assert Document(str(file)).paragraphs[0].text == title


def test_print_gives_the_guide_as_a_word_file(tmp_path: Path) -> None:
    file = tmp_path / "guide.docx"
    assert run("print", "suzhou-2024", "general", "--guide", "-o", file).exit_code == 0
    guide = load_campaign(SUZHOU).editions["general"].guide
    assert guide is not None
    assert Document(str(file)).paragraphs[0].text == guide.title


def test_a_place_that_cannot_be_written_to_is_told(tmp_path: Path) -> None:
    ended = run("print", "suzhou-2024", "general", "-o", tmp_path / "nowhere" / "form.docx")
    assert "写不了" in str(ended.exception)
