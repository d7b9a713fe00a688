"""Importing call records row by row: each row is a matter, with a receipt or the reason why not."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from datetime import tzinfo
from functools import partial
from itertools import islice
from typing import Any, NamedTuple

import orjson

from services.intake.channels.hotline import cells
from services.intake.channels.hotline.definition import Hotline
from services.intake.channels.hotline.model import Call, Told
from services.intake.channels.hotline.sheet import NAMES, BadRow, Row, open_sheet
from services.intake.channels.hotline.taking_in import TakingIn
from services.intake.handlers import Answer
from shared.access import Principal
from shared.campaign import Campaign
from shared.errors import DafangtanError, FieldProblem, Invalid, RetryLater, TooLarge
from shared.problems import parse

IMPORT_LIMIT_BYTES = 10 * 1024 * 1024
ROWS_AT_ONCE = 200

_COLUMN_OF_FIELD = {
    "matters[0].narrative": "narrative",
    "matters[0].category": "category",
    "matters[0].unit": "unit",
    "message": "narrative",
    "respondent.phone": "caller.number",
    "respondent.name": "caller.name",
    "respondent.employer": "caller.employer",
    "interviewer": "agent",
}


class RowAnswer(NamedTuple):
    """What became of a row, by its number in the sheet."""

    row: int
    answer: Answer


_Read = tuple[int, Told | DafangtanError]


class Importing:
    """Imports for every campaign that has a hotline."""

    def __init__(self, taking_in: TakingIn, campaigns: Mapping[str, Campaign]) -> None:
        self._taking_in = taking_in
        self._campaigns = campaigns

    async def open(
        self, principal: Principal, campaign: str, content: bytes
    ) -> AsyncIterator[Sequence[RowAnswer]]:
        """The answers to the rows of ``content``, in order, some at a time.

        Raises Invalid, before any row is taken in, for what can't be read as a sheet; TooLarge, NotFound,
        NotAllowed. When the store or the log goes away in the midst, the rows that weren't taken in are answered
        so: the same file again adds only them.
        """
        hotline = self._taking_in.hotline(principal, campaign)
        if len(content) > IMPORT_LIMIT_BYTES:
            raise TooLarge(f"文件超过 {IMPORT_LIMIT_BYTES // 1024 // 1024} MB，请按日期分成几个文件上传。")
        rows = await asyncio.to_thread(open_sheet, content)
        read = _Reading(self._campaigns[campaign], partial(self._told, campaign, hotline))
        return self._answers(principal, rows, read)

    def _told(self, campaign: str, hotline: Hotline, call: Call, number: int) -> Told:
        return self._taking_in.told(campaign, call, 0, number, hotline)

    async def _answers(
        self, principal: Principal, rows: Iterator[Row | BadRow], reading: _Reading
    ) -> AsyncIterator[Sequence[RowAnswer]]:
        away: RetryLater | None = None
        while some := await asyncio.to_thread(
            lambda: [reading.read(row) for row in islice(rows, ROWS_AT_ONCE)]
        ):
            told = [each for _, each in some if isinstance(each, Told)]
            answers: Sequence[Answer] = []
            if away is None:
                try:
                    answers = await self._taking_in.matters(principal, told)
                except RetryLater as error:
                    away = error
            given = iter([away] * len(told) if away is not None else answers)
            yield [
                RowAnswer(row, _in_the_sheets_words(next(given)) if isinstance(each, Told) else each)
                for row, each in some
            ]


class _Reading:
    """Reads rows into matters. It counts a call's rows, so it sees each row once, in order."""

    def __init__(self, campaign: Campaign, told: Callable[[Call, int], Told]) -> None:
        self._zone: tzinfo = campaign.timezone
        self._units = {unit.name: id for id, unit in campaign.units.items()}
        self._told = told
        self._seen: Counter[str] = Counter()

    def read(self, row: Row | BadRow) -> _Read:
        """The row's matter, or what is wrong with it."""
        if isinstance(row, BadRow):
            return row.number, Invalid(f"{row.reason}。", code="bad-row")
        try:
            return row.number, self._matter(row.cells)
        except Invalid as error:
            answer = _in_the_sheets_words(error)
            assert isinstance(answer, Invalid)
            return row.number, answer

    def _matter(self, row: Mapping[str, str]) -> Told:
        """Raises Invalid. A row that is wrong counts all the same, so that mending it renumbers none."""
        self._seen[row.get("id", "")] += 1
        values, problems = self._values(row)
        number = values.pop("number", self._seen[row.get("id", "")])
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


def _in_the_sheets_words(answer: Answer) -> Answer:
    """``answer`` with the columns' names for the fields' where something is wrong."""
    if not isinstance(answer, Invalid) or not answer.problems:
        return answer
    problems = [
        FieldProblem(NAMES[each.field][0] if each.field in NAMES else each.field, each.message)
        for each in _by_column(answer)
    ]
    return Invalid("这一行有误，请按所列各列修改后重新上传。", problems, code=answer.code)
