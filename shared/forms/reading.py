"""The questions of an XLSForm, with the cell that each of their values was written in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from shared.campaign.errors import Problem
from shared.campaign.questionnaire import row_id
from shared.campaign.source import Place
from shared.forms.conditions import Asked, When, read_condition
from shared.forms.lists import Choice, ChoiceList, is_yes
from shared.forms.questions import KINDS, Question, Refused, choices_of, details_of
from shared.forms.replacing import Replacing
from shared.forms.survey import Asking, Group
from shared.forms.tokens import NotSayable
from shared.forms.workbook import Row, Workbook

_SETTINGS = {
    "id": ("form_id", "问卷编号，如 general-2024"),
    "edition": ("edition", "版别，如 general"),
    "version": ("version", "版本，如 1"),
    "title": ("form_title", "问卷的标题"),
}
_COLUMNS = {
    "kind": "type",
    "text": "label",
    "hint": "hint",
    "message": "constraint_message",
    "required": "required",
    "when": "relevant",
    "section": "name",
}
_REFUSED_COLUMNS = {
    "choice_filter": "不支持按回答筛选选项，请把选项分到几道题里，用 relevant 决定问哪一道",
    "calculation": "要人回答的题不能由公式算出",
    "read_only": "要人回答的题不能是只读的",
}


class Reading:
    """Fills ``data`` (as the YAML would say it) and ``cells`` (path to row and column), and adds to ``problems``."""

    def __init__(self, workbook: Workbook, lists: Mapping[str, ChoiceList], problems: list[Problem]) -> None:
        self.cells: dict[Place, tuple[Row, str | None]] = {(): (workbook.settings, None)}
        self.data: dict[str, Any] = {"requires": [], "sections": {}, "questions": {}}
        self._workbook = workbook
        self._lists = lists
        self._problems = problems
        self._asked: dict[str, Asked] = {}  # by the names that expressions use
        self._ids: dict[str, str] = {}  # the same names, and the questions' ids
        self._taken: dict[str, Row] = {}
        self._replacing = Replacing(workbook.settings, self.cells)

    def read(self, survey: Sequence[Asking | Group]) -> None:
        """Read the settings and the whole survey."""
        self._settings()
        for each in survey:
            if isinstance(each, Group) and not each.is_table:
                self._section(each)
            else:
                self._member(each, None, {})
        if (replaces := self._replacing.data()) is not None:
            self.data["replaces"] = replaces
        if not self.data["questions"] and not self._problems:
            self._refuse(self._workbook.survey[0], "type", "没有一道要人回答的题")

    def _settings(self) -> None:
        settings = self._workbook.settings
        for key, (column, meaning) in _SETTINGS.items():
            self.cells[key,] = settings, column
            if text := settings.get(column):
                self.data[key] = text
            else:
                self._refuse(settings, column, f"没有填写，请写{meaning}")
        for index, field in enumerate(settings.get("requires").split()):
            self.data["requires"].append(field)
            self.cells["requires", index] = settings, "requires"

    def _section(self, group: Group) -> None:
        name = group.row.get("name")
        if not self._take(name, group.row):
            return
        id = name.removeprefix("_")
        self.cells["sections", id] = group.row, "name"
        self.data["sections"][id] = self._text(group.row, "label")
        when = self._when(group.row, {})
        for member in group.members:
            if isinstance(member, Group) and not member.is_table:
                self._refuse(member.row, "type", "部分里不能再分部分：请把这一组的题放到外面")
            else:
                self._member(member, id, when)

    def _member(self, member: Asking | Group, section: str | None, when: When) -> None:
        try:
            if isinstance(member, Group):
                self._grid(member, section, when)
            else:
                self._question(member, section, when)
        except Refused as refused:
            self._refuse(member.row, refused.column, str(refused))

    def _question(self, asking: Asking, section: str | None, when: When) -> None:
        row, name = asking.row, asking.row.get("name")
        if not self._take(name, row):
            return
        kind = KINDS.get(asking.type)
        if kind is None:
            raise Refused("type", f"不支持题型“{asking.type}”；支持的：{'、'.join(KINDS)}")
        question = self._asking(row, kind, section, when)
        self.data["questions"][name] = question
        self._place(name, row, question)
        for detail in details_of(asking, self._lists):
            question[detail.key] = detail.value
            self.cells["questions", name, detail.key] = row, detail.column
        self._place_options(name, asking)
        self._replacing.note(row, name, self._choices(asking))
        self._may_be_asked_for(name, name, question)

    def _grid(self, group: Group, section: str | None, when: When) -> None:
        row, name, lines = group.row, group.row.get("name"), self._lines(group)
        if not lines or not self._take(name, row):
            return
        shared = Row(row.sheet, row.number, {**lines[0].row.cells, **row.cells})
        question = self._asking(shared, "grid", section, when)
        question["options"] = choices_of(lines[0], self._lists).labels
        question["rows"] = {}
        self.data["questions"][name] = question
        self._place(name, row, question)
        self._place_options(name, lines[0])
        for line in lines:
            code = line.row.get("name").removeprefix(f"{name}_")
            if self._take(line.row.get("name"), line.row):
                question["rows"][code] = self._text(line.row, "label")
                self.cells["questions", name, "rows", code] = line.row, "name"
                self._replacing.note(line.row, row_id(name, code), self._choices(line))
                self._may_be_asked_for(line.row.get("name"), row_id(name, code), question)

    def _lines(self, group: Group) -> list[Asking]:
        """The rows of the grid, which all are put in the same way."""
        lines: list[Asking] = []
        for line in group.lines:
            if not isinstance(line, Asking) or line.type != "select_one":
                self._refuse(line.row, "type", "表格里只能有单选题（select_one）")
                continue
            lines.append(line)
            if line.list != lines[0].list:
                self._refuse(line.row, "type", f"表格各行应用同一个选项列表“{lines[0].list}”")
            for column in ("required", "hint", "constraint_message", "relevant"):
                if line.row.get(column) != lines[0].row.get(column):
                    self._refuse(line.row, column, "表格各行这一列应相同")
        if not lines:
            self._refuse(group.row, "type", "这个表格没有一行")
        elif group.row.get("relevant") and lines[0].row.get("relevant"):
            self._refuse(lines[0].row, "relevant", "所在的表格已有条件，请只写在一处")
        return lines

    def _asking(self, row: Row, kind: str, section: str | None, when: When) -> Question:
        """What every question has."""
        for column, reason in _REFUSED_COLUMNS.items():
            if row.get(column):
                self._refuse(row, column, reason)
        question: Question = {"kind": kind, "text": self._text(row, "label")}
        question["required"] = is_yes(self._workbook, row, "required", self._problems)
        question["when"] = self._when(row, when)
        for key in ("hint", "message"):
            if text := self._workbook.text(row, _COLUMNS[key], self._problems):
                question[key] = text
        return question if section is None else question | {"section": section}

    def _when(self, row: Row, inherited: When) -> When:
        """The row's condition beside that of its group."""
        expression = row.get("relevant")
        if not expression:
            return inherited
        try:
            own = read_condition(expression, self._asked)
        except NotSayable as error:
            self._refuse(row, "relevant", str(error))
            return inherited
        for name in own.keys() - self._asked.keys():
            self._refuse(row, "relevant", f"条件中的“{name}”应是排在前面的一道选择题")
        when = {self._ids.get(name, name): codes for name, codes in own.items()}
        if both := when.keys() & inherited.keys():
            self._refuse(row, "relevant", f"所在的组已有“{'、'.join(both)}”的条件，请只写在一处")
        return inherited | when

    def _text(self, row: Row, column: str) -> str:
        text = self._workbook.text(row, column, self._problems)
        if not text:
            self._refuse(row, column, "没有填写")
        return text

    def _take(self, name: str, row: Row) -> bool:
        """Whether the name can be used: each only once in the whole form."""
        if not name:
            self._refuse(row, "name", "没有填写")
        elif name in self._taken:
            reason = f"“{name}”已经用过（第 {self._taken[name].number} 行），请换一个"
            self._refuse(row, "name", reason)
        else:
            self._taken[name] = row
            return True
        return False

    def _place(self, id: str, row: Row, question: Question) -> None:
        self.cells["questions", id] = row, "name"
        for key in question.keys() & _COLUMNS.keys():
            self.cells["questions", id, key] = row, _COLUMNS[key]

    def _choices(self, asking: Asking) -> Mapping[str, Choice]:
        """What is chosen from, the bands of a number among it."""
        name = asking.row.get("bands") or asking.list
        return self._lists[name].choices if name in self._lists else {}

    def _place_options(self, id: str, asking: Asking) -> None:
        for code, choice in self._choices(asking).items():
            self.cells["questions", id, "bands", code] = choice.row, "from"
            self.cells["questions", id, "options", code] = choice.row, "name"

    def _may_be_asked_for(self, name: str, id: str, question: Question) -> None:
        """Later conditions may speak of this question."""
        self._ids[name] = id
        if question["kind"] == "scale":
            lowest, highest = question["lowest"], question["highest"]
            if isinstance(lowest, int) and isinstance(highest, int):
                points = [str(point) for point in range(lowest, min(highest, 10) + 1)]
                self._asked[name] = Asked(points, is_number=True)
        elif "options" in question:
            is_multiple = question["kind"] in ("multiple", "ranking")
            self._asked[name] = Asked(tuple(question["options"]), is_multiple=is_multiple)

    def _refuse(self, row: Row, column: str, reason: str) -> None:
        self._problems.append(self._workbook.problem(row, column, reason))
