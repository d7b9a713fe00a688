"""What may be asked for as a table, and which categories can occur in it. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations

from shared.campaign import Campaign, Variable
from shared.errors import FieldProblem, Invalid

ROWS_LIMIT = 2
COLUMNS_LIMIT = 1
EVERYTHING = "*"


class Population(StrEnum):
    """Which submissions are counted: by how they were collected."""

    ALL = "all"
    OFFLINE = "offline"
    ONLINE = "online"


@dataclass(frozen=True, slots=True)
class TableQuery:
    """Variables by name. A submission is counted when in every filter it has one of the codes."""

    campaign: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    filters: Mapping[str, tuple[str, ...]]
    population: Population = Population.ALL

    @property
    def variables(self) -> frozenset[str]:
        """Every variable that the answer depends on; a grant has to cover them all."""
        return frozenset((*self.rows, *self.columns, *self.filters))


def check_query(query: TableQuery, campaign: Campaign) -> None:
    """Raises Invalid with every problem: which field, and what is allowed there."""
    problems = list(_shape_problems(query))
    problems += _name_problems(query, campaign.variables())
    if not problems:
        problems += _combination_problems(query, campaign)
    if problems:
        raise Invalid("这张表无法生成，请按提示修改。", problems)


def _shape_problems(query: TableQuery) -> Iterator[FieldProblem]:
    if not query.rows and not query.columns:
        yield FieldProblem(
            "rows", f"rows（0 至 {ROWS_LIMIT} 个变量）和 columns（0 至 {COLUMNS_LIMIT} 个）不能都为空"
        )
    if len(query.rows) > ROWS_LIMIT:
        yield FieldProblem("rows", f"最多 {ROWS_LIMIT} 个变量，收到 {len(query.rows)} 个")
    if len(query.columns) > COLUMNS_LIMIT:
        yield FieldProblem("columns", f"最多 {COLUMNS_LIMIT} 个变量，收到 {len(query.columns)} 个")


def _name_problems(query: TableQuery, variables: Mapping[str, Variable]) -> Iterator[FieldProblem]:
    names = "、".join(variables)
    for field, name in _named_fields(query):
        if name not in variables:
            yield FieldProblem(field, f"没有这个变量；可用的有：{names}")
    for name, codes in query.filters.items():
        labels = variables[name].labels if name in variables else {}
        if not codes:
            yield FieldProblem(f"filters.{name}", "至少给出一个代码，或去掉这一项筛选")
        for place, code in enumerate(codes):
            if labels and code not in labels:
                yield FieldProblem(f"filters.{name}[{place}]", f"没有这个代码；可用的有：{'、'.join(labels)}")


def _named_fields(query: TableQuery) -> Iterator[tuple[str, str]]:
    for field, names in (("rows", query.rows), ("columns", query.columns)):
        for place, name in enumerate(names):
            yield f"{field}[{place}]", name
    for name in query.filters:
        yield f"filters.{name}", name


def _combination_problems(query: TableQuery, campaign: Campaign) -> Iterator[FieldProblem]:
    used = [(field, name) for field, name in _named_fields(query) if not field.startswith("filters.")]
    for (_, first), (field, second) in combinations(used, 2):
        if first == second:
            yield FieldProblem(field, f"变量“{second}”重复")
        elif _is_one_determined(first, second):
            yield FieldProblem(
                field, f"不能与“{first}”列在同一张表：知道其中一个就知道另一个，或两者不会同时有答案"
            )
    variables = campaign.variables()
    for field, name in used:
        if variables[name].is_multiple:
            yield from _multiple_problems(query, field, name)


def _multiple_problems(query: TableQuery, field: str, name: str) -> Iterator[FieldProblem]:
    if query.rows != (name,):
        yield FieldProblem(field, f"多选题“{name}”只能作为 rows 中唯一的变量")
    if name in query.filters:
        yield FieldProblem(f"filters.{name}", f"多选题“{name}”已用作行变量，不能同时用来筛选")


def _is_one_determined(first: str, second: str) -> bool:
    """Whether most combinations can't occur at all: a reader would know their cells to be empty, and from
    these compute others. A unit has one quota line, a channel one mode, a question one edition."""
    editions = {_edition_of(first), _edition_of(second)}
    if len(editions) == 2:
        return "" not in editions or "edition" in (first, second)
    return {first, second} in ({"unit", "quota_line"}, {"channel", "mode"})


def _edition_of(variable: str) -> str:
    """The edition that asks the question; empty for a variable that isn't a question."""
    edition, dot, _ = variable.partition(".")
    return edition if dot else ""


def possible_codes(
    query: TableQuery, campaign: Campaign, granted_units: Collection[str]
) -> Mapping[str, tuple[str, ...]]:
    """The codes that can occur in the query's table, in the order of the definition: for the variables asked
    for, and for those that filters, population or grant narrow.

    A category that is ruled out isn't part of the table: its cells would be known to be empty. Raises Invalid
    when nothing is left.
    """
    variables = campaign.variables()
    possible = {name: set(variable.labels) for name, variable in variables.items()}
    for name, codes in query.filters.items():
        possible[name] &= set(codes)
    if EVERYTHING not in granted_units:
        possible["unit"] &= set(granted_units)
    if query.population is not Population.ALL:
        possible["mode"] &= {str(query.population)}
    for edition in {_edition_of(name) for name in query.variables} - {""}:
        possible["edition"] &= {edition}
    _tie(possible, "unit", "quota_line", {unit.id: unit.quota_line for unit in campaign.units.values()})
    _tie(possible, "channel", "mode", {channel.id: channel.mode for channel in campaign.channels.values()})
    narrowed = {name for name, codes in possible.items() if len(codes) < len(variables[name].labels)}
    if EVERYTHING not in granted_units:
        narrowed.add("unit")
    names = dict.fromkeys((*query.rows, *query.columns, *query.filters, *sorted(narrowed)))
    return {name: _in_order(variables[name], possible[name]) for name in names}


def _tie(possible: dict[str, set[str]], fine: str, coarse: str, coarse_of: Mapping[str, str | None]) -> None:
    """Leave only what agrees with each other, where a code of ``fine`` has one of ``coarse``, or none: then it
    agrees with anything as long as nothing of ``coarse`` is ruled out."""
    agreeing: set[str | None] = {*possible[coarse]}
    if possible[coarse] >= {code for code in coarse_of.values() if code is not None}:
        agreeing.add(None)
    possible[fine] = {code for code in possible[fine] if coarse_of[code] in agreeing}
    possible[coarse] &= {code for each in possible[fine] if (code := coarse_of[each]) is not None}


def _in_order(variable: Variable, codes: Collection[str]) -> tuple[str, ...]:
    if not codes:
        reason = f"筛选条件、统计范围和获准的责任单位合在一起，“{variable.title}”没有可用的类别"
        raise Invalid("这张表无法生成，请按提示修改。", [FieldProblem("filters", reason)])
    return tuple(code for code in variable.labels if code in codes)
