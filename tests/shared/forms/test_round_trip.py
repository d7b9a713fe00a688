"""What is written as an XLSForm is read as the same questionnaire."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from openpyxl import load_workbook

from shared.campaign import Campaign, Questionnaire
from shared.campaign.questionnaire_build import build_questionnaire
from shared.errors import Invalid
from shared.forms.files import read_questionnaire_file
from shared.forms.writing import write_xlsform
from tests.shared.forms.generated import questionnaires


def _read_back(questionnaire: Questionnaire) -> Questionnaire:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "form.xlsx"
        path.write_bytes(write_xlsform(questionnaire))
        return build_questionnaire([read_questionnaire_file(path)])


def test_every_kind_of_question_comes_back(every_kind: Questionnaire) -> None:
    assert _read_back(every_kind) == every_kind


def test_the_campaigns_own_questionnaires_come_back(suzhou: Campaign) -> None:
    for edition in suzhou.editions.values():
        read = _read_back(edition.questionnaire)
        assert read.questions == edition.questionnaire.questions
        assert read.sections == edition.questionnaire.sections


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(questionnaires())
def test_any_questionnaire_comes_back(questionnaire: Questionnaire) -> None:
    assert _read_back(questionnaire) == questionnaire


def test_no_cell_of_the_workbook_starts_a_formula(every_kind: Questionnaire, tmp_path: Path) -> None:
    first, *rest = every_kind.questions
    path = tmp_path / "form.xlsx"
    path.write_bytes(write_xlsform(replace(every_kind, questions=(replace(first, text="=1+1"), *rest))))
    cells = [cell for sheet in load_workbook(path) for row in sheet.iter_rows() for cell in row if cell.value]
    assert all(cell.data_type == "s" and cell.value[0] not in "=+-@" for cell in cells)
    assert "'=1+1" in {cell.value for cell in cells}


def test_a_text_that_would_be_taken_for_a_reference_is_refused(every_kind: Questionnaire) -> None:
    first, *rest = every_kind.questions
    changed = replace(every_kind, questions=(replace(first, text="奖金 ${x} 元"), *rest))
    with pytest.raises(Invalid, match="q01"):
        write_xlsform(changed)
