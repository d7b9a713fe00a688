"""From the rows of a sheet to the matters that they are: cells read, a call's rows counted. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import tzinfo
from typing import Any, NamedTuple

import orjson

from services.intake.channels.hotline import cells
from services.intake.channels.hotline.model import Call, Told, source_id
from services.intake.channels.hotline.sheet import NAMES, BadRow, Row
from shared.campaign import Campaign
from shared.errors import FieldProblem, Invalid
from shared.problems import parse

_COLUMN_OF_FIELD = {
    "matters[0].narrative": "narrative",
    "matters[0].category": "category",
    "matters[0].unit": "unit",
    "message": "narrative",
    "collected_at": "started_at",
    "respondent.phone": "caller.number",
    "respondent.name": "caller.name",
    "respondent.employer": "caller.employer",
    "interviewer": "agent",
}


class ReadRow(NamedTuple):
    """A row: its matter, or what is wrong with it. ``place``: the how many-th of its call's rows it is."""

    row: Row | BadRow
    place: int
    said: Told | Invalid


class Reading:
    """Reads the rows of one sheet. It counts a call's rows, so it sees each row once, in order."""

    def __init__(self, campaign: Campaign, told: Callable[[Call, int], Told]) -> None:
        self._zone: tzinfo = campaign.timezone
        self._units = {unit.name: id for id, unit in campaign.units.items()}
        self._told = told
        self._seen: Counter[str] = Counter()

    def read(self, row: Row | BadRow) -> ReadRow:
        """The row's matter, or what is wrong with it. One that is wrong counts all the same: mending it renumbers
        none."""
        if isinstance(row, BadRow):
            return ReadRow(row, 0, Invalid(f"{row.reason}。", code="bad-row"))
        id = row.cells.get("id", "")
        self._seen[id] += 1
        return self.read_at(row, self._seen[id])

    def read_at(self, row: Row, place: int) -> ReadRow:
        """The same for the row at ``place`` among its call's."""
        try:
            return ReadRow(row, place, self._matter(row.cells, place))
        except Invalid as error:
            return ReadRow(row, place, in_the_sheets_words(error))

    def source_id(self, read: ReadRow) -> str | None:
        """The id that the row's matter has, or would have were it right; None where it can't be told."""
        if isinstance(read.said, Told):
            return read.said.form.source_id
        if isinstance(read.row, BadRow):
            return None
        values, _ = self._values(read.row.cells)
        return source_id(values["id"], values.get("number", read.place)) if "id" in values else None

    def _matter(self, row: Mapping[str, str], place: int) -> Told:
        """Raises Invalid."""
        values, problems = self._values(row)
        number = values.pop("number", place)
        if not 1 <= number <= 999:
            problems.append(FieldProblem("number", "应为 1 至 999 的整数"))
        try:
            told = self._told(parse(orjson.dumps(_nested(values)), Call), number)
        except Invalid as error:
            known = {problem.field for problem in problems}
            problems += [problem for problem in _by_column(error) if problem.field not in known]
            raise Invalid("这一行有误。", problems) from None
        if problems:
            raise Invalid("这一行有误。", problems)
        return told

    def _values(self, row: Mapping[str, str]) -> tuple[dict[str, Any], list[FieldProblem]]:
        values: dict[str, Any] = {}
        problems = []
        for column, cell in row.items():
            try:
                values[column] = self._value(column, cell)
            except ValueError as error:
                problems.append(FieldProblem(column, str(error)))
        return values, problems

    def _value(self, column: str, cell: str) -> str | int:
        if column in ("started_at", "consent.given_at"):
            return cells.moment(cell, self._zone).isoformat()
        if column == "duration_s":
            return cells.seconds(cell)
        if column == "number":
            return cells.whole(cell)
        if column == "caller.number":
            return cells.phone(cell)
        if column in ("id", "agent"):
            return cells.text(cell)
        return self._units.get(cell, cell) if column == "unit" else cell


def in_the_sheets_words(error: Invalid) -> Invalid:
    """``error`` with the columns' names for the fields'."""
    if not error.problems:
        return error
    problems = [
        FieldProblem(NAMES[each.field][0] if each.field in NAMES else each.field, each.message)
        for each in _by_column(error)
    ]
    return Invalid("这一行有误，请按所列各列修改后重新上传。", problems, code=error.code)


def _nested(values: Mapping[str, Any]) -> dict[str, Any]:
    """As a call of one matter; what a row leaves out is left out."""
    call: dict[str, Any] = {"caller": {}, "consent": {}, "matters": [{}]}
    for column, value in values.items():
        outer, _, inner = column.partition(".")
        if inner:
            call[outer][inner] = value
        elif column in ("narrative", "category", "unit"):
            call["matters"][0][column] = value
        else:
            call[column] = value
    return call


def _by_column(error: Invalid) -> Iterator[FieldProblem]:
    for problem in error.problems:
        yield FieldProblem(_COLUMN_OF_FIELD.get(problem.field, problem.field), problem.message)
