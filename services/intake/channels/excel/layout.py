"""The workbook of one edition, from the campaign's definition."""

from __future__ import annotations

from collections.abc import Sequence

from services.intake.channels.excel.columns import (
    CONSENT_WAYS,
    LINE_LIMIT_CHARS,
    MESSAGE_LIMIT_CHARS,
    OWN_ID_LIMIT_CHARS,
    Column,
    ColumnKind,
    Layout,
)
from shared.campaign import Campaign, Question, Questionnaire
from shared.campaign.questionnaire import other_id

_FIELD_KINDS: dict[str, ColumnKind] = {"phone": "digits", "resident_id": "digits", "age": "age"}


def layouts_of(campaign: Campaign, edition: str) -> list[Layout]:
    """The workbooks of all versions of ``edition``, today's first. Raises NotFound, listing the editions."""
    versions = campaign.questionnaire(edition).versions.values()
    return [_layout(campaign, edition, questionnaire) for questionnaire in versions]


def layout_in(layouts: Sequence[Layout], version: str | None) -> Layout:
    """The one of ``version``; today's for None."""
    return next((each for each in layouts if each.questionnaire_version == version), layouts[0])


def layout_of(campaign: Campaign, edition: str) -> Layout:
    """The workbook of ``edition`` today. Raises NotFound, listing the editions."""
    return _layout(campaign, edition, campaign.questionnaire(edition))


def _layout(campaign: Campaign, edition: str, questionnaire: Questionnaire) -> Layout:
    return Layout(
        campaign=campaign.id,
        edition=edition,
        questionnaire_version=questionnaire.version,
        consent_version=campaign.consents.current,
        timezone=campaign.timezone.key,
        columns=[
            *_own_columns(),
            *_respondent_columns(campaign, questionnaire),
            *(_question_column(question, questionnaire) for question in questionnaire.questions),
            Column(
                "message", "留言", "text", limit_chars=MESSAGE_LIMIT_CHARS, help="受访者还想告诉工会的话。"
            ),
        ],
        units={unit.id: unit.name for unit in campaign.units.values()},
        points={unit.id: {point.id: point.name for point in unit.points} for unit in campaign.units.values()},
    )


def _own_columns() -> list[Column]:
    return [
        Column(
            "source_id",
            "编号",
            "digits",
            limit_chars=OWN_ID_LIMIT_CHARS,
            help="本单位内不重复的编号，如 甲组-001。改正后重新上传时凭它认出同一份访谈，请尽量填写。",
        ),
        Column("consent", "是否同意", "consent", is_needed=True, help="受访者是否同意，须为“是”。"),
        Column(
            "consent_at",
            "同意时间",
            "moment",
            is_needed=True,
            help="如 2024-05-20 或 2024-05-20 09:30。",
        ),
        Column("consent_how", "同意方式", "coded", labels=CONSENT_WAYS, help="签字、口头或勾选，可不填。"),
        Column(
            "collected_at", "访谈时间", "moment", is_needed=True, help="如 2024-05-20 或 2024-05-20 09:30。"
        ),
        Column("unit", "责任单位", "unit", help="单位名称或代码；不填时为上传时指明的单位。"),
        Column("point", "访谈点", "point", help="本单位访谈点的名称或编号，可不填；登记后新设的也可以填。"),
        Column("interviewer", "访问员", "line", help="访问员姓名。"),
    ]


def _respondent_columns(campaign: Campaign, questionnaire: Questionnaire) -> list[Column]:
    return [
        Column(
            field.id,
            field.name,
            "coded" if field.codes else _FIELD_KINDS.get(field.id, "line"),
            labels=dict(field.codes),
            is_needed=field.id in questionnaire.requires,
            help=_field_help(field.id, campaign),
        )
        for field in campaign.respondent_fields.values()
    ]


def _field_help(id: str, campaign: Campaign) -> str:
    if id == "age":
        return f"周岁，{campaign.age.accepted_min} 至 {campaign.age.accepted_max}。"
    if _FIELD_KINDS.get(id) == "digits":
        return "自愿填写。这一列是文本格式，请勿改为数字，否则会丢失位数。"
    return "自愿填写。"


def _question_column(question: Question, questionnaire: Questionnaire) -> Column:
    header = question.text if question.grid is None else f"{question.grid.text}：{question.grid.label}"
    other = questionnaire.by_id.get(other_id(question.id))
    return Column(
        question.id,
        header,
        question.kind,
        labels=dict(question.labels) if question.is_choice else {},
        is_needed=question.is_required and not question.asked_when,
        is_question=True,
        other=None if other is None else next(iter(other.asked_when.get(question.id, ())), None),
        limit_chars=question.max_length if question.kind == "text" else LINE_LIMIT_CHARS,
        help=_question_help(question),
    )


def _question_help(question: Question) -> str:
    parts = ["必答。" if question.is_required else "", question.hint or "", _KIND_HELP[question.kind]]
    if question.kind in ("multiple", "ranking"):
        parts.append(f"最多 {question.max_choices} 项。")
    if question.asked_when:
        parts.append("只在前面的回答适用时填写。")
    return "".join(parts)


_KIND_HELP = {
    "single": "选一项：填选项或其代码。",
    "multiple": "可选几项，用顿号隔开，如 工资收入、租房购房；“其他：”后面写明内容。",
    "ranking": "按先后次序填几项，用顿号隔开。",
    "scale": "填一个分数。",
    "integer": "填整数。",
    "decimal": "填数字。",
    "date": "填日期，如 2024-05-20。",
    "text": "填文字。",
}
