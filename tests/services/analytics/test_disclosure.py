"""What is shown of a table, and that nothing more can be worked out."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.analytics.disclosure import CannotProtect, ProtectedCell, Rule, Status, exposed, protect
from services.analytics.feasibility import FeasibleTables, Interval, feasible_intervals
from tests.services.analytics.making import line_of, table_of

RULE = Rule(threshold_count=10, rounding_base=5)
RULES = st.builds(Rule, threshold_count=st.integers(10, 30), rounding_base=st.integers(5, 12))
COUNTS = st.integers(0, 9) | st.integers(0, 40) | st.integers(0, 2000)


@st.composite
def tables(draw: st.DrawFn) -> list[list[int]]:
    columns = draw(st.integers(1, 5))
    row = st.lists(COUNTS, min_size=columns, max_size=columns)
    return draw(st.lists(row, min_size=1, max_size=6))


@given(RULES, st.integers(0, 10_000))
def test_no_number_under_the_threshold_is_published(rule, count):
    published = rule.published(count)
    if count < rule.threshold_count:
        assert published is None
    else:
        assert published is not None
        assert published >= rule.threshold_count
        assert published % rule.rounding_base == 0


@given(RULES, st.integers(10, 10_000))
def test_what_a_number_may_stand_for_is_just_what_is_rounded_to_it(rule, count):
    published = rule.published(count)
    if published is None:
        return
    bound = rule.bound(published)
    around = range(max(0, published - 3 * rule.rounding_base), published + 3 * rule.rounding_base)
    meant = [each for each in around if rule.published(each) == published]
    assert (bound.low, bound.high) == (min(meant), max(meant))


def test_a_number_is_rounded_to_the_nearest_multiple():
    shown = {count: RULE.published(count) for count in (9, 10, 12, 13, 17, 18, 9953)}
    assert shown == {9: None, 10: 10, 12: 10, 13: 15, 17: 15, 18: 20, 9953: 9955}


def test_a_tie_is_rounded_up():
    assert Rule(10, 10).published(25) == 30


@settings(max_examples=150, deadline=None)
@given(tables(), RULES)
def test_no_small_count_is_shown_and_none_can_be_worked_out(inner, rule):
    counts, relations = table_of(inner)
    try:
        table = protect(counts, relations, rule)
    except CannotProtect:
        return
    for count, cell in zip(counts, table, strict=True):
        assert (cell.status is Status.PRIMARY) == (count < rule.threshold_count)
        assert cell.count == (rule.published(count) if cell.status is Status.SHOWN else None)
    for interval in worked_out(table, relations, rule).values():
        assert interval.low == pytest.approx(0, abs=1e-5)
        assert interval.high >= rule.threshold_count - 1e-5


def worked_out(table, relations, rule):
    """The intervals of the primary cells, from what is published alone."""
    bounds = [Interval(0, float("inf")) if cell.count is None else rule.bound(cell.count) for cell in table]
    primary = [number for number, cell in enumerate(table) if cell.status is Status.PRIMARY]
    found = {}
    for cell in primary:  # each on its own, with no short cuts
        found |= feasible_intervals(FeasibleTables(relations, bounds), [cell], window=10_000)
    return found


@settings(max_examples=50, deadline=None)
@given(tables())
def test_the_same_counts_give_the_same_table(inner):
    counts, relations = table_of(inner)
    try:
        first = protect(counts, relations, RULE)
    except CannotProtect:
        with pytest.raises(CannotProtect):
            protect(counts, relations, RULE)
    else:
        assert protect(counts, relations, RULE) == first


@settings(max_examples=50, deadline=None)
@given(tables(), st.data())
def test_an_empty_cell_looks_like_a_small_one(inner, data):
    """With every number and every sum in the same rounding interval, nothing shown may differ by why."""
    counts, relations = table_of(inner)
    try:
        table = protect(counts, relations, RULE)
    except CannotProtect:
        return
    for count, cell in zip(counts, table, strict=True):
        if count == 0:
            assert cell == ProtectedCell(Status.PRIMARY, None)


def test_a_single_small_cell_takes_others_with_it():
    counts, relations = table_of([[400, 3], [500, 600]])
    table = protect(counts, relations, RULE)
    statuses = [str(cell.status) for cell in table]
    assert statuses.count("primary") == 1
    assert "complementary" in statuses


def test_small_counts_are_withheld_before_large_ones_and_parts_before_totals():
    counts, relations = line_of([0, 498, 38])
    table = protect(counts, relations, RULE)
    assert [str(cell.status) for cell in table] == ["primary", "shown", "complementary", "shown"]


def test_a_total_stays_where_a_part_of_the_same_size_can_be_withheld():
    counts, relations = line_of([0, 0, 18])
    assert [cell.count for cell in protect(counts, relations, RULE)] == [None, None, None, 20]


@settings(max_examples=60, deadline=None)
@given(tables())
def test_no_withheld_cell_could_be_shown(inner):
    counts, relations = table_of(inner)
    try:
        table = protect(counts, relations, RULE)
    except CannotProtect:
        return
    for number, cell in enumerate(table):
        if cell.status is Status.COMPLEMENTARY:
            more = list(table)
            more[number] = ProtectedCell(Status.SHOWN, RULE.published(counts[number]))
            assert exposed(more, relations, RULE)


def test_a_table_without_small_counts_is_shown_whole():
    counts, relations = table_of([[40, 30], [50, 60]])
    assert all(cell.status is Status.SHOWN for cell in protect(counts, relations, RULE))


def test_a_table_that_would_be_empty_is_refused():
    counts, relations = table_of([[1, 2], [3, 0]])
    with pytest.raises(CannotProtect):
        protect(counts, relations, RULE)


def test_the_audit_names_the_cell_that_can_be_worked_out():
    counts, relations = line_of([3, 500])
    shown = [RULE.published(count) for count in counts]
    naive = [ProtectedCell(Status.SHOWN if value else Status.PRIMARY, value) for value in shown]
    assert exposed(naive, relations, RULE) == {0: Interval(1, 9)}


def test_the_audit_names_the_cell_that_can_not_be_empty():
    counts, relations = line_of([9, 500])
    shown = [RULE.published(count) for count in counts]
    naive = [ProtectedCell(Status.SHOWN if value else Status.PRIMARY, value) for value in shown]
    assert exposed(naive, relations, RULE) == {0: Interval(6, 10)}


def test_the_audit_knows_that_a_shown_number_is_not_under_the_threshold():
    """10 stands for 10 to 12, not for 8 to 12: 57 - 10 - 38 leaves 9 for the withheld cell, not 11."""
    counts, relations = line_of([12, 3, 40])
    shown = [RULE.published(count) for count in counts]
    naive = [ProtectedCell(Status.SHOWN if value else Status.PRIMARY, value) for value in shown]
    assert exposed(naive, relations, RULE) == {1: Interval(0, 9)}
