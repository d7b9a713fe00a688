"""An edition as JSON, for a web page that shows the form and posts what was filled in.

One object::

    campaign, edition   id, name
    questionnaire       id, version, title: the version goes into the submission
    consent             version, text
    respondent          a list: id, name, is_required; options where there are codes; for age, min and max
    units               a list: id, name, points (id, name): those that hold interviews
    sections            a list: id, title (both null where there are none), questions
    message             max_length

    question            id, kind, text, is_required, and where there is one:
        hint, message       beside the question; told where an answer isn't permissible
        when                ids of earlier questions, each with codes: it is asked where of each one code was chosen
        options             a list: code, label (single, multiple, ranking, scale: answered with the code, a scale with
                            the number)
        max_choices, alone  multiple, ranking: how many; the codes that go with no other
        max_length          text, in characters
        min, max            integer, decimal, date (``2024-05-10``), both permissible
        grid                id, text, label: questions that follow each other with one grid's id are rows of one table

Keys are only ever added.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from shared.campaign.model import Campaign
from shared.campaign.parts import RespondentField
from shared.campaign.question import Question
from shared.forms.xform import MESSAGE_LIMIT_CHARS

Json = dict[str, object]


def write_json_form(campaign: Campaign, edition: str) -> str:
    """The form as text. Raises NotFound for another edition."""
    return json.dumps(json_form(campaign, edition), ensure_ascii=False, indent=2) + "\n"


def json_form(campaign: Campaign, edition: str) -> Json:
    """The form as above. Raises NotFound for another edition."""
    questionnaire = campaign.questionnaire(edition)
    version = campaign.consents.current
    return {
        "campaign": {"id": campaign.id, "name": campaign.name},
        "edition": {"id": edition, "name": campaign.editions[edition].name},
        "questionnaire": {
            "id": questionnaire.id,
            "version": questionnaire.version,
            "title": questionnaire.title,
        },
        "consent": {"version": version, "text": campaign.consents.texts[version]},
        "respondent": [
            _field(campaign, field, is_required=field.id in questionnaire.requires)
            for field in campaign.respondent_fields.values()
        ],
        "units": [
            {
                "id": unit.id,
                "name": unit.name,
                "points": [{"id": point.id, "name": point.name} for point in unit.points],
            }
            for unit, _ in campaign.owing_units()
        ],
        "sections": [
            {
                "id": section and section.id,
                "title": section and section.title,
                "questions": [_question(question) for question in questions],
            }
            for section, questions in questionnaire.in_sections()
        ],
        "message": {"max_length": MESSAGE_LIMIT_CHARS},
    }


def _field(campaign: Campaign, field: RespondentField, *, is_required: bool) -> Json:
    form: Json = {"id": field.id, "name": field.name, "is_required": is_required}
    if field.codes:
        form["options"] = _options(field.codes)
    if field.id == "age":
        form |= {"min": campaign.age.accepted_min, "max": campaign.age.accepted_max}
    return form


def _question(question: Question) -> Json:
    form: Json = {
        "id": question.id,
        "kind": question.kind,
        "text": question.text,
        "is_required": question.is_required,
        "hint": question.hint,
        "message": question.message,
        "when": {id: sorted(codes) for id, codes in question.asked_when.items()} or None,
        "options": _options(question.labels) if question.is_choice else None,
        "max_choices": question.max_choices if question.kind in ("multiple", "ranking") else None,
        "alone": sorted(question.alone) or None,
        "max_length": question.max_length if question.kind == "text" else None,
        "min": question.minimum,
        "max": question.maximum,
    }
    if question.grid is not None:
        form["grid"] = {"id": question.grid.id, "text": question.grid.text, "label": question.grid.label}
    return {key: value for key, value in form.items() if value is not None}


def _options(labels: Mapping[str, str]) -> list[Json]:
    return [{"code": code, "label": label} for code, label in labels.items()]
