"""What may be asked for."""

import pytest

from services.analytics.model import Population, TableQuery, check_query, possible_codes
from shared.errors import Invalid
from tests.services.analytics.making import SUZHOU


def query(rows=(), columns=(), filters=None, population=Population.ALL) -> TableQuery:
    return TableQuery(SUZHOU.id, tuple(rows), tuple(columns), filters or {}, population)


@pytest.mark.parametrize(
    "asked",
    [
        query(["unit"]),
        query(columns=["sex"]),
        query(["unit", "sex"], ["general.q01"], {"age_band": ("21-25", "26-30")}),
        query(["general.q01"], ["general.q08"]),
        query(["general.q07"], ["unit"], {"general.q10": ("a",)}),
        query(["edition"], ["unit"]),
        query(["mode"], ["unit"], {"channel": ("wechat",)}),
    ],
)
def test_a_query_that_makes_sense_passes(asked):
    check_query(asked, SUZHOU)


@pytest.mark.parametrize(
    ("asked", "field", "hint"),
    [
        (query(), "rows", "不能都为空"),
        (query(["unit", "sex", "age_band"]), "rows", "最多 2 个"),
        (query(columns=["unit", "sex"]), "columns", "最多 1 个"),
        (query(["unit", "name"]), "rows[1]", "age_band"),
        (query(columns=["general.q12"]), "columns[0]", "general.q01"),
        (query(["unit"], filters={"point": ("x",)}), "filters.point", "可用的有"),
        (query(["unit"], filters={"sex": ()}), "filters.sex", "至少给出一个代码"),
        (query(["unit"], filters={"sex": ("male", "other")}), "filters.sex[1]", "male、female"),
        (query(["sex", "sex"]), "rows[1]", "重复"),
        (query(["sex"], ["sex"]), "columns[0]", "重复"),
        (query(["unit"], ["quota_line"]), "columns[0]", "同一张表"),
        (query(["channel", "mode"]), "rows[1]", "同一张表"),
        (query(["edition"], ["general.q01"]), "columns[0]", "同一张表"),
        (query(["general.q01"], ["new_employment.q01"]), "columns[0]", "同一张表"),
        (query(["sex"], ["general.q07"]), "columns[0]", "唯一"),
        (query(["general.q07", "sex"]), "rows[0]", "唯一"),
        (query(["general.q07"], ["general.q10"]), "columns[0]", "唯一"),
        (query(["general.q07"], filters={"general.q07": ("a",)}), "filters.general.q07", "筛选"),
    ],
)
def test_what_is_wrong_is_named_with_what_is_allowed(asked, field, hint):
    with pytest.raises(Invalid) as caught:
        check_query(asked, SUZHOU)
    [problem] = [problem for problem in caught.value.problems if problem.field == field]
    assert hint in problem.message


def test_all_problems_are_told_at_once():
    with pytest.raises(Invalid) as caught:
        check_query(query(["x"], ["y"], {"sex": ("z",)}), SUZHOU)
    assert [problem.field for problem in caught.value.problems] == ["rows[0]", "columns[0]", "filters.sex[0]"]


ALL = ("*",)


def test_a_filter_on_a_variable_of_the_table_leaves_its_codes_alone():
    possible = possible_codes(query(["age_band"], filters={"age_band": ("31-35", "16-20")}), SUZHOU, ALL)
    assert possible["age_band"] == ("16-20", "31-35")


def test_a_category_that_cannot_occur_is_not_in_the_table():
    of_unit = {"unit": ("zhangjiagang", "kunshan")}
    assert possible_codes(query(["quota_line"], filters=of_unit), SUZHOU, ALL)["quota_line"] == (
        "zhangjiagang",
        "kunshan",
    )
    of_line = {"quota_line": ("financial",)}
    assert possible_codes(query(["unit"], filters=of_line), SUZHOU, ALL)["unit"] == ("financial",)
    online = possible_codes(query(["channel"], population=Population.ONLINE), SUZHOU, ALL)
    assert online["channel"] == ("wechat", "app", "hotline")
    by_channel = possible_codes(query(["mode"], filters={"channel": ("offline",)}), SUZHOU, ALL)
    assert by_channel["mode"] == ("offline",)


def test_a_grant_of_some_units_leaves_these():
    possible = possible_codes(query(["quota_line"]), SUZHOU, frozenset({"kunshan", "taicang"}))
    assert possible["quota_line"] == ("taicang", "kunshan")
    assert possible["unit"] == ("taicang", "kunshan")


@pytest.mark.parametrize(
    ("asked", "units"),
    [
        (query(["sex"], filters={"unit": ("kunshan",), "quota_line": ("taicang",)}), ALL),
        (query(["sex"], filters={"channel": ("wechat",)}, population=Population.OFFLINE), ALL),
        (query(["general.q01"], filters={"edition": ("new_employment",)}), ALL),
        (query(["general.q01"], filters={"new_employment.q01": ("a",)}), ALL),
        (query(["sex"], filters={"quota_line": ("taicang",)}), ("kunshan",)),
    ],
)
def test_conditions_that_exclude_each_other_are_refused(asked, units):
    with pytest.raises(Invalid) as caught:
        possible_codes(asked, SUZHOU, units)
    assert caught.value.problems[0].field == "filters"
