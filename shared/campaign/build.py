"""Turns the files of a definition, known to be right, into a ``Campaign``."""

from __future__ import annotations

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from shared.campaign.cross_rules import Definition
from shared.campaign.model import Campaign
from shared.campaign.notices import Notices, NoticeTemplate
from shared.campaign.parts import (
    AgeRules,
    Channel,
    Consents,
    Disclosure,
    Edition,
    Office,
    Phase,
    Point,
    QuotaLine,
    RespondentField,
    Unit,
)
from shared.campaign.questionnaire import TEXT_LIMIT_CHARS, Option, Question, Questionnaire, other_id
from shared.campaign.rules import age_bands
from shared.campaign.schema import (
    MultipleShape,
    NamedPointShape,
    NoticesFile,
    PointSeriesShape,
    QuestionnaireFile,
    QuestionShape,
    RankingShape,
    ScaleShape,
    SingleShape,
    TextShape,
)


def build_campaign(definition: Definition, version: str) -> Campaign:
    """The campaign that ``definition`` describes."""
    file = definition.campaign.content
    units = _units(definition)
    return Campaign(
        id=file.id,
        name=file.name,
        version=version,
        starts_on=file.starts_on,
        ends_on=file.ends_on,
        timezone=ZoneInfo(file.timezone),
        phases=tuple(Phase(phase.name, phase.starts_on, phase.ends_on) for phase in file.phases),
        leading_group=file.leading_group,
        office=Office(file.office.name, file.office.department),
        target_interviews=file.target_interviews,
        editions=_editions(definition),
        unit_kinds=definition.units.content.unit_kinds,
        units=units,
        points={point.id: point for unit in units.values() for point in unit.points},
        quota_lines=_quota_lines(definition),
        milestones=tuple(file.milestones),
        age=AgeRules(
            file.age.accepted_min, file.age.accepted_max, file.age.eligible_max, age_bands(file.age)
        ),
        channels={id: Channel(id, channel.name, channel.mode) for id, channel in file.channels.items()},
        consents=Consents(file.consent.current, file.consent.texts),
        respondent_fields={
            id: RespondentField(id, field.name, field.codes) for id, field in file.respondent.items()
        },
        disclosure=Disclosure(file.disclosure.threshold_count, file.disclosure.rounding_base),
        notices=_notices(definition.notices.content),
    )


def _units(definition: Definition) -> dict[str, Unit]:
    lines = definition.quotas.content.quota_lines
    return {
        id: Unit(
            id=id,
            name=unit.name,
            kind=unit.kind,
            quota_line=unit.quota_line,
            edition=lines[unit.quota_line].edition,
            points=tuple(_points(definition, id)),
            members=tuple(unit.members),
        )
        for id, unit in definition.units.content.units.items()
    }


def _points(definition: Definition, unit_id: str) -> Iterator[Point]:
    unit = definition.units.content.units[unit_id]
    for point in unit.points:
        if isinstance(point, NamedPointShape):
            yield Point(point.id, point.name, unit_id)
        else:
            kind = definition.units.content.point_kinds[point.kind]
            yield from _series(point, unit_id, f"{unit.name}{kind}访谈点")


def _series(series: PointSeriesShape, unit_id: str, name: str) -> Iterator[Point]:
    for number in range(1, series.count + 1):
        yield Point(f"{unit_id}-{series.kind}-{number:02d}", f"{name}{number:02d}", unit_id)


def _quota_lines(definition: Definition) -> dict[str, QuotaLine]:
    units = definition.units.content.units
    return {
        id: QuotaLine(
            id=id,
            name=line.name,
            target_count=line.target_count,
            edition=line.edition,
            units=tuple(unit_id for unit_id, unit in units.items() if unit.quota_line == id),
            is_sign_off_required=line.is_sign_off_required,
        )
        for id, line in definition.quotas.content.quota_lines.items()
    }


def _editions(definition: Definition) -> dict[str, Edition]:
    return {
        id: Edition(id, edition.name, _questionnaire(definition.questionnaires[id].content))
        for id, edition in definition.campaign.content.editions.items()
    }


def _questionnaire(file: QuestionnaireFile) -> Questionnaire:
    return Questionnaire(
        id=file.id,
        edition=file.edition,
        version=file.version,
        title=file.title,
        requires=tuple(file.requires),
        questions=tuple(each for id, shape in file.questions.items() for each in _questions(id, shape)),
    )


def _questions(id: str, shape: QuestionShape) -> Iterator[Question]:
    """The question, and the one for the words behind its option «other»."""
    options = _options(shape)
    max_choices = 1
    if isinstance(shape, MultipleShape | RankingShape):
        max_choices = shape.max_choices or len(options)
    yield Question(
        id=id,
        kind=shape.kind,
        text=shape.text,
        options=options,
        is_required=shape.required,
        max_choices=max_choices,
        max_length=shape.max_length if isinstance(shape, TextShape) else TEXT_LIMIT_CHARS,
        asked_when={question: frozenset(codes) for question, codes in shape.when.items()},
    )
    if isinstance(shape, SingleShape | MultipleShape) and shape.other is not None:
        text = f"“{shape.options[shape.other]}”请说明（{shape.text}）"
        yield Question(other_id(id), "text", text, asked_when={id: frozenset({shape.other})})


def _options(shape: QuestionShape) -> tuple[Option, ...]:
    if isinstance(shape, TextShape):
        return ()
    if not isinstance(shape, ScaleShape):
        return tuple(Option(code, label) for code, label in shape.options.items())
    meanings = {shape.lowest: shape.labels[0], shape.highest: shape.labels[1]}
    return tuple(
        Option(str(point), f"{point} {meanings[point]}" if point in meanings else str(point))
        for point in range(shape.lowest, shape.highest + 1)
    )


def _notices(file: NoticesFile) -> Notices:
    return Notices(
        role_addresses={role: tuple(addresses) for role, addresses in file.recipients.roles.items()},
        unit_addresses={unit: tuple(addresses) for unit, addresses in file.recipients.units.items()},
        templates={
            kind: NoticeTemplate(template.subject, template.body) for kind, template in file.templates.items()
        },
    )
