"""One sheet of a workbook: read quickly as long as it is in the plain form, and from there on in whatever form."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from services.intake.channels.excel.findings import CellRange
from services.intake.channels.excel.package import Package, SheetPart
from services.intake.channels.excel.plain_parts import NotPlain, NumberFormats, Texts
from services.intake.channels.excel.plain_sheet import PlainSheet
from services.intake.channels.excel.told import Cell, NewCells

if TYPE_CHECKING:
    from services.intake.channels.excel.any_sheet import AnySheet


class Sheet:
    """A sheet of ``package``. Raises WorkbookRefused from every method."""

    def __init__(self, package: Package, sheet: SheetPart) -> None:
        self._package = package
        self._name = sheet.name
        self._xml = package.part(sheet.part)
        self._new = NewCells()
        self._sheet = self._plain()

    def new_cells(self) -> list[Cell]:
        """The cells of the rows that were given out, but for those that were told before."""
        return self._new.taken()

    def forget_if_many(self, most: int) -> bool:
        """Forget the cells that were told if they are more than ``most``: they will be new again. Whether it did."""
        is_many = self._sheet.known_count > most
        if is_many:
            self._sheet.forget()
            self._new.begin_anew()
        return is_many

    @property
    def sizes(self) -> Sequence[int]:
        """The sizes of the cells by their numbers, in characters."""
        return self._new.sizes

    @property
    def last_row(self) -> int:
        """The number of the last row with values; 0 where none has."""
        return self._sheet.last_row

    @property
    def untrusted(self) -> Mapping[int, str]:
        """Those of the rows that were given out whose values can't be trusted, each with the reason."""
        return self._sheet.untrusted

    def merged(self) -> list[CellRange]:
        """The ranges of merged cells."""
        return self._sheet.merged()

    def rows(self, first: int) -> Iterator[tuple[int, list[int]]]:
        """The rows with values, from the one with the number ``first`` on: the numbers of their cells."""
        try:
            for number, cells in self._sheet.rows(first):
                yield number, cells
                first = number + 1
        except NotPlain:
            self._sheet = self._any()
            yield from self._sheet.rows(first)

    def _plain(self) -> PlainSheet | AnySheet:
        package = self._package
        try:
            texts, formats = (
                Texts(package.only_part("sharedStrings")),
                NumberFormats(package.only_part("styles")),
            )
            return PlainSheet(self._xml, texts, formats, package.epoch(), self._new)
        except NotPlain:
            return self._any()

    def _any(self) -> AnySheet:
        from services.intake.channels.excel.any_sheet import (
            AnySheet,  # few need it, and it takes time to load
        )

        return AnySheet(self._package.content, self._name, self._xml, self._new)
