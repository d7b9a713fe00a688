"""What is wrong with a form, in the words that stand on it: interviewers never see the names of fields. Pure."""

from __future__ import annotations

from shared.campaign import Campaign, Questionnaire
from shared.errors import FieldProblem, Invalid

_NAMES = {
    "unit": "责任单位",
    "point": "访谈点",
    "collected_at": "访谈时间",
    "consent": "知情同意",
    "consent.version": "知情同意书版本",
    "consent.given_at": "同意时间",
    "message": "留言",
    "questionnaire_version": "问卷版本",
}


def in_words(error: Invalid, campaign: Campaign, questionnaire: Questionnaire) -> Invalid:
    """``error`` with each field called as on the form."""
    problems = [
        FieldProblem(_name(each.field, campaign, questionnaire), each.message) for each in error.problems
    ]
    return Invalid(str(error), problems, code=error.code, kept_as=error.kept_as)


def _name(field: str, campaign: Campaign, questionnaire: Questionnaire) -> str:
    question = questionnaire.by_id.get(field.removeprefix("answers.").partition("[")[0])
    if question is not None:
        return question.text
    respondent = campaign.respondent_fields.get(field.removeprefix("respondent."))
    return _NAMES.get(field, field) if respondent is None else respondent.name
