"""What must hold inside one file beyond the shapes of its fields. Each rule yields the problems it finds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Generic, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from jinja2 import Environment, TemplateSyntaxError, meta

from shared.campaign.calendar import SATURDAY, days_between
from shared.campaign.errors import Problem
from shared.campaign.notices import NOTICE_EVENTS, TEMPLATE_VARIABLES
from shared.campaign.parts import AgeBand
from shared.campaign.schema import (
    AgeShape,
    CalendarFile,
    CampaignFile,
    NamedPointShape,
    NoticesFile,
    ObligationsFile,
    QuotasFile,
    Shape,
    UnitsFile,
)
from shared.campaign.source import Source

FileShape = TypeVar("FileShape", bound=Shape, covariant=True)

# The system's own limits of disclosure control.
THRESHOLD_MIN_COUNT = 10
ROUNDING_MIN_BASE = 5


@dataclass(frozen=True, slots=True)
class Parsed(Generic[FileShape]):
    """A file of the right shape, with its source for the lines."""

    source: Source
    content: FileShape


def campaign_rules(parsed: Parsed[CampaignFile]) -> Iterator[Problem]:
    """The rules of ``campaign.yaml``."""
    yield from _date_rules(parsed)
    yield from _age_rules(parsed)
    yield from _disclosure_rules(parsed)
    source, campaign = parsed.source, parsed.content
    if any(earlier >= later for earlier, later in pairwise(campaign.milestones)):
        yield source.problem("进度节点应从小到大且不重复", "milestones")
    if campaign.consent.current not in campaign.consent.texts:
        known = "、".join(campaign.consent.texts)
        reason = f"没有版本为“{campaign.consent.current}”的知情同意书；已有的版本：{known}"
        yield source.problem(reason, "consent", "current")
    for field, shape in campaign.respondent.items():
        if shape.codes and field != "sex":
            yield source.problem("只有“sex”可以有代码（codes）", "respondent", field)
    if "age" not in campaign.respondent:
        yield source.problem("受访者信息缺少“age”（年龄决定是否计入名额）", "respondent")


def _date_rules(parsed: Parsed[CampaignFile]) -> Iterator[Problem]:
    source, campaign = parsed.source, parsed.content
    try:
        ZoneInfo(campaign.timezone)
    except (ZoneInfoNotFoundError, ValueError):
        yield source.problem(f"没有时区“{campaign.timezone}”（如 Asia/Shanghai）", "timezone")
    if campaign.ends_on < campaign.starts_on:
        yield source.problem("结束日期早于开始日期", "ends_on")
    if sum(phase.is_interviewing for phase in campaign.phases) > 1:
        yield source.problem("只能有一个访谈阶段（is_interviewing: true）", "phases")
    for index, phase in enumerate(campaign.phases):
        if phase.ends_on < phase.starts_on:
            yield source.problem(f"阶段“{phase.name}”的结束日期早于开始日期", "phases", index, "to")
        if not _is_within(campaign, phase.starts_on):
            yield source.problem(f"阶段“{phase.name}”的开始日期不在活动期间", "phases", index, "from")
        if not _is_within(campaign, phase.ends_on):
            yield source.problem(f"阶段“{phase.name}”的结束日期不在活动期间", "phases", index, "to")


def _is_within(campaign: CampaignFile, day: date) -> bool:
    return campaign.starts_on <= day <= campaign.ends_on


def calendar_rules(parsed: Parsed[CalendarFile]) -> Iterator[Problem]:
    """The rules of ``calendar.yaml``."""
    source, calendar = parsed.source, parsed.content
    if calendar.covers.ends_on < calendar.covers.starts_on:
        yield source.problem("结束日期早于开始日期", "covers", "to")
    off: set[date] = set()
    for index, holiday in enumerate(calendar.holidays):
        if holiday.ends_on < holiday.starts_on:
            yield source.problem(f"“{holiday.name}”的结束日期早于开始日期", "holidays", index, "to")
        if not calendar.covers.starts_on <= holiday.starts_on <= holiday.ends_on <= calendar.covers.ends_on:
            yield source.problem(f"“{holiday.name}”不在日历覆盖的期间（covers）", "holidays", index)
        off |= {*days_between(holiday.starts_on, holiday.ends_on)}
    for index, day in enumerate(calendar.working_weekends):
        if day.weekday() < SATURDAY:
            yield source.problem(f"{day} 不是周六或周日，无须列为调休上班", "working_weekends", index)
        if day in off:
            yield source.problem(f"{day} 同时列为放假和上班", "working_weekends", index)
        if calendar.working_weekends.index(day) < index:
            yield source.problem(f"{day} 列了两次", "working_weekends", index)


def age_bands(age: AgeShape) -> tuple[AgeBand, ...]:
    """The bands as numbers; ``41+`` ends where acceptance ends."""
    bands = []
    for label in age.bands:
        lowest, _, highest = label.partition("-")
        if highest:
            bands.append(AgeBand(label, int(lowest), int(highest)))
        else:
            bands.append(AgeBand(label, int(lowest.rstrip("+")), age.accepted_max))
    return tuple(bands)


def _age_rules(parsed: Parsed[CampaignFile]) -> Iterator[Problem]:
    source, age = parsed.source, parsed.content.age
    if not age.accepted_min <= age.eligible_max <= age.accepted_max:
        reason = (
            f"计入名额的最大年龄应在 {age.accepted_min} 至 {age.accepted_max} 之间，收到 {age.eligible_max}"
        )
        yield source.problem(reason, "age", "eligible_max")
    expected = age.accepted_min
    for index, band in enumerate(age_bands(age)):
        if band.lowest != expected or band.highest < band.lowest:
            yield source.problem(
                f"年龄段“{band.label}”应从 {expected} 岁开始，各段首尾相接", "age", "bands", index
            )
            return
        expected = band.highest + 1
    if expected != age.accepted_max + 1:
        yield source.problem(f"年龄段应一直排到 {age.accepted_max} 岁", "age", "bands")


def _disclosure_rules(parsed: Parsed[CampaignFile]) -> Iterator[Problem]:
    source, limits = parsed.source, parsed.content.disclosure
    if limits.threshold_count < THRESHOLD_MIN_COUNT:
        reason = f"披露门槛只能收紧：不能小于 {THRESHOLD_MIN_COUNT}，收到 {limits.threshold_count}"
        yield source.problem(reason, "disclosure", "threshold_count")
    if limits.rounding_base < ROUNDING_MIN_BASE:
        reason = f"取整基数只能收紧：不能小于 {ROUNDING_MIN_BASE}，收到 {limits.rounding_base}"
        yield source.problem(reason, "disclosure", "rounding_base")


def units_rules(parsed: Parsed[UnitsFile]) -> Iterator[Problem]:
    """The rules of ``units.yaml``."""
    source, content = parsed.source, parsed.content
    points_seen: set[str] = set()
    for unit_id, unit in content.units.items():
        if unit.kind not in content.unit_kinds:
            reason = f"没有单位类别“{unit.kind}”；已有的：{'、'.join(content.unit_kinds)}"
            yield source.problem(reason, "units", unit_id, "kind")
        for index, point in enumerate(unit.points):
            place = ("units", unit_id, "points", index)
            name = point.id if isinstance(point, NamedPointShape) else f"{unit_id}-{point.kind}"
            if name in points_seen:
                yield source.problem(f"访谈点“{name}”重复出现", *place)
            points_seen.add(name)
            if not isinstance(point, NamedPointShape) and point.kind not in content.point_kinds:
                reason = f"没有访谈点类别“{point.kind}”；已有的：{'、'.join(content.point_kinds)}"
                yield source.problem(reason, *place)


def quotas_rules(parsed: Parsed[QuotasFile]) -> Iterator[Problem]:
    """The rules of ``quotas.yaml``."""
    common = parsed.content.common
    for index, part in enumerate(common):
        if part in common[:index]:
            yield parsed.source.problem(f"“{part}”列了两次", "common", index)


def notices_rules(parsed: Parsed[NoticesFile]) -> Iterator[Problem]:
    """The rules of ``notices.yaml``: every kind has a template, and templates name what there is."""
    templates = parsed.content.templates
    for kind in NOTICE_EVENTS.keys() - templates.keys():
        yield parsed.source.problem(f"缺少通知“{kind}”的模板", "templates")
    if "office" not in parsed.content.recipients.roles:
        yield parsed.source.problem(
            "缺少领导小组办公室（office）的邮箱：没有联系人的单位由它代收", "recipients", "roles"
        )
    for kind, template in templates.items():
        if kind not in NOTICE_EVENTS:
            reason = f"没有通知类别“{kind}”，应为 {'、'.join(NOTICE_EVENTS)} 之一"
            yield parsed.source.problem(reason, "templates", kind)
            continue
        for part in ("subject", "body"):
            for reason in _template_reasons(getattr(template, part), TEMPLATE_VARIABLES[kind]):
                yield parsed.source.problem(reason, "templates", kind, part)


def obligations_rules(parsed: Parsed[ObligationsFile]) -> Iterator[Problem]:
    """The rules of ``obligations.yaml``: the table of contacts, and nothing else, says whom it must name."""
    for kind, obligation in parsed.content.obligations.items():
        if kind == "contacts" and not obligation.contact_roles:
            yield parsed.source.problem("缺少“contact_roles”：联系表须写明登记哪些人", "obligations", kind)
        if kind != "contacts" and obligation.contact_roles:
            reason = "只有“contacts”可以有“contact_roles”"
            yield parsed.source.problem(reason, "obligations", kind, "contact_roles")


def _template_reasons(text: str, known: frozenset[str]) -> Iterator[str]:
    try:
        unknown = meta.find_undeclared_variables(Environment(autoescape=True).parse(text)) - known
    except TemplateSyntaxError as error:
        yield f"模板第 {error.lineno} 行写法有误（{error.message}）"
        return
    for name in sorted(unknown):
        yield f"模板中没有变量“{name}”；可用的有：{'、'.join(sorted(known))}"
