"""Finds the row of headers and what each column is, wherever it was moved to. Pure.

| a workbook has | it is read so |
| --- | --- |
| columns in another order | each by its header: ``words（id）``, the id alone, or the words alone |
| titles above the headers | passed over: the headers are the row, of the first 20, that names most columns |
| a second row of headers under the first | passed over when it names the same columns again |
| the columns of a returned workbook (结果, 回执, 撤回码, 原因) | passed over |
| a column that isn't the template's | refused, so that no answer is lost unseen |
| a column twice, or a needed one missing | refused |
| content in a column without a header | its rows are refused |
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import msgspec

from services.intake.channels.excel.cells import Value, nfkc
from services.intake.channels.excel.columns import RESULT_HEADERS, Layout
from services.intake.channels.excel.errors import WorkbookRefused
from services.intake.channels.excel.names import column_name

LOOKED_AT_COUNT = 20
"""Rows among which the headers have to be."""
LEAST_COUNT = 3
"""Columns that a row has to name for it to be the headers."""
_LISTED_COUNT = 10

_IN_BRACKETS = re.compile(r".*\(([a-z][a-z0-9_]*)\)", re.DOTALL)
_RESULT = "result"


class Header(msgspec.Struct, frozen=True):
    """Where things are. ``number`` is the header row as Excel counts, ``first`` the first row of content.

    ``passed_over`` are the indexes of columns that aren't read; ``width`` counts the columns with a header.
    """

    number: int
    first: int
    titles: list[str]
    places: dict[str, int]
    passed_over: list[int]
    width: int

    @property
    def kept(self) -> list[int]:
        """The indexes of the columns whose cells are handed on."""
        return [index for index in range(self.width) if index not in self.passed_over]

    @property
    def kept_places(self) -> dict[str, int]:
        """Where each column is among those."""
        return {id: self.kept.index(place) for id, place in self.places.items()}


def header_of(rows: Sequence[Sequence[Value]], layout: Layout, *, has_default_unit: bool) -> Header:
    """The headers among the first ``rows`` of a sheet. Raises WorkbookRefused."""
    names = _Names(layout)
    named = [[names.id_of(cell) for cell in row] for row in rows[:LOOKED_AT_COUNT]]
    index = max(range(len(named)), key=lambda row: _count(named[row]), default=0)
    if not named or _count(named[index]) < LEAST_COUNT:
        raise WorkbookRefused(
            f"前 {LOOKED_AT_COUNT} 行里没有找到表头；请使用模板，并保留模板的表头一行，如“{layout.columns[1].title}”。"
        )
    row, ids = rows[index], named[index]
    titles = [str(cell) for cell in row]
    places = _places(ids, titles)
    _check_needed(layout, places, has_default_unit=has_default_unit)
    first = index + 1
    while first < len(named) and _repeats(named[first], ids):
        first += 1
    return Header(
        number=index + 1,
        first=first + 1,
        titles=titles,
        places=places,
        passed_over=[place for place, id in enumerate(ids) if id == _RESULT],
        width=len(row),
    )


class _Names:
    """From a header cell to the id of its column."""

    def __init__(self, layout: Layout) -> None:
        self._ids: dict[str, str] = {}
        for column in layout.columns:
            key = _key(column.header)
            self._ids[key] = "" if key in self._ids else column.id  # of two with the same words, none
        self._ids |= {column.id: column.id for column in layout.columns}
        self._ids |= {
            _key(text): _RESULT for id, text in RESULT_HEADERS.items() for text in (text, f"{text}（{id}）")
        }
        self._known = {column.id for column in layout.columns}

    def id_of(self, cell: Value) -> str | None:
        """The column's id, ``result`` for one of ours, None for no known header."""
        if not isinstance(cell, str):
            return None
        key = _key(cell)
        in_brackets = _IN_BRACKETS.fullmatch(key)
        if in_brackets is not None and in_brackets[1] in self._known:
            return in_brackets[1]
        return self._ids.get(key) or None


def _key(text: str) -> str:
    return "".join(nfkc(text).split()).casefold()


def _count(ids: Sequence[str | None]) -> int:
    return len({*ids} - {None, _RESULT})


def _repeats(ids: Sequence[str | None], headers: Sequence[str | None]) -> bool:
    """Whether a row names the columns that stand above it, and not just by chance one."""
    same = sum(id is not None and id == header for id, header in zip(ids, headers, strict=False))
    return same >= LEAST_COUNT


def _places(ids: Sequence[str | None], titles: Sequence[str]) -> dict[str, int]:
    places: dict[str, int] = {}
    unknown: list[str] = []
    for index, (id, title) in enumerate(zip(ids, titles, strict=True)):
        if id is None and title.strip():
            unknown.append(column_name(index))
        elif id is not None and id != _RESULT:
            if id in places:
                raise WorkbookRefused(
                    f"{column_name(places[id])} 列和 {column_name(index)} 列都是“{id}”，请只留一列。"
                )
            places[id] = index
    if unknown:
        listed = "、".join(unknown[:_LISTED_COUNT])
        raise WorkbookRefused(
            f"{listed} 列的表头不是模板里的；请改成模板的表头，或删去这一列，以免其中的回答漏收。"
        )
    return places


def _check_needed(layout: Layout, places: Mapping[str, int], *, has_default_unit: bool) -> None:
    missing = [column.title for column in layout.columns if column.is_needed and column.id not in places]
    if "unit" not in places and not has_default_unit:
        missing.append(layout.column("unit").title)
    if missing:
        raise WorkbookRefused(f"缺少这些列：{'、'.join(missing[:_LISTED_COUNT])}；请使用最新的模板。")
