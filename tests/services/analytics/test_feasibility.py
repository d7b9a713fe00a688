"""What a reader can work out."""

import pytest

from services.analytics.feasibility import (
    ContradictoryCounts,
    FeasibleTables,
    Interval,
    Relation,
    feasible_intervals,
    sum_of,
)
from services.analytics.suppression import ANYTHING


def exactly(*values: float | None) -> list[Interval]:
    return [ANYTHING if value is None else Interval(value, value) for value in values]


def test_one_missing_part_of_a_known_sum_is_known():
    tables = FeasibleTables([sum_of(0, [1, 2])], exactly(9, 7, None))
    assert feasible_intervals(tables, [2], window=100) == {2: Interval(2, 2)}


def test_two_missing_parts_can_be_anything_up_to_the_rest():
    tables = FeasibleTables([sum_of(0, [1, 2, 3])], exactly(16, 9, None, None))
    assert feasible_intervals(tables, [2, 3], window=100) == {2: Interval(0, 7), 3: Interval(0, 7)}


def test_an_interval_is_cut_off_at_the_window():
    tables = FeasibleTables([sum_of(0, [1, 2])], exactly(None, None, 40))
    assert feasible_intervals(tables, [1], window=10) == {1: Interval(0, 10)}


def test_a_bound_that_is_not_a_sum_is_used_too():
    """In a multiple choice with at most two choices, two options chosen by all leave none for the third."""
    limit = Relation(((1, 1), (2, 1), (3, 1), (0, -2)), low=-float("inf"))
    tables = FeasibleTables([limit], exactly(20, 20, 20, None))
    assert feasible_intervals(tables, [3], window=100) == {3: Interval(0, 0)}


def test_what_a_reader_learns_later_counts():
    tables = FeasibleTables([sum_of(0, [1, 2])], exactly(9, None, None))
    tables.bound(1, Interval(4, 5))
    assert feasible_intervals(tables, [2], window=100) == {2: Interval(4, 5)}


def test_counts_that_do_not_add_up_are_noticed():
    tables = FeasibleTables([sum_of(0, [1, 2])], exactly(9, 7, 3))
    with pytest.raises(ContradictoryCounts):
        feasible_intervals(tables, [0], window=100)
