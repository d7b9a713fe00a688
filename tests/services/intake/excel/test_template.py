"""The template: what people find when they open it."""

import io

import pytest
from openpyxl import load_workbook

from services.intake.channels.excel.template import write_template
from shared.errors import NotFound
from tests.services.intake.excel.workbooks import CAMPAIGN, IDS, LAYOUT, TITLES


@pytest.fixture(scope="module")
def book():
    return load_workbook(io.BytesIO(write_template(CAMPAIGN, "general")))


def test_every_edition_has_one_with_a_column_for_each_question():
    for edition in CAMPAIGN.editions:
        sheet = load_workbook(io.BytesIO(write_template(CAMPAIGN, edition)))["填写"]
        headers = [cell.value for cell in sheet[1]]
        for question in CAMPAIGN.questionnaire(edition).questions:
            assert sum(header.endswith(f"（{question.id}）") for header in headers) == 1
    with pytest.raises(NotFound):
        write_template(CAMPAIGN, "other")


def test_headers_stay_in_sight(book):
    assert [cell.value for cell in book["填写"][1]] == TITLES
    assert book["填写"].freeze_panes == "B2"


def test_columns_of_ids_and_phones_are_text_so_that_no_digit_is_lost(book):
    for id in ("source_id", "phone"):
        letter = book["填写"].cell(1, IDS.index(id) + 1).column_letter
        column = book["填写"].column_dimensions
        dimension = next(each for each in column.values() if each.min <= IDS.index(id) + 1 <= each.max)
        assert dimension.number_format == "@", letter


def test_choices_units_points_and_ages_have_lists_and_limits(book):
    rules = {str(each.sqref).split(":")[0]: each for each in book["填写"].data_validations.dataValidation}

    def rule(id):
        return rules[book["填写"].cell(2, IDS.index(id) + 1).coordinate]

    listed = {column.id for column in LAYOUT.columns if column.kind in ("single", "scale", "coded")}
    for id in (*listed, "unit", "point", "consent"):
        assert rule(id).type == "list"
    assert (rule("age").formula1, rule("age").formula2) == ("16", "100")
    letters, rows = rule("unit").formula1.split("!")[1].split(":")
    names = [cell[0].value for cell in book["代码"][f"{letters}:{rows}".replace("$", "")]]
    assert names == [unit.name for unit in CAMPAIGN.units.values()]
    assert rule("point").formula1.startswith("OFFSET('代码'!$D$3,MATCH($F2,")


def test_the_guide_tells_what_each_column_takes_and_shows_the_text_of_consent(book):
    texts = [str(cell.value) for line in book["说明"].iter_rows() for cell in line if cell.value]
    for line in CAMPAIGN.consents.texts[CAMPAIGN.consents.current].splitlines():
        assert line in texts
    assert set(TITLES) <= set(texts)
    assert any("a　工资收入" in text for text in texts)


def test_the_sheet_of_codes_is_hidden(book):
    assert [book[name].sheet_state for name in book.sheetnames] == ["visible", "visible", "hidden"]


def test_no_cell_of_it_is_a_formula(book):
    for sheet in book:
        assert not [cell for line in sheet.iter_rows() for cell in line if cell.data_type == "f"]
