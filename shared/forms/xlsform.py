"""XLSForm, the convention of ODK and Kobo for questionnaires, read into what a questionnaire's YAML would say.

Sheets ``survey`` (a row a question), ``choices`` and ``settings``. Beside XLSForm's own columns some more are known,
which other programs pass over:

* in ``settings``: ``edition``, ``requires`` (respondent fields, by blanks), ``replaces`` and ``dropped``;
* in ``survey``: ``max_choices`` and ``alone`` (of a ``rank``: how many, and the codes that go with no other, by blanks;
  of a ``select_multiple`` its constraint says them), ``bands`` (the list whose choices stand for an exact number or
  date), ``was`` (the id in the version that is replaced);
* in ``choices``: ``other`` (flags the choice that asks for words), ``from`` (where a band begins), ``was``.

Groups are sections; a group with the appearance ``table-list``, or headed by a row with the appearance ``label``, is a
grid. What asks nobody anything is passed over: notes, calculations, what the device notes by itself. What a
questionnaire cannot say is refused with its sheet, row and column.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pyxform.errors import PyXFormError
from pyxform.xls2xform import convert

from shared.campaign.errors import CampaignInvalid, Problem
from shared.campaign.source import Place, Source
from shared.forms.lists import read_lists
from shared.forms.reading import Reading
from shared.forms.survey import read_survey
from shared.forms.workbook import Row, Workbook, read_workbook

_ROW = re.compile(r"\[row : (\d+)\]")


@dataclass(frozen=True, slots=True)
class Sheets(Source):
    """An XLSForm as a source: what is wrong is told by sheet, row and column."""

    workbook: Workbook
    cells: Mapping[Place, tuple[Row, str | None]]

    def line(self, path: Place) -> int:
        """The row's number."""
        return self._cell(path)[0].number

    def problem(self, reason: str, *path: str | int) -> Problem:
        """A problem at the cell that the value at ``path`` comes from."""
        return self.workbook.problem(*self._cell(path), reason)

    def _cell(self, path: Place) -> tuple[Row, str | None]:
        """The cell of the value, or of the nearest one around it; parts that only a schema knows are passed over."""
        known: Place = ()
        nearest: Place = ()
        for part in path:
            step = (*known, part)
            if any(place[: len(step)] == step for place in self.cells):
                known, nearest = step, step if step in self.cells else nearest
        return self.cells[nearest]


def read_xlsform(folder: Path, file: str) -> Source:
    """Read ``folder/file`` (``.xlsx``) as `shared.campaign.source.read_source` reads YAML.

    Raises ``CampaignInvalid`` with everything that is wrong with the workbook; whether the questions fit together is
    judged as with YAML.
    """
    workbook = read_workbook(folder, file)
    problems: list[Problem] = []
    reading = Reading(workbook, read_lists(workbook, problems), problems)
    reading.read(read_survey(workbook, problems))
    if not problems:
        problems.extend(_refusals_of_pyxform(workbook))
    if problems:
        raise CampaignInvalid(problems)
    return Sheets(file, reading.data, {}, workbook, reading.cells)


def _refusals_of_pyxform(workbook: Workbook) -> list[Problem]:
    """What XLSForm's own converter has against the workbook: devices could not be given this form."""
    try:
        convert(workbook.for_pyxform(), form_name="data")
    except PyXFormError as error:
        row = _ROW.search(str(error))
        reason = f"pyxform 不接受这份表单：{error}"
        return [Problem(workbook.file, int(row[1]) if row else 1, reason)]
    return []
