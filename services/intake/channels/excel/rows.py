"""One row: from its cells to what a form holds, or to everything that is wrong with it. Pure.

Words that come again and again (choices, units, days) are understood once and remembered.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import msgspec

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

Parse = Callable[[Any], Any]
"""From a cell to its meaning; None for a blank one. Raises CellProblem."""

REMEMBERED_COUNT = 10_000
OWN_FIELDS = ("source_id", "consent", "consent_at", "consent_how", "collected_at", "unit", "point")
_YES = frozenset({"是", "同意", "已同意", "yes", "y", "true", "1", "√", "✓", "✔"})
_NO = frozenset({"否", "不同意", "no", "n", "false", "0", "×", "✗"})
_REMEMBERED_KINDS = frozenset(
    {"line", "moment", "date", "unit", "coded", "consent", "age", "single", "multiple", "ranking", "scale"}
)


class Filled(msgspec.Struct, frozen=True, gc=False, tag=True):
    """What one row told, understood. ``source_id`` and ``unit`` are as in the row, or None."""

    source_id: str | None
    unit: str | None
    point: str | None
    interviewer: str | None
    collected_at: datetime
    consent_at: datetime
    consent_how: str | None
    respondent: dict[str, str | int]
    answers: dict[str, str | int | float | list[str]]
    message: str | None


class Wrong(msgspec.Struct, frozen=True, gc=False, tag=True):
    """What is wrong with a row, each problem with its cell. ``has_consented``: else nothing of it is kept."""

    problems: list[str]
    has_consented: bool


class _Cell(NamedTuple):
    place: int
    id: str
    of_text: Parse
    of_other: Parse


class RowReader:
    """Reads the rows of one workbook, whose ``places`` tell the index of each column that it has."""

    def __init__(
        self, layout: Layout, places: Mapping[str, int], *, default_unit: str | None, epoch: datetime
    ) -> None:
        self._layout = layout
        self._places = places
        self._default_unit = default_unit
        self._parsers = _Parsers(layout, epoch)
        present = [column for column in layout.columns if column.id in places]
        self._questions = [self._cell(column) for column in present if column.is_question]
        own = {*OWN_FIELDS, "interviewer", "message"}
        self._own = [self._cell(column) for column in present if column.id in own]
        self._respondent = [
            self._cell(column) for column in present if not column.is_question and column.id not in own
        ]
        self._with_other = [column.id for column in present if column.other is not None]
        self._points: dict[str, dict[str, str]] = {}

    def read(self, number: int, row: Sequence[Value]) -> Filled | Wrong | None:
        """What row ``number`` (as Excel counts) says; None where it says nothing."""
        problems: dict[str, str] = {}
        own = self._told(self._own, row, number, problems)
        respondent = self._told(self._respondent, row, number, problems)
        answers = self._told(self._questions, row, number, problems)
        if not (own or respondent or answers or problems):
            return None
        for id in self._with_other:
            self._part_words(id, answers, number, problems)
        unit = self._unit(own, number, problems)
        point = self._point(unit, own, number, problems)
        has_consented = self._check_consent(own, number, problems)
        if problems:
            return Wrong(list(problems.values()), has_consented)
        return Filled(
            own.get("source_id"),
            unit,
            point,
            own.get("interviewer"),
            own["collected_at"],
            own["consent_at"],
            own.get("consent_how"),
            respondent,
            answers,
            own.get("message"),
        )

    def _told(
        self, cells: Sequence[_Cell], row: Sequence[Value], number: int, problems: dict[str, str]
    ) -> dict[str, Any]:
        told = {}
        for place, id, of_text, of_other in cells:
            value = row[place]
            if value == "":
                continue
            try:
                meaning = of_text(value) if type(value) is str else of_other(value)
            except CellProblem as problem:
                problems[id] = self._at(id, number, problem)
                continue
            if meaning is not None and meaning != "":
                told[id] = meaning
        return told

    def _part_words(self, id: str, answers: dict[str, Any], number: int, problems: dict[str, str]) -> None:
        answer = answers.get(id)
        if type(answer) is not WithWords:
            return
        answers[id] = answer.chosen
        words_id = f"{id}_other"
        if answers.setdefault(words_id, answer.words) != answer.words:
            problems[id] = self._at(id, number, f"“其他”的内容与“{words_id}”一列所填的不同，请只填一处")

    def _unit(self, own: Mapping[str, Any], number: int, problems: dict[str, str]) -> str | None:
        unit: str | None = own.get("unit", self._default_unit)
        if unit is None:
            problems.setdefault("unit", self._at("unit", number, "没有填责任单位，上传时也没有指明"))
        return unit

    def _point(
        self, unit: str | None, own: Mapping[str, Any], number: int, problems: dict[str, str]
    ) -> str | None:
        text = own.get("point")
        if text is None or unit is None:
            return None
        if unit not in self._points:
            self._points[unit] = codes_by_name(self._layout.points.get(unit, {}))
        point = self._points[unit].get(key_of(text))
        if point is None:
            problems["point"] = self._at("point", number, "这个责任单位没有这个访谈点；请从下拉列表中选择")
        return point

    def _check_consent(self, own: Mapping[str, Any], number: int, problems: dict[str, str]) -> bool:
        if own.get("consent") is not True:
            problems["consent"] = self._at("consent", number, "受访者同意后才能录入；已经同意的请填“是”")
        for id in ("consent_at", "collected_at"):
            if id not in own and id not in problems:
                problems[id] = self._at(id, number, "没有填写")
        return own.get("consent") is True

    def _at(self, id: str, number: int, problem: CellProblem | str) -> str:
        header = self._layout.column(id).title
        place = self._places.get(id)
        return f"{'' if place is None else cell_name(number, place)} {header}：{problem}".strip()

    def _cell(self, column: Column) -> _Cell:
        parse = self._parsers.of(column)
        of_text = _Remembered(parse).__getitem__ if column.kind in _REMEMBERED_KINDS else parse
        return _Cell(self._places[column.id], column.id, of_text, parse)


class _Parsers:
    """What reads the cells of each kind of column."""

    def __init__(self, layout: Layout, epoch: datetime) -> None:
        self._units = codes_by_name(layout.units)
        self._epoch = epoch
        self._zone = ZoneInfo(layout.timezone)

    def of(self, column: Column) -> Parse:
        """The parser of ``column``."""
        choices, limit, epoch = Choices(column), column.limit_chars, self._epoch
        parsers: Mapping[str, Parse] = {
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


class _Remembered(dict[str, Any]):
    """Texts that were understood before; looking one up costs no call."""

    def __init__(self, parse: Parse) -> None:
        super().__init__()
        self._parse = parse

    def __missing__(self, text: str) -> Any:
        meaning = self._parse(text)
        if len(self) < REMEMBERED_COUNT:
            self[text] = meaning
        return meaning


def cell_name(number: int, index: int) -> str:
    """The name of the cell in row ``number`` and the column with this index (from 0), as ``AB12``."""
    return f"{column_name(index)}{number}"


def column_name(index: int) -> str:
    """``A`` for 0, ``AB`` for 27."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def _consent_of(value: Value) -> bool | None:
    if isinstance(value, bool):
        return value
    key = key_of(code_text(value))
    if key in _YES:
        return True
    if not key or key in _NO:
        return None
    raise CellProblem("应填“是”；没有同意的访谈不能录入")


def _unless_blank(value: Value, parse: Parse) -> Any:
    return None if isinstance(value, str) and not plain(value) else parse(value)
