"""The XForm of an edition: what an interviewer fills in with ODK Collect (OpenRosa).

Beside the questions it asks for what a submission needs. Every answer's element is called as its question; the others
are ``FORM_LEAVES``, which no question may be called. Groups only arrange: a submission's answers are told by the names
of their leaves. The form's id is ``<campaign>-<edition>``, its version the questionnaire's. Who the interviewer is,
tells the account that sends it.

Of a ``ranking`` Collect sends all options in their order: the first few count that the question asks for, or only the
first where it is one that goes with no other.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pyxform.errors import PyXFormError
from pyxform.xls2xform import convert

from shared.campaign.model import Campaign
from shared.campaign.question import Question
from shared.campaign.questionnaire import Questionnaire
from shared.campaign.reserved_ids import RESPONDENT_PREFIX
from shared.errors import Invalid
from shared.forms.rows import CHOICES, SURVEY, FormRow, bounds_said, filled, form_rows

ROOT = "data"
MESSAGE_LIMIT_CHARS = 5000
"""The longest message that intake takes."""

_KEPT = str.maketrans("“”‘’", "\ue001\ue002\ue003\ue004")
_RESTORED = {kept: quote for quote, kept in _KEPT.items()}
"""pyxform makes plain ones of these quotation marks; a consent text must be shown as it is."""

_Rows = Iterator[FormRow]
_OWN_COLUMNS = ("max_choices", "alone", "bands", "from")


def form_id(campaign: Campaign, edition: str) -> str:
    """The id of the edition's form."""
    return f"{campaign.id}-{edition}"


def write_xform(campaign: Campaign, edition: str) -> str:
    """The form's XML. Raises NotFound for another edition, Invalid where the questionnaire can't be carried."""
    questionnaire = campaign.questionnaire(edition)
    rows = form_rows(questionnaire)
    survey = [*_before(campaign, questionnaire), *_asked(rows.survey, questionnaire), *_after()]
    choices = [*_own_choices(campaign), *rows.choices]
    settings = {
        "form_id": form_id(campaign, edition),
        "version": questionnaire.version,
        "form_title": questionnaire.title,
    }
    return _converted(survey, choices, settings)


def _converted(survey: Sequence[FormRow], choices: Sequence[FormRow], settings: FormRow) -> str:
    sheets = {"survey": survey, "choices": choices, "settings": [settings]}
    headers = {"survey": (*SURVEY, "calculation", "choice_filter"), "choices": (*CHOICES, "unit")}
    workbook: dict[str, object] = {
        sheet: [
            {column: text.translate(_KEPT) for column, text in row.items() if column not in _OWN_COLUMNS}
            for row in rows
        ]
        for sheet, rows in sheets.items()
    }
    for sheet in sheets:
        columns = headers.get(sheet, tuple(settings))
        workbook[f"{sheet}_header"] = [
            dict.fromkeys(column for column in columns if column not in _OWN_COLUMNS)
        ]
    try:
        xform: str = convert(workbook, form_name=ROOT).xform
    except PyXFormError as error:
        raise Invalid(f"这份问卷转换不成 XForm：{error}") from error
    return xform.translate(_RESTORED)


def _before(campaign: Campaign, questionnaire: Questionnaire) -> _Rows:
    """What comes before the questions."""
    yield {"type": "start", "name": "start"}
    yield {"type": "end", "name": "end"}
    version = campaign.consents.current
    yield {"type": "calculate", "name": "consent_version", "calculation": f"'{version}'"}
    yield from _place(campaign)
    text = campaign.consents.texts[version].strip()
    yield {"type": "select_one _consent", "name": "consent", "label": text, "required": "yes"}
    yield from _respondent(campaign, questionnaire)


def _place(campaign: Campaign) -> _Rows:
    yield {"type": "begin_group", "name": "Visit", "label": "访谈地点", "appearance": "field-list"}
    yield {"type": "select_one _units", "name": "unit", "label": "责任单位", "required": "yes"}
    if any(unit.points for unit, _ in campaign.owing_units()):
        yield {
            "type": "select_one _points",
            "name": "point",
            "label": "访谈点",
            "hint": "不在访谈点进行的可以不选",
            "choice_filter": "unit = ${unit}",
            "appearance": "minimal autocomplete",
        }
    yield {"type": "end_group"}


def _respondent(campaign: Campaign, questionnaire: Questionnaire) -> _Rows:
    yield {"type": "begin_group", "name": "Respondent", "label": "受访者", "appearance": "field-list"}
    for field in campaign.respondent_fields.values():
        is_required = field.id in questionnaire.requires
        row: dict[str, str | None] = {
            "type": "text",
            "name": f"{RESPONDENT_PREFIX}{field.id}",
            "label": field.name,
            "hint": None if is_required else "自愿填写",
            "required": "yes" if is_required else None,
        }
        if field.codes:
            row["type"] = f"select_one _{field.id}"
        elif field.id == "age":
            least, most = campaign.age.accepted_min, campaign.age.accepted_max
            row |= {
                "type": "integer",
                "constraint": f". >= {least} and . <= {most}",
                "constraint_message": f"年龄应在 {least} 至 {most} 岁之间",
            }
        yield filled(row)
    yield {"type": "end_group"}


def _after() -> _Rows:
    yield {
        "type": "text",
        "name": "message",
        "label": "还有什么想对工会说的？",
        "hint": "自愿填写",
        "constraint": f"string-length(.) <= {MESSAGE_LIMIT_CHARS}",
        "constraint_message": f"最多 {MESSAGE_LIMIT_CHARS} 个字",
        "appearance": "multiline",
    }


def _asked(survey: Sequence[FormRow], questionnaire: Questionnaire) -> _Rows:
    """The questions, with limits and messages that intake has of its own."""
    for row in survey:
        question = questionnaire.by_id.get(row.get("name", ""))
        if question is None:  # the beginning of a group, or its end: without answer, nothing is wrong with it
            yield {column: text for column, text in row.items() if column != "constraint_message"}
            continue
        limited = dict(row)
        if question.kind == "text":
            limited["constraint"] = f"string-length(.) <= {question.max_length}"
        if "constraint" in limited:
            limited.setdefault("constraint_message", _message(question))
        if question.kind == "ranking":
            limited["hint"] = "；".join(
                [*([limited["hint"]] if "hint" in limited else []), *_ranking_hints(question)]
            )
        yield limited


def _ranking_hints(question: Question) -> Iterator[str]:
    """How to put all options in order where the first few are asked for."""
    yield f"请把最重要的 {question.max_choices} 项排在最前面"
    for code in question.alone:
        yield f"选“{question.labels[code]}”的，把它排在第一"


def _message(question: Question) -> str:
    match question.kind:
        case "text":
            return f"最多 {question.max_length} 个字"
        case "multiple":
            return "，".join(_choices_said(question))
        case _:
            return f"应{'，'.join(bounds_said(question))}"


def _choices_said(question: Question) -> Iterator[str]:
    if question.max_choices < len(question.options):
        yield f"最多选 {question.max_choices} 项"
    for code in question.alone:
        yield f"选了“{question.labels[code]}”就不能再选别的"


def _own_choices(campaign: Campaign) -> _Rows:
    """The lists that are no question's; their names begin with what no question's id begins with."""
    yield {"list_name": "_consent", "name": "yes", "label": "受访者已知情并同意"}
    for unit, _ in campaign.owing_units():
        yield {"list_name": "_units", "name": unit.id, "label": unit.name}
        for point in unit.points:
            yield {"list_name": "_points", "name": point.id, "label": point.name, "unit": unit.id}
    for field in campaign.respondent_fields.values():
        for code, label in field.codes.items():
            yield {"list_name": f"_{field.id}", "name": code, "label": label}
