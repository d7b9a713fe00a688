"""Whom to seek next: worked by hand, and what holds for all counts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.quota.advice.seeking import FARTHEST, Margin, Sought, distance, sought
from shared.campaign import ReferenceMargin

SEX = ReferenceMargin(("sex",), {("male",): 0.6, ("female",): 0.4})
AGE = ReferenceMargin(("age",), {("young",): 0.5, ("old",): 0.5})
CROSSED = ReferenceMargin(
    ("sex", "age"),
    {("male", "young"): 0.4, ("male", "old"): 0.2, ("female", "young"): 0.3, ("female", "old"): 0.1},
)


def sexes(male: int, female: int) -> Margin:
    return Margin(SEX, {("male",): male, ("female",): female})


def test_the_distance_is_half_the_sum_of_the_differences() -> None:
    assert distance([sexes(9, 1)]) == pytest.approx((0.3 + 0.3) / 2)
    assert distance([sexes(6, 4)]) == pytest.approx(0)
    assert distance([sexes(9, 1), Margin(AGE, {("young",): 5, ("old",): 5})]) == pytest.approx(0.15)


def test_one_dimension_by_hand() -> None:
    """9 men and 1 woman: 0.3 off; with another woman 9/11 and 2/11, 0.218 off; another man makes it worse."""
    (only,) = sought([sexes(9, 1)], limit=9)
    assert only.group == (("sex", "female"),)
    assert only.before == pytest.approx(0.3)
    assert only.after == pytest.approx(9 / 11 - 0.6)
    assert only.gain == pytest.approx(0.3 - (9 / 11 - 0.6))


def test_two_dimensions_by_hand() -> None:
    """9 men and 1 woman, 3 young and 7 old: 0.3 and 0.2 off, 0.25 in the mean.

    A young woman: 0.2182 and 7/11 - 0.5 = 0.1364; an old woman: 0.2182 and 8/11 - 0.5 = 0.2273; a young man:
    10/11 - 0.6 = 0.3091 and 0.1364; an old man makes both worse.
    """
    margins = [sexes(9, 1), Margin(AGE, {("young",): 3, ("old",): 7})]
    found = sought(margins, limit=9)
    assert [dict(each.group) for each in found] == [
        {"sex": "female", "age": "young"},
        {"sex": "female", "age": "old"},
        {"sex": "male", "age": "young"},
    ]
    assert [each.after for each in found] == [pytest.approx(n, abs=1e-4) for n in (0.1773, 0.2227, 0.2227)]
    assert all(each.before == pytest.approx(0.25) for each in found)
    assert sought(margins, limit=1) == found[:1]


def test_crossed_dimensions_by_hand() -> None:
    """Of 10, 4 young and 4 old men and 2 young women: 0.2 too many old men, and 0.1 too few of the women each.

    An eleventh, an old woman: 4/11, 4/11, 2/11 and 1/11 are 0.0364, 0.1636, 0.1182 and 0.0091 off: 0.1636 in all. A
    young woman: 4/11, 4/11, 3/11 and 0, 0.0364 + 0.1636 + 0.0273 + 0.1, halved: 0.1636 as well.
    """
    counts = {("male", "young"): 4, ("male", "old"): 4, ("female", "young"): 2}
    found = sought([Margin(CROSSED, counts)], limit=9)
    assert [dict(each.group) for each in found[:2]] == [
        {"sex": "female", "age": "old"},
        {"sex": "female", "age": "young"},
    ]
    assert [(each.before, each.after) for each in found[:2]] == [
        (pytest.approx(0.2), pytest.approx(0.1636, abs=1e-4))
    ] * 2


def test_without_interviews_the_most_common_people_come_first() -> None:
    found = sought([sexes(0, 0)], limit=9)
    assert found == [
        Sought((("sex", "male"),), FARTHEST, pytest.approx(0.4)),
        Sought((("sex", "female"),), FARTHEST, pytest.approx(0.6)),
    ]


def test_nothing_is_advised_where_interviews_resemble_the_people_or_nobody_knows_them() -> None:
    assert sought([sexes(6, 4)], limit=9) == []
    assert sought([], limit=9) == []


def test_interviews_with_people_of_no_cell_say_nothing() -> None:
    unknown = Margin(SEX, {("male",): 9, ("female",): 1, ("",): 50})
    assert sought([unknown], limit=9) == sought([sexes(9, 1)], limit=9)


counts = st.integers(0, 200)


@given(counts, counts, counts, counts)
def test_what_is_sought_is_what_there_are_too_few_of(a: int, b: int, c: int, d: int) -> None:
    margins = [sexes(a, b), Margin(AGE, {("young",): c, ("old",): d})]
    found = sought(margins, limit=9)
    assert [each.after for each in found] == sorted(each.after for each in found)
    for each in found:
        assert 0 <= each.after < each.before <= 1
    for margin in margins:
        for cell, share in margin.reference.shares.items():
            total = sum(margin.counts.values())
            if total and margin.counts[cell] / total > share:
                assert margin.distance(one_more=cell) >= margin.distance()
