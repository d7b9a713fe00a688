"""A questionnaire to be printed: filled in with a pen at an interview, kept with the case's papers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby

from shared.campaign.model import Campaign
from shared.campaign.question import Question
from shared.campaign.questionnaire import Questionnaire, other_id
from shared.forms.rows import bounds_said
from shared.forms.word import Page, grey

ONE, ANY = "○", "☐"
"""A circle where one is chosen, a box where several can be."""

LINES_COUNT = 3
"""Lines for an open answer."""

_INDENT_CM = 0.8
_SHORT_LABELS_CHARS = 34  # as many as a line of the page has, options and their marks


def write_word_form(campaign: Campaign, edition: str, when: datetime) -> bytes:
    """The edition's questionnaire as a Word file, said to be made at ``when``. Raises NotFound."""
    questionnaire = campaign.questionnaire(edition)
    page = Page(questionnaire.title, campaign.leading_group, when)
    page.title(questionnaire.title)
    page.subtitle(f"{campaign.name} · {campaign.editions[edition].name}")
    page.subtitle(f"问卷编号 {questionnaire.id}，版本 {questionnaire.version}")
    page.boxes(
        [["个案编号", "", "访谈日期", "　　年　　月　　日"], ["责任单位", ""], ["访谈点", "", "访问员", ""]]
    )
    _consent(page, campaign)
    _respondent(page, campaign, questionnaire)
    _Questions(page, questionnaire).write()
    page.heading("还想告诉工会的话（自愿填写）")
    page.lines(LINES_COUNT)
    _signatures(page)
    return page.to_bytes()


def _consent(page: Page, campaign: Campaign) -> None:
    version = campaign.consents.current
    page.heading("知情同意")
    for line in campaign.consents.texts[version].strip().splitlines():
        page.paragraph(line)
    page.note(f"知情同意书版本：{version}")
    page.blank(f"{ANY} 我已了解以上内容，同意参加访谈。　受访者签名（也可以口头同意，由访问员勾选）：")


def _respondent(page: Page, campaign: Campaign, questionnaire: Questionnaire) -> None:
    page.heading("受访者登记（除注明必填的以外，均自愿填写）")
    fields = []
    for field in campaign.respondent_fields.values():
        name = f"{field.name}（必填）" if field.id in questionnaire.requires else field.name
        fields.append([name, "　".join(f"{ONE} {label}" for label in field.codes.values())])
    page.boxes([left + right for left, right in zip(fields[::2], [*fields[1::2], []], strict=False)])


def _signatures(page: Page) -> None:
    page.heading("签字")
    page.boxes(
        [
            ["访问员（签名）", "", "日期", "　　年　　月　　日"],
            ["调查组负责人（签名）", "", "日期", "　　年　　月　　日"],
            ["访谈记录原稿共（　　）页", "", "整理后的材料共（　　）页", ""],
        ]
    )


class _Questions:
    """Writes the questions, numbered through; a grid has one number, the words of «other» that of their question."""

    def __init__(self, page: Page, questionnaire: Questionnaire) -> None:
        self._page = page
        self._questionnaire = questionnaire
        self._others = dict(_words_of_others(questionnaire))
        self._numbers = self._numbered()

    def write(self) -> None:
        """All sections."""
        for section, questions in self._questionnaire.in_sections():
            self._page.heading("问卷" if section is None else section.title)
            for grid, group in groupby(questions, key=lambda question: question.grid and question.grid.id):
                rows = list(group)
                if grid is not None:
                    self._grid(rows)
                    continue
                for question in rows:
                    if question.id not in self._others.values():
                        self._question(question)

    def _numbered(self) -> Mapping[str, int]:
        numbers: dict[str, int] = {}
        whole: dict[str, int] = {}  # by what has a number of its own: a question, or a grid
        owners = {words: id for id, words in self._others.items()}
        for question in self._questionnaire.questions:
            own = question.grid.id if question.grid else owners.get(question.id, question.id)
            numbers[question.id] = whole.setdefault(own, len(whole) + 1)
        return numbers

    def _question(self, question: Question) -> None:
        self._ask(question, question.text, _how(question))
        match question.kind:
            case "single" | "multiple":
                self._options(question)
            case "ranking":
                self._options(question, mark="")
                places = (f"第{place}位 ______" for place in range(1, question.max_choices + 1))
                self._page.paragraph("　".join(places), indent_cm=_INDENT_CM)
            case "scale":
                points = "　　".join(f"{ONE} {label}" for label in question.labels.values())
                self._page.paragraph(points, indent_cm=_INDENT_CM)
            case "text":
                self._page.lines(LINES_COUNT, indent_cm=_INDENT_CM)
            case "date":
                self._page.paragraph("________ 年 ____ 月 ____ 日", indent_cm=_INDENT_CM)
            case _:
                self._page.paragraph("____________", indent_cm=_INDENT_CM)

    def _grid(self, rows: Sequence[Question]) -> None:
        first, grid = rows[0], rows[0].grid
        assert grid is not None
        self._ask(first, grid.text, "每行选一项", id=grid.id)
        header = ["", *(f"{code} {label}" for code, label in first.labels.items())]
        lines = [[row.grid.label, *([ONE] * len(first.options))] for row in rows if row.grid]
        self._page.table(header, lines)

    def _ask(self, question: Question, text: str, how: str, *, id: str | None = None) -> None:
        remarks = [how, "必答"] if question.is_required else [how]
        paragraph = self._page.paragraph(f"{self._numbers[question.id]}. {text}", is_bold=True)
        grey(paragraph, f"（{'，'.join(remarks)}）{id or question.id}")
        if question.asked_when:
            self._page.note(f"▶ {self._skip_hint(question)}", indent_cm=_INDENT_CM)
        if question.hint:
            self._page.note(question.hint, indent_cm=_INDENT_CM)

    def _skip_hint(self, question: Question) -> str:
        """When the question is asked: 第 1 题选 b 时回答."""
        conditions = []
        for id, codes in question.asked_when.items():
            asked = self._questionnaire.by_id[id]
            row = f"“{asked.grid.label}”一行" if asked.grid else ""
            chosen = "、".join(code for code in asked.labels if code in codes)
            conditions.append(f"第 {self._numbers[id]} 题{row}选 {chosen}")
        return f"{'，且'.join(conditions)} 时回答"

    def _options(self, question: Question, mark: str | None = None) -> None:
        sign = (ONE if question.kind == "single" else ANY) if mark is None else mark
        texts = [f"{sign} {code}. {label}".strip() for code, label in question.labels.items()]
        if question.id not in self._others and sum(len(text) for text in texts) <= _SHORT_LABELS_CHARS:
            self._page.paragraph("　　".join(texts), indent_cm=_INDENT_CM)
            return
        for code, text in zip(question.labels, texts, strict=True):
            if code in self._other_codes(question):
                self._page.blank(f"{text}，请说明：", indent_cm=_INDENT_CM)
            else:
                self._page.paragraph(text, indent_cm=_INDENT_CM)

    def _other_codes(self, question: Question) -> frozenset[str]:
        words = self._others.get(question.id)
        return frozenset() if words is None else self._questionnaire.by_id[words].asked_when[question.id]


def _words_of_others(questionnaire: Questionnaire) -> Iterator[tuple[str, str]]:
    """Questions with an option «other», and the question for its words."""
    for question in questionnaire.questions:
        words = questionnaire.by_id.get(other_id(question.id))
        if words is not None and words.kind == "text" and words.asked_when.keys() == {question.id}:
            yield question.id, words.id


def _how(question: Question) -> str:
    """How to answer it, in a word."""
    match question.kind:
        case "single" | "scale":
            return "单选"
        case "multiple":
            is_limited = question.max_choices < len(question.options)
            return f"可多选，最多 {question.max_choices} 项" if is_limited else "可多选"
        case "ranking":
            return f"按重要程度排序，写代码，最多 {question.max_choices} 项"
        case "text":
            return f"不超过 {question.max_length} 字"
        case _:
            name = {"integer": "填整数", "decimal": "填数字", "date": "填日期"}[question.kind]
            return "，".join([name, *bounds_said(question)])
