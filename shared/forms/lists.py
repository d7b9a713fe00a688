"""The lists of choices of an XLSForm."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from shared.campaign.errors import Problem
from shared.forms.workbook import Row, Workbook

_YES = frozenset({"yes", "true", "true()", "1"})
_NO = frozenset({"", "no", "false", "false()", "0"})


@dataclass(frozen=True, slots=True)
class Choice:
    """One row of the sheet. ``starts_at`` is where a band begins; ``is_other`` asks for words."""

    row: Row
    code: str
    label: str
    is_other: bool
    starts_at: str


@dataclass(slots=True)
class ChoiceList:
    """The choices of one list by their codes, in the order of the sheet."""

    choices: dict[str, Choice] = field(default_factory=dict)

    @property
    def labels(self) -> dict[str, str]:
        """Code to label."""
        return {code: choice.label for code, choice in self.choices.items()}


def read_lists(workbook: Workbook, problems: list[Problem]) -> Mapping[str, ChoiceList]:
    """All lists by name; what is wrong with a choice goes to ``problems``."""
    lists: dict[str, ChoiceList] = {}
    for row in workbook.choices:
        name, code = row.get("list_name"), row.get("name")
        if not name or not code:
            missing = "name" if name else "list_name"
            meaning = "选项的代码" if name else "选项属于哪个列表"
            problems.append(workbook.problem(row, missing, f"没有填写，请写上{meaning}"))
            continue
        choices = lists.setdefault(name, ChoiceList()).choices
        if code in choices:
            reason = f"列表“{name}”已有选项“{code}”（第 {choices[code].row.number} 行），请换一个代码"
            problems.append(workbook.problem(row, "name", reason))
            continue
        label = workbook.text(row, "label", problems)
        is_other = is_yes(workbook, row, "other", problems)
        choices[code] = Choice(row, code, label, is_other, row.get("from"))
    return lists


def is_yes(workbook: Workbook, row: Row, column: str, problems: list[Problem]) -> bool:
    """Whether the cell says yes; anything but yes, no and nothing goes to ``problems``."""
    text = row.get(column).strip().lower()
    if text not in _YES | _NO:
        problems.append(workbook.problem(row, column, f"只能写 yes 或 no，收到“{text}”"))
    return text in _YES
