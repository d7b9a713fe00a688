"""Checks a submission against its campaign. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from services.intake.form import Form
from services.intake.model import Submission
from shared.campaign import Campaign, validate_answers
from shared.errors import FieldProblem

Told = Form | Submission


def problems_of(submission: Told, campaign: Campaign) -> list[FieldProblem]:
    """Everything that is wrong with ``submission``, each with its field and what is allowed."""
    problems = [*_names(submission, campaign), *_respondent(submission, campaign)]
    edition = campaign.editions.get(submission.edition)
    if edition is not None:
        problems.extend(validate_answers(edition.questionnaire, submission.answers))
        problems.extend(_required(submission, edition.questionnaire.requires, campaign))
    return problems


def _names(submission: Told, campaign: Campaign) -> Iterator[FieldProblem]:
    if submission.channel not in campaign.channels:
        yield _not_one_of("channel", "渠道", campaign.channels)
    if submission.edition not in campaign.editions:
        yield _not_one_of("edition", "问卷版别", campaign.editions)
    if submission.consent.version not in campaign.consents.texts:
        yield _not_one_of("consent.version", "知情同意书版本", campaign.consents.texts)
    if submission.unit not in campaign.units:
        yield _not_one_of("unit", "责任单位", campaign.units)
    elif submission.point is not None and not _has_point(submission, campaign):
        yield FieldProblem("point", f"应为责任单位“{submission.unit}”下的访谈点编号")


def _has_point(submission: Told, campaign: Campaign) -> bool:
    point = campaign.points.get(submission.point or "")
    return point is not None and point.unit == submission.unit


def _respondent(submission: Told, campaign: Campaign) -> Iterator[FieldProblem]:
    age, rules = submission.respondent.age, campaign.age
    if age is not None and not rules.accepted_min <= age <= rules.accepted_max:
        allowed = f"年龄应在 {rules.accepted_min} 至 {rules.accepted_max} 岁之间"
        yield FieldProblem("respondent.age", f"{allowed}，收到 {age}")
    for field in campaign.respondent_fields.values():
        code = getattr(submission.respondent, field.id, None)
        if field.codes and code is not None and code not in field.codes:
            yield _not_one_of(f"respondent.{field.id}", field.name, field.codes)


def _required(submission: Told, requires: tuple[str, ...], campaign: Campaign) -> Iterator[FieldProblem]:
    for field in requires:
        if getattr(submission.respondent, field) is None:
            name = campaign.respondent_fields[field].name
            yield FieldProblem(f"respondent.{field}", f"本问卷须填“{name}”")


def _not_one_of(field: str, kind: str, allowed: Iterable[str]) -> FieldProblem:
    return FieldProblem(field, f"没有这样的{kind}，应为 {'、'.join(allowed)} 之一")
