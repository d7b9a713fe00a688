"""Checks a submission against its campaign. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from services.intake.age import age_of
from services.intake.form import Form
from services.intake.model import Submission
from shared.campaign import Campaign, validate_answers
from shared.errors import FieldProblem
from shared.privacy import is_resident_id

Told = Form | Submission


def problems_of(submission: Told, campaign: Campaign) -> list[FieldProblem]:
    """Everything that is wrong with ``submission``, each with its field and what is allowed.

    Raises Invalid with the code ``unknown-form-version`` when no such version of the questionnaire is known.
    """
    problems = [
        *_names(submission, campaign),
        *_place(submission, campaign),
        *_age(submission, campaign),
        *_respondent(submission, campaign),
    ]
    edition = campaign.editions.get(submission.edition or "")
    if submission.edition is None:
        problems.extend(_message(submission, campaign))
    elif edition is not None:
        asked = edition.questionnaire.of_version(submission.questionnaire_version)
        problems.extend(validate_answers(asked, submission.answers))
        problems.extend(_required(submission, asked.requires, campaign))
    return problems


def dated_ahead(campaign: Campaign, latest: datetime) -> FieldProblem:
    """What is said of an interview that is dated after ``latest``: nobody sends one that is still to be held."""
    shown = latest.astimezone(campaign.timezone)
    return FieldProblem(
        "collected_at",
        f"不能晚于现在，最晚可为 {shown:%Y-%m-%d %H:%M}；请核对填写的时间，以及所用设备的日期和时间",
    )


def _names(submission: Told, campaign: Campaign) -> Iterator[FieldProblem]:
    if submission.channel not in campaign.channels:
        yield _not_one_of("channel", "渠道", campaign.channels)
    if submission.edition is not None and submission.edition not in campaign.editions:
        yield _not_one_of("edition", "问卷版别", campaign.editions)
    if submission.consent.version not in campaign.consents.texts:
        yield _not_one_of("consent.version", "知情同意书版本", campaign.consents.texts)


def _message(submission: Told, campaign: Campaign) -> Iterator[FieldProblem]:
    """What holds where no questionnaire is answered."""
    if submission.answers or not (submission.message or "").strip():
        allowed = f"问卷须写明版别，为 {'、'.join(campaign.editions)} 之一"
        yield FieldProblem("edition", f"{allowed}；不写版别的是留言，须有内容（message），没有回答")


def _place(submission: Told, campaign: Campaign) -> Iterator[FieldProblem]:
    unit = campaign.units.get(submission.unit or "")
    channel = campaign.channels.get(submission.channel)
    if unit is None:
        yield _not_one_of("unit", "责任单位", campaign.units)
        return
    if channel is not None and channel.mode == "offline":
        if submission.edition is None and submission.message:
            yield FieldProblem("edition", f"线下访谈须写明问卷版别，为 {'、'.join(campaign.editions)} 之一")
        if unit.quota_line is None:
            yield FieldProblem("unit", f"“{unit.name}”没有线下访谈名额，请填写进行访谈的责任单位")
    if submission.point is not None and not _has_point(submission, campaign):
        yield no_such_point(campaign, submission.unit)


def no_such_point(campaign: Campaign, unit: str | None) -> FieldProblem:
    """What is said of a point that the unit hasn't: where to see those that it has, and how it gets another one."""
    return FieldProblem(
        "point",
        f"应为责任单位“{unit}”下的访谈点编号；新设的访谈点请单位管理员先登记，登记后即可使用"
        f"（查看和登记：/intake/v1/campaigns/{campaign.id}/units/{unit}/points）",
    )


def _has_point(submission: Told, campaign: Campaign) -> bool:
    point = campaign.points.get(submission.point or "")
    return point is not None and point.unit == submission.unit


def _respondent(submission: Told, campaign: Campaign) -> Iterator[FieldProblem]:
    resident_id = submission.respondent.resident_id
    if resident_id is not None and not is_resident_id(resident_id):
        yield FieldProblem("respondent.resident_id", "不是有效的居民身份证号码，请核对每一位（末位是校验码）")
    for field in campaign.respondent_fields.values():
        code = getattr(submission.respondent, field.id, None)
        if field.codes and code is not None and code not in field.codes:
            yield _not_one_of(f"respondent.{field.id}", field.name, field.codes)


def _age(submission: Told, campaign: Campaign) -> Iterator[FieldProblem]:
    told, age, rules = submission.respondent.age, age_of(submission, campaign), campaign.age
    if age is None or (rules.is_accepted(age) and told in (age, None)):
        return
    allowed = f"年龄应在 {rules.accepted_min} 至 {rules.accepted_max} 岁之间"
    if told is not None and not rules.is_accepted(told):
        yield FieldProblem("respondent.age", f"{allowed}，收到 {told}")
    elif age is not None and not rules.is_accepted(age):
        yield FieldProblem("respondent.resident_id", f"{allowed}，按身份证号码访谈当天为 {age} 岁")


def _required(submission: Told, requires: tuple[str, ...], campaign: Campaign) -> Iterator[FieldProblem]:
    for field in requires:
        told = getattr(submission.respondent, field)
        if told is None and field == "age":
            told = age_of(submission, campaign)
        if told is None:
            name = campaign.respondent_fields[field].name
            yield FieldProblem(f"respondent.{field}", f"本问卷须填“{name}”")


def _not_one_of(field: str, kind: str, allowed: Iterable[str]) -> FieldProblem:
    return FieldProblem(field, f"没有这样的{kind}，应为 {'、'.join(allowed)} 之一")
