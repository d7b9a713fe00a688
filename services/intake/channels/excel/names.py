"""The names of cells and columns, as a spreadsheet shows them. Pure."""

from __future__ import annotations

from functools import cache


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


@cache
def column_index(name: str) -> int:
    """0 for ``A``, 27 for ``AB``."""
    index = 0
    for letter in name:
        index = index * 26 + ord(letter) - ord("A") + 1
    return index - 1
