"""Tables that others published, with what suppression has to achieve there. Data beside the project."""

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any

import pytest

from services.analytics.disclosure import Rule, exposed, protect
from services.analytics.feasibility import FeasibleTables, Interval, Relation, feasible_intervals, sum_of
from services.analytics.suppression import ANYTHING, complementary
from tests.public_cases import each_case, public_cases

SUPPRESSION: list[dict[str, Any]] = public_cases("sdc", "suppression_tables.json") or []
ROUNDING = {case["id"]: case for case in public_cases("sdc", "rounding.json") or ()}
needs_rounding_cases = pytest.mark.skipif(not ROUNDING, reason="no public cases: rounding was not run")


def by_id(cases: list[dict[str, Any]]) -> list[Any]:
    return each_case(cases or None, "protected tables")


class Table:
    """A case's cells under numbers, and its hierarchies as sums."""

    def __init__(self, case: Mapping[str, Any]) -> None:
        self.counts = [cell[-1] for cell in case["cells"]]
        self.number = {tuple(cell[:-1]): number for number, cell in enumerate(case["cells"])}
        self.relations = list(self._sums(case))

    def _sums(self, case: Mapping[str, Any]) -> Iterator[Relation]:
        dimensions = case["dimensions"]
        names = [sorted({cell[place] for cell in self.number}) for place in range(len(dimensions))]
        for place, dimension in enumerate(dimensions):
            for hierarchy in case["hierarchies"][dimension]:
                for other in product(*names[:place], [None], *names[place + 1 :]):
                    line = [
                        self.number[(*other[:place], name, *other[place + 1 :])]
                        for name in (hierarchy["total"], *hierarchy["of"])
                    ]
                    yield sum_of(line[0], line[1:])

    def numbers(self, cells: list[list[str]]) -> list[int]:
        return [self.number[tuple(cell)] for cell in cells]

    def intervals(self, suppressed: set[int], of: list[int]) -> Mapping[int, Interval]:
        """With the other cells published exactly."""
        bounds = [
            ANYTHING if cell in suppressed else Interval(count, count)
            for cell, count in enumerate(self.counts)
        ]
        return feasible_intervals(FeasibleTables(self.relations, bounds), of, window=sum(self.counts))


@pytest.mark.parametrize("case", by_id([case for case in SUPPRESSION if "min_width" in case]))
def test_complementary_cells_protect_the_primary_ones_and_are_few(case):
    table = Table(case)
    primary = table.numbers(case["primary"])
    exact = [Interval(count, count) for count in table.counts]
    goal = max(case["min_width"], *(table.counts[cell] for cell in primary))
    withheld = complementary(table.counts, table.relations, primary, exact, goal)
    suppressed = {*primary, *withheld}
    for interval in table.intervals(suppressed, primary).values():
        assert interval.high - interval.low >= case["min_width"] - 1e-6
    assert len(suppressed) <= 2 * case["fewest_suppressed"]


@pytest.mark.parametrize("case", by_id([case for case in SUPPRESSION if "published_patterns" in case]))
def test_the_audit_finds_the_intervals_that_others_found(case):
    table = Table(case)
    for pattern in case["published_patterns"]:
        suppressed = table.numbers(pattern["suppressed"])
        found = table.intervals(set(suppressed), suppressed)
        for *cell, low, high in pattern["intervals"]:
            interval = found[table.number[tuple(cell)]]
            assert (interval.low, interval.high) == pytest.approx((low, high), abs=1e-6)


@pytest.mark.parametrize("case", by_id([case for case in SUPPRESSION if "min_width" in case]))
def test_the_audit_finds_what_primary_suppression_alone_gives_away(case):
    table = Table(case)
    primary = table.numbers(case["primary"])
    found = table.intervals(set(primary), primary)
    for *cell, low, high in case["intervals_if_only_primary_suppressed"]:
        interval = found[table.number[tuple(cell)]]
        assert (interval.low, interval.high) == pytest.approx((low, high), abs=1e-6)


@pytest.mark.parametrize("case", by_id([case for case in SUPPRESSION if case["id"] == "sdctable-singletons"]))
def test_who_knows_his_own_cell_learns_no_other_one(case):
    """Under the campaign's threshold the whole table is withheld; with its own, the neighbours must still vary."""
    table = Table(case)
    small = [cell for cell, count in enumerate(table.counts) if count < 2]
    exact = [Interval(count, count) for count in table.counts]
    withheld = complementary(table.counts, table.relations, small, exact, 2)
    suppressed = {*small, *withheld}
    singletons = [cell for cell in suppressed if table.counts[cell] == 1]
    for known in singletons:
        others = [cell for cell in small if cell != known]
        for interval in table.intervals(suppressed - {known}, others).values():
            assert interval.high - interval.low > 0


@needs_rounding_cases
def test_the_10_5_rule_is_the_published_one():
    case = ROUNDING["ons-10-5"]
    rule = Rule(case["threshold"], case["base"])
    assert [[count, rule.published(count)] for count, _ in case["map"]] == case["map"]


@needs_rounding_cases
def test_rounding_is_conventional_where_no_threshold_is_in_the_way():
    case = ROUNDING["handbook-base5"]
    rule = Rule(0, case["base"])
    assert [[rule.published(count) for count in row] for row in case["original"]] == case["conventional"]


@needs_rounding_cases
def test_a_missing_part_is_bounded_by_rounding_intervals():
    trap = next(trap for trap in ROUNDING["own-traps"]["cases"] if trap["name"] == "total of suppressed")
    rule = Rule(0, ROUNDING["own-traps"]["base"])
    published = [*trap["published"], trap["published_total"]]
    bounds = [ANYTHING if value is None else rule.bound(value) for value in published]
    tables = FeasibleTables([sum_of(3, [0, 1, 2])], bounds)
    low, high = trap["interval"]
    assert feasible_intervals(tables, [1], window=100) == {1: Interval(low, high)}


@needs_rounding_cases
def test_a_row_with_all_answers_in_one_category_does_not_show_it():
    trap = next(trap for trap in ROUNDING["own-traps"]["cases"] if trap["name"] == "zero row")
    rule = Rule(10, 5)
    counts = [*trap["rows"], sum(trap["rows"])]
    table = protect(counts, [sum_of(3, [0, 1, 2])], rule)
    assert [cell.count for cell in table] == [None, None, None, 20]
    assert not exposed(table, [sum_of(3, [0, 1, 2])], rule)
