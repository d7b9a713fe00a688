"""One row: from what its cells tell to what a form holds, or to everything that is wrong with it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from services.intake.channels.excel.choices import codes_by_name, key_of
from services.intake.channels.excel.columns import OWN_FIELDS, Layout
from services.intake.channels.excel.errors import WorkbookRefused
from services.intake.channels.excel.names import cell_name
from services.intake.channels.excel.told import (
    Cell,
    CellsOfRow,
    Rows,
    Said,
    SaidMoment,
    SaidWithWords,
    Stray,
    Told,
    Unclear,
)

_STRAY = "有的内容所在的列没有表头；请补上表头或删去这些内容"
_NO_POINT = "这个责任单位没有这个访谈点；请从下拉列表中选择，新设的请单位管理员先登记，再填登记的名称或编号"
_OTHER_CELL = "工作簿的内容异常，无法读取；请用 Excel 或 WPS 打开，另存为 .xlsx 后重新上传。"
_NO_FIELD = ""
_SAYING = frozenset({Said, SaidMoment, SaidWithWords})
_SPECIAL = (SaidWithWords, Unclear, Stray)

_Placed = tuple[int, Any, str, Any]
"""Where a cell is kept (one beyond all where it isn't), its value, and what it says of which field."""


class Filled(msgspec.Struct, frozen=True, gc=False):
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


class Wrong(msgspec.Struct, frozen=True, gc=False):
    """What is wrong with a row, each problem with its cell. ``has_consented``: else nothing of it is kept.

    ``source_id`` and ``unit`` are as in a row that is filled in, as far as they can be told.
    """

    problems: list[str]
    has_consented: bool
    source_id: str | None = None
    unit: str | None = None


class Row(msgspec.Struct, frozen=True, gc=False):
    """One row with content: its cells as they are, and what they mean or what is wrong.

    ``problem`` is the reason that doesn't lie in what its cells tell, if there is one.
    """

    number: int
    cells: list[Any]
    said: Filled | Wrong
    problem: str | None = None


class RowReader:
    """Reads the rows of one workbook, whose ``places`` tell the index of each column that it has.

    ``kept`` are the indexes of the columns whose cells are handed on. ``default_unit`` is for rows that name none.
    """

    def __init__(
        self,
        layout: Layout,
        places: Mapping[str, int],
        kept: Sequence[int],
        default_unit: str | None,
    ) -> None:
        self._layout = layout
        self._places = places
        self._kept = {place: index for index, place in enumerate(kept)}
        self._blank = [""] * (len(self._kept) + 1)
        self._default_unit = default_unit
        self._respondent = [
            column.id for column in layout.columns if not column.is_question and column.id not in OWN_FIELDS
        ]
        self._points: dict[str, dict[str, str]] = {}
        self._known: dict[int, _Placed] = {}
        self._special: dict[int, Told] = {}

    def read(self, group: Rows) -> Iterator[Row]:
        """The rows of ``group`` that say something; groups come in their order. Raises WorkbookRefused."""
        self._learn(group)
        special = self._special
        for row in group.rows:
            cells, told = self._laid_out(row)
            remarks = [special[number] for number in row.cells if number in special] if special else []
            said = self._said(row, told, remarks)
            if said is not None:
                yield Row(row.number, cells, said, row.problem)

    def _learn(self, group: Rows) -> None:
        if group.is_anew:
            self._known.clear()
            self._special.clear()
        for cell in group.cells:
            self._known[cell.number] = self._placed(cell)
            if isinstance(cell.told, _SPECIAL):
                self._special[cell.number] = cell.told

    def _laid_out(self, row: CellsOfRow) -> tuple[list[Any], dict[str, Any]]:
        """Its cells, each in its place, and what they say."""
        known, cells = self._known, self._blank.copy()
        told: dict[str, Any] = {}
        try:
            for number in row.cells:  # every cell of a workbook comes through here
                place, value, id, meaning = known[number]
                cells[place] = value
                told[id] = meaning
        except KeyError:
            raise WorkbookRefused(_OTHER_CELL) from None
        cells.pop()
        told.pop(_NO_FIELD, None)
        return cells, told

    def _placed(self, cell: Cell) -> _Placed:
        told, place = cell.told, self._kept.get(cell.place, len(self._kept))
        if type(told) in _SAYING:
            return place, cell.value, told.id, told.value  # type: ignore[union-attr]
        return place, cell.value, _NO_FIELD, None

    def _said(self, row: CellsOfRow, told: dict[str, Any], remarks: Sequence[Told]) -> Filled | Wrong | None:
        if row.problem is not None:
            return self._wrong([row.problem], told)
        problems = {
            each.id: self._at(each.id, row.number, each.problem)
            for each in remarks
            if isinstance(each, Unclear)
        }
        if not told and not problems:
            return None
        if any(isinstance(each, Stray) for each in remarks):
            return self._wrong([_STRAY], told)
        for each in remarks:
            if isinstance(each, SaidWithWords):
                self._part_words(each, told, row.number, problems)
        unit = self._unit(told, row.number, problems)
        point = self._point(unit, told, row.number, problems)
        self._check_consent(told, row.number, problems)
        return self._wrong(list(problems.values()), told) if problems else self._filled(unit, point, told)

    def _wrong(self, problems: list[str], told: Mapping[str, Any]) -> Wrong:
        unit = told.get("unit", self._default_unit)
        return Wrong(problems, told.get("consent") is True, told.get("source_id"), unit)

    def _filled(self, unit: str | None, point: str | None, told: dict[str, Any]) -> Filled:
        """What is neither ours nor the respondent's are the answers."""
        own = {id: told.pop(id, None) for id in OWN_FIELDS}
        respondent = {id: told.pop(id) for id in self._respondent if id in told}
        return Filled(
            own["source_id"],
            unit,
            point,
            own["interviewer"],
            own["collected_at"],
            own["consent_at"],
            own["consent_how"],
            respondent,
            told,
            own["message"],
        )

    def _part_words(
        self, said: SaidWithWords, told: dict[str, Any], number: int, problems: dict[str, str]
    ) -> None:
        words_id = f"{said.id}_other"
        if told.setdefault(words_id, said.words) != said.words:
            problem = f"“其他”的内容与“{words_id}”一列所填的不同，请只填一处"
            problems[said.id] = self._at(said.id, number, problem)

    def _unit(self, told: Mapping[str, Any], number: int, problems: dict[str, str]) -> str | None:
        unit: str | None = told.get("unit", self._default_unit)
        if unit is None:
            problems.setdefault("unit", self._at("unit", number, "没有填责任单位，上传时也没有指明"))
        return unit

    def _point(
        self, unit: str | None, told: Mapping[str, Any], number: int, problems: dict[str, str]
    ) -> str | None:
        text = told.get("point")
        if text is None or unit is None:
            return None
        if unit not in self._points:
            self._points[unit] = codes_by_name(self._layout.points.get(unit, {}))
        point = self._points[unit].get(key_of(text))
        if point is None:
            problems["point"] = self._at("point", number, _NO_POINT)
        return point

    def _check_consent(self, told: Mapping[str, Any], number: int, problems: dict[str, str]) -> None:
        if told.get("consent") is not True:
            problems["consent"] = self._at("consent", number, "受访者同意后才能录入；已经同意的请填“是”")
        for id in ("consent_at", "collected_at"):
            if id not in told and id not in problems:
                problems[id] = self._at(id, number, "没有填写")

    def _at(self, id: str, number: int, problem: str) -> str:
        header = self._layout.column(id).title
        place = self._places.get(id)
        return f"{'' if place is None else cell_name(number, place)} {header}：{problem}".strip()
