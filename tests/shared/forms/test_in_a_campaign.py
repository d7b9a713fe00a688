"""A campaign's questionnaire may be an XLSForm."""

from __future__ import annotations

import shutil
from pathlib import Path

from shared.campaign import check, load_campaign
from shared.forms.writing import write_xlsform
from tests.shared.forms.workbooks import HEAD, SETTINGS, write_workbook

SUZHOU = Path(__file__).parents[3] / "deploy" / "campaigns" / "suzhou-2024"


def _with_xlsx(folder: Path) -> Path:
    """A copy of the definition whose general edition is an XLSForm."""
    copy = Path(shutil.copytree(SUZHOU, folder / "definition"))
    questionnaire = load_campaign(SUZHOU).questionnaire("general")
    (copy / "questionnaires" / "general.yaml").unlink()
    (copy / "questionnaires" / "published.yaml").unlink(missing_ok=True)
    (copy / "questionnaires" / "general.xlsx").write_bytes(write_xlsform(questionnaire))
    text = (copy / "campaign.yaml").read_text(encoding="utf-8")
    named = text.replace("questionnaires/general.yaml", "questionnaires/general.xlsx")
    (copy / "campaign.yaml").write_text(named, encoding="utf-8")
    return copy


def test_it_asks_the_same_as_the_yaml(tmp_path: Path) -> None:
    loaded = load_campaign(_with_xlsx(tmp_path)).questionnaire("general")
    written = load_campaign(SUZHOU).questionnaire("general")
    assert loaded.questions == written.questions
    assert (loaded.id, loaded.version, loaded.requires) == (written.id, written.version, written.requires)


def test_its_content_counts_for_the_definitions_version(tmp_path: Path) -> None:
    copy = _with_xlsx(tmp_path)
    before = load_campaign(copy).version
    write_workbook(copy / "questionnaires", {"survey": [HEAD, ("text", "q1", "为什么？")]}, "general.xlsx")
    assert load_campaign(copy).version != before


def test_a_workbook_that_excel_has_open_is_no_trouble(tmp_path: Path) -> None:
    copy = _with_xlsx(tmp_path)
    (copy / "questionnaires" / "~$general.xlsx").write_bytes(b"locked")
    assert check(copy) == []


def test_what_is_wrong_is_told_by_sheet_row_and_column(tmp_path: Path) -> None:
    copy = _with_xlsx(tmp_path)
    survey = [(*HEAD, "relevant"), ("text", "q1", "为什么？", "${q9} = 'a'")]
    settings = [SETTINGS[0], ("work", "1", "工作", "general", "shoe_size")]
    write_workbook(copy / "questionnaires", {"survey": survey}, "general.xlsx")
    assert [str(problem) for problem in check(copy)] == [
        "questionnaires/general.xlsx:2: 工作表“survey”第 2 行“relevant”列：条件中的“q9”应是排在前面的一道选择题"
    ]
    write_workbook(
        copy / "questionnaires",
        {"survey": [HEAD, ("text", "q1", "为什么？")], "settings": settings},
        "general.xlsx",
    )
    (problem,) = check(copy)
    assert problem.reason.startswith("工作表“settings”第 2 行“requires”列：没有受访者信息“shoe_size”")
