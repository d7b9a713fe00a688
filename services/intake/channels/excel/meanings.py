"""What one cell means, by its column; the same in every row, whatever stands beside it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from services.intake.channels.excel.cells import (
    CellProblem,
    Value,
    age_of,
    code_text,
    day_of,
    decimal_of,
    digits_of,
    integer_of,
    line_of,
    moment_of,
    plain,
    text_of,
)
from services.intake.channels.excel.choices import Choices, WithWords, codes_by_name, key_of
from services.intake.channels.excel.columns import Column, Layout
from services.intake.channels.excel.told import (
    Cell,
    Nothing,
    Said,
    SaidMoment,
    SaidWithWords,
    Stray,
    Told,
    Unclear,
)

_Parse = Callable[[Any], Any]
"""From a cell to its meaning; None for a blank one. Raises CellProblem."""

_YES = frozenset({"是", "同意", "已同意", "yes", "y", "true", "1", "√", "✓", "✔"})
_NO = frozenset({"否", "不同意", "no", "n", "false", "0", "×", "✗"})


class Meanings:
    """Of the cells of one workbook, whose ``places`` tell the index of each column that it has.

    ``passed_over`` are the indexes of columns that say nothing to us. ``epoch``: the workbook's day 0.
    """

    def __init__(
        self, layout: Layout, places: Mapping[str, int], passed_over: Sequence[int], epoch: datetime
    ) -> None:
        parsers = _Parsers(layout, epoch)
        columns = [column for column in layout.columns if column.id in places]
        self._parsers = {places[column.id]: (column.id, parsers.of(column)) for column in columns}
        self._passed_over = frozenset(passed_over)

    def understand(self, cells: Iterable[Cell]) -> None:
        """Note with each of them what it tells."""
        for cell in cells:
            if cell.told is None:
                cell.told = self._told(cell)

    def _told(self, cell: Cell) -> Told:
        known = self._parsers.get(cell.place)
        if known is None:
            return Nothing() if cell.place in self._passed_over else Stray()
        id, parse = known
        try:
            meaning = parse(cell.value)
        except CellProblem as problem:
            return Unclear(id, str(problem))
        if meaning is None or meaning == "":
            return Nothing()
        if isinstance(meaning, WithWords):
            return SaidWithWords(id, meaning.chosen, meaning.words)
        return SaidMoment(id, meaning.astimezone(UTC)) if isinstance(meaning, datetime) else Said(id, meaning)


class _Parsers:
    """What reads the cells of each kind of column."""

    def __init__(self, layout: Layout, epoch: datetime) -> None:
        self._units = codes_by_name(layout.units)
        self._epoch = epoch
        self._zone = ZoneInfo(layout.timezone)

    def of(self, column: Column) -> _Parse:
        """The parser of ``column``."""
        choices, limit, epoch = Choices(column), column.limit_chars, self._epoch
        parsers: Mapping[str, _Parse] = {
            "digits": lambda value: digits_of(value, limit),
            "consent": _consent_of,
            "moment": lambda value: _unless_blank(value, self._moment_of),
            "line": lambda value: line_of(value, limit),
            "text": lambda value: text_of(value, limit),
            "unit": self._unit_of,
            "point": lambda value: line_of(value, limit),
            "coded": choices.one,
            "age": lambda value: _unless_blank(value, age_of),
            "single": choices.one,
            "multiple": choices.several,
            "ranking": choices.several,
            "scale": choices.point,
            "integer": lambda value: _unless_blank(value, integer_of),
            "decimal": lambda value: _unless_blank(value, decimal_of),
            "date": lambda value: _unless_blank(value, lambda some: day_of(some, epoch)),
        }
        return parsers[column.kind]

    def _moment_of(self, value: Value) -> datetime:
        moment = moment_of(value, self._epoch)
        return moment if moment.tzinfo is not None else moment.replace(tzinfo=self._zone)

    def _unit_of(self, value: Value) -> str | None:
        key = key_of(code_text(value))
        if key and key not in self._units:
            raise CellProblem("没有这个责任单位；请从下拉列表中选择")
        return self._units.get(key)


def _consent_of(value: Value) -> bool | None:
    if isinstance(value, bool):
        return value
    key = key_of(code_text(value))
    if key in _YES:
        return True
    if not key or key in _NO:
        return None
    raise CellProblem("应填“是”；没有同意的访谈不能录入")


def _unless_blank(value: Value, parse: _Parse) -> Any:
    if not isinstance(value, str):
        return parse(value)
    text = plain(value)
    return parse(text) if text else None
