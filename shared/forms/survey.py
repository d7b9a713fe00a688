"""The survey sheet of an XLSForm as the tree that its groups make."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from shared.campaign.errors import Problem
from shared.forms.lists import is_yes
from shared.forms.workbook import Row, Workbook

_MADE_BY_DEVICE = frozenset({"start", "end", "today", "deviceid", "subscriberid", "simserial", "phonenumber"})
_IGNORED = _MADE_BY_DEVICE | {"username", "email", "audit", "start-geopoint", "note", "calculate", "hidden"}
_IGNORED |= {"end_repeat"}  # its beginning is refused
"""Types that ask nobody anything: what the device notes by itself, what it shows, what it works out."""

_TYPES = {"int": "integer", "string": "text", "select1": "select_one", "select": "select_multiple"}
_SPACED = re.compile(r"^(select|begin|end|add select)[ _](one|multiple|group|repeat)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Asking:
    """A row that asks something: its type, the list of its choices, and whether one may say something else."""

    row: Row
    type: str
    list: str
    is_or_other: bool


@dataclass(slots=True)
class Group:
    """A group, and what is in it."""

    row: Row
    members: list[Asking | Group] = field(default_factory=list)

    @property
    def is_table(self) -> bool:
        """Whether its rows are lines of one table: by its own appearance, or by that of its first row."""
        first = self.members[0] if self.members else None
        is_headed = isinstance(first, Asking) and "label" in first.row.get("appearance").split()
        return is_headed or "table-list" in self.row.get("appearance").split()

    @property
    def lines(self) -> Sequence[Asking | Group]:
        """What is in a table but for the row that only shows the options."""
        return [
            each
            for each in self.members
            if not (isinstance(each, Asking) and "label" in each.row.get("appearance").split())
        ]


def read_survey(workbook: Workbook, problems: list[Problem]) -> Sequence[Asking | Group]:
    """The tree of the rows that matter. Groups that don't fit, and repeats, go to ``problems``."""
    root = Group(Row("survey", 1, {}))
    inside = [root]
    for row in workbook.survey:
        if is_yes(workbook, row, "disabled", problems):
            continue
        asking = _asking(row)
        if asking.type == "begin_group":
            inside[-1].members.append(group := Group(row))
            inside.append(group)
        elif asking.type == "end_group" and len(inside) > 1:
            inside.pop()
        elif (reason := _refusal(asking)) is not None:
            problems.append(workbook.problem(row, "type", reason))
        elif asking.type not in _IGNORED:
            inside[-1].members.append(asking)
    problems.extend(_unended(workbook, inside[1:]))
    return root.members


def _asking(row: Row) -> Asking:
    words = _SPACED.sub(r"\1_\2", row.get("type")).split()
    type = words[0].lower() if words else ""
    list = words[1] if len(words) > 1 else ""
    return Asking(row, _TYPES.get(type, type), list, words[2:] in (["or_other"], ["or", "other"]))


def _refusal(asking: Asking) -> str | None:
    """Why a row has no place in a questionnaire."""
    if asking.type == "begin_repeat":
        return "不支持重复组（repeat）：请把要问的几次各写成一题"
    if asking.type == "end_group":
        return "多了一个 end_group，前面没有与它对应的 begin_group"
    if not asking.type:
        return "没有填写题型"
    return None


def _unended(workbook: Workbook, groups: Sequence[Group]) -> Iterator[Problem]:
    for group in groups:
        yield workbook.problem(group.row, "type", "这一组没有结束，请在它的最后一题之后加一行 end_group")
