"""Headers, counts, and everything that is known to hold between the cells."""

import numpy as np
import pytest

from services.analytics.feasibility import Relation, sum_of
from services.analytics.layout import Category, Layout, flat_axis, nested_axis, options_axis, single_axis

TWO = [Category("a", "甲"), Category("b", "乙")]
THREE = [Category("x", "一"), Category("y", "二"), Category("z", "三")]


def test_in_a_two_way_table_every_row_and_every_column_adds_up():
    """Cells are numbered row by row: two rows and their total, two columns and their total."""
    sums = [
        sum_of(6, (0, 3)),
        sum_of(7, (1, 4)),
        sum_of(8, (2, 5)),
        sum_of(2, (0, 1)),
        sum_of(5, (3, 4)),
        sum_of(8, (6, 7)),
    ]
    assert set(Layout(flat_axis(TWO), flat_axis(TWO)).relations()) == set(sums)


def test_in_nested_rows_the_inner_ones_add_up_to_subtotals_and_these_to_the_total():
    rows = nested_axis(TWO, THREE)
    assert set(rows.relations) == {sum_of(0, (1, 2, 3)), sum_of(4, (5, 6, 7)), sum_of(8, (0, 4))}


def test_each_option_splits_those_who_answered_and_all_together_are_bounded():
    rows = options_axis(THREE, 2)
    splits = {sum_of(6, (0, 1)), sum_of(6, (2, 3)), sum_of(6, (4, 5))}
    chosen = ((0, 1), (2, 1), (4, 1))
    at_least_one = Relation((*chosen, (6, -1)), 0, np.inf)
    at_most_two = Relation((*chosen, (6, -2)), -np.inf, 0)
    assert set(rows.relations) == {*splits, at_least_one, at_most_two}


@pytest.mark.parametrize(
    ("layout", "by_category", "counts"),
    [
        (Layout(single_axis(), flat_axis(TWO)), [[3, 4]], [3, 4, 7]),
        (Layout(flat_axis(TWO), single_axis()), [[3], [4]], [3, 4, 7]),
        (Layout(flat_axis(TWO), flat_axis(TWO)), [[1, 2], [3, 4]], [1, 2, 3, 3, 4, 7, 4, 6, 10]),
        (Layout(nested_axis(TWO, TWO), single_axis()), [[1], [2], [3], [4]], [3, 1, 2, 7, 3, 4, 10]),
        (Layout(options_axis(TWO, 2), single_axis()), [[5], [1], [2], [4]], [5, 1, 2, 4, 6]),
    ],
)
def test_totals_are_counted_from_the_categories(layout, by_category, counts):
    assert layout.counts(np.array(by_category)) == counts
    assert layout.cell_count == len(counts)
