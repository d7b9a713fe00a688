"""What a cell may say, and what it is refused for: each rule by its name."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from services.intake.channels.excel.choices import Choices
from services.intake.channels.excel.meanings import Meanings
from services.intake.channels.excel.rows import Filled, RowReader, Wrong
from services.intake.channels.excel.told import CellsOfRow, NewCells, Rows
from tests.services.intake.excel.workbooks import CAMPAIGN, IDS, LAYOUT, cells_of, row

EPOCH = datetime(1899, 12, 30)
SINGLE = next(column for column in LAYOUT.columns if column.kind == "single" and not column.other)
MULTIPLE = LAYOUT.column("q07")
LABELS = list(MULTIPLE.labels.values())


def read(layout=LAYOUT, epoch=EPOCH, ids=IDS, **changes):
    """What a row says with ``changes``."""
    places = {id: place for place, id in enumerate(ids)}
    values = cells_of(row(**changes), ids)
    new = NewCells()
    numbers = [new.number(place, value) for place, value in enumerate(values) if value not in (None, "")]
    found = new.taken()
    Meanings(layout, places, [], epoch).understand(found)
    reader = RowReader(layout, places, range(len(ids)), None)
    said = next(reader.read(Rows(found, [CellsOfRow(5, numbers)], is_anew=True)), None)
    return said and said.said


def answer(id, value):
    said = read(**{id: value})
    assert isinstance(said, Filled), said
    return said.answers[id]


def problems(**changes):
    said = read(**changes)
    assert isinstance(said, Wrong), said
    return "；".join(said.problems)


@pytest.mark.parametrize("id", ["phone", "source_id"])
@pytest.mark.parametrize("value", [13912345678.0, 3.2e17, "1.39123E+10", date(2024, 5, 1)])
def test_ids_and_phones_stored_as_numbers_are_refused_with_the_fix(id, value):
    reason = problems(**{id: value})
    assert "文本" in reason
    assert "重新输入" in reason
    assert f"（{id}）" in reason


def test_full_width_digits_and_blanks_and_invisible_characters_are_mended():
    said = read(phone=" １３９ １２３４\u202d５６７８　", source_id="甲－００１\u200b", name=" 沈晓燕\n")
    assert said.respondent["phone"] == "139 12345678"
    assert said.source_id == "甲-001"
    assert said.respondent["name"] == "沈晓燕"


@pytest.mark.parametrize(
    "value",
    [
        "2024/5/20",
        "2024-05-20",
        "2024.5.20",
        "2024年5月20日",
        "２０２４年５月２０日",
        " 2024 年 5 月 20 日 ",
        "20240520",
        20240520.0,
        date(2024, 5, 20),
        datetime(2024, 5, 20),
        45432.0,
        45432,
        "45432",
    ],
)
def test_dates_are_read_as_text_as_serials_and_as_dates(value):
    said = read(collected_at=value, consent_at=value)
    assert said.collected_at == datetime(2024, 5, 20, tzinfo=CAMPAIGN.timezone)
    assert said.consent_at == said.collected_at


@pytest.mark.parametrize(
    "value",
    [
        "2024-05-20 9:30",
        "2024/5/20 09:30:00",
        "2024年5月20日9时30分",
        "2024-05-20T09:30",
        "2024-05-20T01:30:00Z",
        datetime(2024, 5, 20, 9, 30),
        45432.395833333336,
    ],
)
def test_a_time_of_day_is_read_with_the_date(value):
    assert read(collected_at=value).collected_at.astimezone(UTC) == datetime(2024, 5, 20, 1, 30, tzinfo=UTC)


def test_serials_of_a_workbook_that_counts_from_1904_are_read_so():
    said = read(epoch=datetime(1904, 1, 1), collected_at=45432.0 - 1462)
    assert said.collected_at == datetime(2024, 5, 20, tzinfo=CAMPAIGN.timezone)


@pytest.mark.parametrize(
    "value",
    [
        "5/20/2024",
        "24-5-20",
        "2024-13-01",
        "昨天",
        time(9, 30),
        timedelta(days=3),
        True,
        12.0,
        -5.0,
        1e300,
        "1899-12-31",
        "9999-12-31 23:59",
        date(2200, 1, 1),
    ],
)
def test_what_is_no_date_is_refused_and_says_how_to_write_one(value):
    assert "应为日期，如 2024-05-20" in problems(collected_at=value)


def test_labels_are_answers_as_well_as_codes():
    for code, label in SINGLE.labels.items():
        for text in (label, code, code.upper(), f" {label} ", f"{code}.{label}", f"{code}、{label}"):
            assert answer(SINGLE.id, text) == code


def test_a_label_with_a_separator_of_its_own_is_one_choice():
    labels = {"a": "自有住房，没有贷款", "b": "自有住房", "c": "租房/借住"}
    choices = Choices(type(MULTIPLE)("q", "题", "multiple", labels=labels))
    assert choices.several("自有住房，没有贷款、租房/借住") == ["a", "c"]
    assert choices.several("租房／借住;自有住房") == ["c", "b"]
    assert choices.one("自有住房,没有贷款") == "a"


@pytest.mark.parametrize("separator", ["、", ",", "，", ";", "；", "/", "／", "|", "\n", " 、 "])
def test_several_choices_are_separated_as_people_do(separator):
    assert answer("q07", separator.join(LABELS[:3])) == list(MULTIPLE.labels)[:3]
    assert answer("q07", separator.join(["c", "A", "ｂ"])) == ["c", "a", "b"]


def test_a_choice_named_twice_is_chosen_once():
    assert answer("q07", "a、工资收入、a") == ["a"]


@pytest.mark.parametrize("text", ["其他：想要，食堂、浴室", "h:想要，食堂、浴室", "其他（想要，食堂、浴室）"])
def test_words_behind_other_are_its_text(text):
    said = read(q07=f"a、{text}")
    assert said.answers["q07"] == ["a", "h"]
    assert said.answers["q07_other"] == "想要，食堂、浴室"


def test_words_behind_other_in_two_places_that_differ_are_refused():
    assert "只填一处" in problems(q07="其他：食堂", q07_other="浴室")
    assert read(q07="其他：食堂", q07_other="食堂").answers["q07_other"] == "食堂"


def test_an_unknown_choice_is_refused_with_the_list_and_a_long_text_is_not_quoted():
    short, long = problems(q07="加薪"), problems(q07="沈晓燕的电话是 13912345678")
    assert "没有“加薪”这个选项" in short
    assert f"{LABELS[0]}（a）" in short
    assert "13912345678" not in long


def test_numbers_are_codes_where_codes_are_numbers():
    scale = next(column for column in LAYOUT.columns if column.kind == "scale")
    for value in (3.0, 3, "3", "３", " 3 ", scale.labels["3"]):
        assert answer(scale.id, value) == 3
    assert "之一" in problems(**{scale.id: 99.0})


def test_a_ranking_is_in_the_order_of_the_cell():
    ranking = next(column for column in LAYOUT.columns if column.kind == "ranking")
    codes = list(ranking.labels)
    assert answer(ranking.id, f"{ranking.labels[codes[2]]}、{codes[0]}") == [codes[2], codes[0]]
    assert answer(ranking.id, f"{codes[1]} > {codes[0]}") == [codes[1], codes[0]]


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("integer", 3.0, 3),
        ("integer", "３", 3),
        ("decimal", 3.5, 3.5),
        ("decimal", "３．５", 3.5),
        ("decimal", 4.0, 4),
        ("date", "2019年3月1日", "2019-03-01"),
        ("date", date(2019, 3, 1), "2019-03-01"),
        ("date", 43525.0, "2019-03-01"),
    ],
)
def test_numbers_and_dates_are_answers(kind, value, expected):
    column = next(column for column in LAYOUT.columns if column.kind == kind)
    assert answer(column.id, value) == expected


@pytest.mark.parametrize(
    ("kind", "value"), [("integer", 3.5), ("integer", "三"), ("decimal", "3,5"), ("decimal", True)]
)
def test_what_is_no_number_is_refused(kind, value):
    column = next(column for column in LAYOUT.columns if column.kind == kind)
    assert "应为" in problems(**{column.id: value})


def test_rows_of_a_grid_are_columns():
    grid = [column for column in LAYOUT.columns if column.id.startswith("q26_")]
    assert len(grid) > 2
    assert all("：" in column.header for column in grid)
    assert answer(grid[0].id, next(iter(grid[0].labels.values()))) == next(
        iter(map(int, grid[0].labels)) if grid[0].kind == "scale" else iter(grid[0].labels)
    )


@pytest.mark.parametrize("value", [29, 29.0, "29", "２９", "29岁", "29 周岁"])
def test_an_age_is_a_whole_number_however_it_is_written(value):
    assert read(age=value).respondent["age"] == 29


@pytest.mark.parametrize("value", [29.5, "二十九", "29-30", True, date(1995, 1, 1)])
def test_what_is_no_age_is_refused(value):
    assert "应为周岁年龄" in problems(age=value)


def test_text_keeps_its_line_breaks_and_lines_lose_them():
    said = read(message="第一行\r\n第二行  \n", employer="江南\n制造")
    assert said.message == "第一行\n第二行"
    assert said.respondent["employer"] == "江南 制造"


def test_numbers_and_dates_in_a_text_are_as_they_are_shown():
    texts = [column.id for column in LAYOUT.columns if column.kind == "text" and column.is_question]
    said = read(**{texts[0]: 5000.0, texts[1]: date(2024, 5, 20)})
    assert said.answers[texts[0]] == "5000"
    assert said.answers[texts[1]] == "2024-05-20"
    assert "逻辑值" in problems(**{texts[0]: True})


def test_a_text_over_the_limit_is_refused():
    assert "最多 5000 个字，收到 5001 个字" in problems(message="长" * 5001)
    assert "最多 200 个字" in problems(name="长" * 201)


def test_the_apostrophe_that_guards_an_exported_cell_is_taken_off_again():
    said = read(message="'=1+1", phone="'+86 13912345678", name="'沈")
    assert (said.message, said.respondent["phone"]) == ("=1+1", "+86 13912345678")
    assert said.respondent["name"] == "'沈"


@pytest.mark.parametrize("value", ["是", "同意", "Yes", "√", True, 1.0])
def test_a_yes_is_consent(value):
    assert isinstance(read(consent=value), Filled)


@pytest.mark.parametrize("value", [None, "", "否", "不同意", False, 0.0, "问过"])
def test_without_consent_a_row_is_refused_and_nothing_of_it_is_to_be_kept(value):
    said = read(consent=value)
    assert isinstance(said, Wrong)
    assert not said.has_consented
    assert "（consent）" in said.problems[0]


@pytest.mark.parametrize("id", ["consent_at", "collected_at"])
def test_when_it_was_consented_and_heard_has_to_be_told(id):
    assert f"（{id}）：没有填写" in problems(**{id: None})


def test_how_it_was_consented_may_be_told():
    assert read(consent_how="签字").consent_how == "signed"
    assert read(consent_how=None).consent_how is None


def test_a_unit_and_its_point_are_found_by_name_and_by_id():
    unit = CAMPAIGN.units["gusu"]
    point = unit.points[0]
    for unit_text in (unit.name, "gusu", "GUSU"):
        for point_text in (point.name, point.id):
            said = read(unit=unit_text, point=point_text)
            assert (said.unit, said.point) == ("gusu", point.id)
    assert "没有这个责任单位" in problems(unit="亚特兰蒂斯")
    assert "没有这个访谈点" in problems(unit="kunshan", point=point.name)


def test_every_problem_of_a_row_is_told_with_its_cell():
    reason = problems(age="老", phone=13912345678.0, q07="飞")
    for id in ("age", "phone", "q07"):
        assert f"{LAYOUT.column(id).title}：" in reason
    assert reason.count("5 ") >= 3


def test_a_row_of_blanks_says_nothing():
    blank = dict.fromkeys(IDS, " \n")
    assert read(**blank) is None
