"""Why a row wasn't taken in, in the words of whoever has the workbook before them: by cell and header."""

from __future__ import annotations

from collections.abc import Mapping

from services.intake.channels.excel.columns import Layout
from services.intake.channels.excel.names import cell_name
from services.intake.errors import ContentDiffers
from shared.errors import DafangtanError, FieldProblem, Invalid

LIMIT_CHARS = 2000


class Reasons:
    """For the rows of one workbook, whose ``places`` tell the index of each column."""

    def __init__(self, layout: Layout, places: Mapping[str, int]) -> None:
        self._titles = {column.id: column.title for column in layout.columns}
        self._places = places

    def of(self, number: int, error: DafangtanError) -> str:
        """Of row ``number``."""
        if isinstance(error, ContentDiffers):
            return (
                "这个编号已用于内容不同的另一份访谈，没有改动。若要修改那一份，请凭回执修改；"
                "若是另一份访谈，请换一个编号。"
            )
        if isinstance(error, Invalid) and error.problems:
            return joined([self._problem(number, problem) for problem in error.problems])
        return str(error)

    def _problem(self, number: int, problem: FieldProblem) -> str:
        """``answers.q07[1]`` is the column q07, ``respondent.age`` the column age."""
        id = problem.field.rpartition(".")[2].partition("[")[0]
        place = self._places.get(id)
        cell = "" if place is None else f"{cell_name(number, place)} "
        return f"{cell}{self._titles.get(id, problem.field)}：{problem.message}"


def joined(problems: list[str]) -> str:
    """Several problems as one reason."""
    return "；".join(problems)[:LIMIT_CHARS]
