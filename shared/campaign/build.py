"""Turns the files of a definition, known to be right, into a ``Campaign``."""

from __future__ import annotations

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from shared.campaign.calendar import WorkingCalendar, days_between
from shared.campaign.cross_rules import Definition
from shared.campaign.guide import Guide, GuidePart
from shared.campaign.margins import build_margin
from shared.campaign.model import Campaign
from shared.campaign.notices import Notices, NoticeTemplate
from shared.campaign.obligations import Obligation, ObligationKind, Obligations
from shared.campaign.parts import (
    AgeRules,
    Channel,
    Consents,
    Counting,
    Disclosure,
    Edition,
    Office,
    Phase,
    Point,
    QuotaLine,
    ReferenceMargin,
    RespondentField,
    Unit,
)
from shared.campaign.questionnaire_build import build_questionnaire
from shared.campaign.rules import age_bands
from shared.campaign.schema import (
    CalendarFile,
    GuideFile,
    NamedPointShape,
    NoticesFile,
    PointSeriesShape,
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
        phases=tuple(
            Phase(phase.name, phase.starts_on, phase.ends_on, phase.is_interviewing) for phase in file.phases
        ),
        calendar=_calendar(definition.calendar.content),
        leading_group=file.leading_group,
        office=Office(file.office.name, file.office.department),
        target_interviews=file.target_interviews,
        editions=_editions(definition),
        unit_kinds=definition.units.content.unit_kinds,
        point_kinds=definition.units.content.point_kinds,
        units=units,
        points={point.id: point for unit in units.values() for point in unit.points},
        quota_lines=_quota_lines(definition),
        counting=_counting(definition),
        common=frozenset(definition.quotas.content.common),
        milestones=tuple(file.milestones),
        age=AgeRules(
            file.age.accepted_min, file.age.accepted_max, file.age.eligible_max, age_bands(file.age)
        ),
        channels={
            id: Channel(id, channel.name, channel.mode, channel.unit) for id, channel in file.channels.items()
        },
        consents=Consents(file.consent.current, file.consent.texts),
        respondent_fields={
            id: RespondentField(id, field.name, field.codes) for id, field in file.respondent.items()
        },
        disclosure=Disclosure(file.disclosure.threshold_count, file.disclosure.rounding_base),
        notices=_notices(definition.notices.content),
        reference_margins=_margins(definition),
        obligations=_obligations(definition),
    )


def _calendar(file: CalendarFile) -> WorkingCalendar:
    return WorkingCalendar(
        first=file.covers.starts_on,
        last=file.covers.ends_on,
        holidays={
            day: holiday.name
            for holiday in file.holidays
            for day in days_between(holiday.starts_on, holiday.ends_on)
        },
        working_weekends=frozenset(file.working_weekends),
    )


def _units(definition: Definition) -> dict[str, Unit]:
    lines = definition.quotas.content.quota_lines
    return {
        id: Unit(
            id=id,
            name=unit.name,
            kind=unit.kind,
            quota_line=unit.quota_line,
            edition=None if unit.quota_line is None else lines[unit.quota_line].edition,
            points=tuple(_points(definition, id)),
            members=tuple(unit.members),
        )
        for id, unit in definition.units.content.units.items()
    }


def _points(definition: Definition, unit_id: str) -> Iterator[Point]:
    unit = definition.units.content.units[unit_id]
    for point in unit.points:
        if isinstance(point, NamedPointShape):
            yield Point(point.id, point.name, unit_id, point.target_count)
        else:
            kind = definition.units.content.point_kinds[point.kind]
            yield from _series(point, unit_id, f"{unit.name}{kind}访谈点")


def _series(series: PointSeriesShape, unit_id: str, name: str) -> Iterator[Point]:
    for number in range(1, series.count + 1):
        id = f"{unit_id}-{series.kind}-{number:02d}"
        yield Point(id, f"{name}{number:02d}", unit_id, series.target_count)


def _counting(definition: Definition) -> Counting:
    shape = definition.quotas.content.counting
    consents = shape.consents or definition.campaign.content.consent.texts
    return Counting(frozenset(shape.channels), frozenset(consents), shape.person_once_per)


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
    editions = {}
    for id, edition in definition.campaign.content.editions.items():
        versions = [parsed.content for parsed in definition.questionnaires[id]]
        guide = definition.guides.get(id)
        editions[id] = Edition(
            id, edition.name, build_questionnaire(versions), None if guide is None else _guide(guide.content)
        )
    return editions


def _guide(file: GuideFile) -> Guide:
    parts = (
        GuidePart(id, part.title, tuple(part.questions), tuple(part.tips)) for id, part in file.parts.items()
    )
    return Guide(
        id=file.id,
        edition=file.edition,
        version=file.version,
        title=file.title,
        notes=tuple(file.notes),
        opening=file.opening,
        parts=tuple(parts),
        closing=file.closing,
    )


def _margins(definition: Definition) -> tuple[ReferenceMargin, ...]:
    if definition.margins is None:
        return ()
    return tuple(build_margin(shape) for shape in definition.margins.content.margins)


def _obligations(definition: Definition) -> Obligations:
    if definition.obligations is None:
        return Obligations()
    file = definition.obligations.content
    owed = (
        Obligation(
            ObligationKind(kind), shape.name, shape.due_on, shape.acts, shape.chases, shape.contact_roles
        )
        for kind, shape in file.obligations.items()
    )
    return Obligations(file.due_soon_days, {obligation.kind: obligation for obligation in owed})


def _notices(file: NoticesFile) -> Notices:
    return Notices(
        role_addresses={role: tuple(addresses) for role, addresses in file.recipients.roles.items()},
        unit_addresses={unit: tuple(addresses) for unit, addresses in file.recipients.units.items()},
        templates={
            kind: NoticeTemplate(template.subject, template.body) for kind, template in file.templates.items()
        },
    )
