"""What a workbook holds: its sheets, its columns, and what each takes. Pure; goes to the reading process too."""

from __future__ import annotations

from typing import Literal

import msgspec

DATA_SHEET = "填写"
GUIDE_SHEET = "说明"
CODES_SHEET = "代码"
TEMPLATE_MARK = "dafangtan-template"
"""Stands in the first cell of a template's hidden sheet; what follows it says what the template is for."""

MOST_ROWS = 50_000
"""Of one workbook."""
LAST_ROW = 200_000
"""Further down nobody fills in rows; a stray cell there would take room for all that lies between."""
OWN_ID_LIMIT_CHARS = 60
LINE_LIMIT_CHARS = 200
MESSAGE_LIMIT_CHARS = 5000

CONSENT_WAYS = {"signed": "签字", "spoken": "口头", "ticked": "勾选"}
OWN_FIELDS = (
    *("source_id", "consent", "consent_at", "consent_how", "collected_at", "unit", "point", "interviewer"),
    "message",
)
"""The columns that are neither the respondent's registration nor answers."""
RESULT_HEADERS = {"outcome": "结果", "receipt": "回执", "withdrawal_code": "撤回码", "reason": "原因"}
"""The columns that a workbook comes back with; when it is sent again they are passed over."""

ColumnKind = Literal[
    "digits",
    "consent",
    "moment",
    "line",
    "text",
    "unit",
    "point",
    "coded",
    "age",
    "single",
    "multiple",
    "ranking",
    "scale",
    "integer",
    "decimal",
    "date",
]


class Column(msgspec.Struct, frozen=True):
    """One column. ``id`` is the field's or question's; ``labels`` has the codes of its list.

    ``is_needed``: a workbook without this column can't be taken in. ``other``: the code whose words go into
    the question ``other_id(id)``.
    """

    id: str
    header: str
    kind: ColumnKind
    labels: dict[str, str] = {}
    is_needed: bool = False
    is_question: bool = False
    other: str | None = None
    limit_chars: int = LINE_LIMIT_CHARS
    help: str = ""

    @property
    def title(self) -> str:
        """The header cell: words for people, the id for the program."""
        return f"{self.header}（{self.id}）"


class Layout(msgspec.Struct, frozen=True):
    """One edition's workbook. ``points`` has each unit's interview points, by id, with their names."""

    campaign: str
    edition: str
    questionnaire_version: str
    consent_version: str
    timezone: str
    columns: list[Column]
    units: dict[str, str]
    points: dict[str, dict[str, str]]

    def column(self, id: str) -> Column:
        """The column called ``id``; KeyError."""
        return {column.id: column for column in self.columns}[id]
