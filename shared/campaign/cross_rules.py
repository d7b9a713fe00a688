"""What must hold between the files of a definition."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from shared.campaign.errors import Problem
from shared.campaign.margins import margins_rules
from shared.campaign.questionnaire_schema import QuestionnaireFile
from shared.campaign.rules import Parsed
from shared.campaign.schema import (
    CalendarFile,
    CampaignFile,
    GuideFile,
    MarginsFile,
    NoticesFile,
    ObligationsFile,
    QuotasFile,
    UnitsFile,
)


@dataclass(frozen=True, slots=True)
class Definition:
    """All files of a definition, each of the right shape.

    ``questionnaires`` by the id of their edition: the one that is asked, then those that it replaced; ``guides``
    too, where there are any. margins and obligations are None where the campaign has none.
    """

    campaign: Parsed[CampaignFile]
    units: Parsed[UnitsFile]
    quotas: Parsed[QuotasFile]
    calendar: Parsed[CalendarFile]
    notices: Parsed[NoticesFile]
    questionnaires: Mapping[str, Sequence[Parsed[QuestionnaireFile]]]
    guides: Mapping[str, Parsed[GuideFile]]
    margins: Parsed[MarginsFile] | None
    obligations: Parsed[ObligationsFile] | None


def cross_rules(definition: Definition) -> Iterator[Problem]:
    """Every reference leads somewhere, and the numbers fit each other."""
    yield from _questionnaire_rules(definition)
    yield from _guide_rules(definition)
    yield from _unit_rules(definition)
    yield from _channel_rules(definition)
    yield from _quota_rules(definition)
    yield from _calendar_rules(definition)
    yield from _recipient_rules(definition)
    if definition.margins is not None:
        asked = {id: versions[0].content for id, versions in definition.questionnaires.items()}
        yield from margins_rules(definition.margins, definition.campaign.content, asked)
    if definition.obligations is not None:
        yield from _obligation_rules(definition, definition.obligations)


def _questionnaire_rules(definition: Definition) -> Iterator[Problem]:
    fields = definition.campaign.content.respondent
    for edition, (parsed, *_) in definition.questionnaires.items():
        if parsed.content.edition != edition:
            reason = f"这份问卷属于版别“{parsed.content.edition}”，却被版别“{edition}”引用"
            yield parsed.source.problem(reason, "edition")
        for index, field in enumerate(parsed.content.requires):
            if field not in fields:
                reason = f"没有受访者信息“{field}”；已有的：{'、'.join(fields)}"
                yield parsed.source.problem(reason, "requires", index)


def _guide_rules(definition: Definition) -> Iterator[Problem]:
    for edition, parsed in definition.guides.items():
        if parsed.content.edition != edition:
            reason = f"这份提纲属于版别“{parsed.content.edition}”，却被版别“{edition}”引用"
            yield parsed.source.problem(reason, "edition")


def _unit_rules(definition: Definition) -> Iterator[Problem]:
    lines = definition.quotas.content.quota_lines
    for unit_id, unit in definition.units.content.units.items():
        if unit.quota_line is not None and unit.quota_line not in lines:
            reason = f"没有名额“{unit.quota_line}”；已有的：{'、'.join(lines)}"
            yield definition.units.source.problem(reason, "units", unit_id, "quota_line")


def _channel_rules(definition: Definition) -> Iterator[Problem]:
    units = definition.units.content.units
    for id, channel in definition.campaign.content.channels.items():
        place = ("channels", id, "unit")
        if channel.unit is not None and channel.unit not in units:
            reason = f"没有责任单位“{channel.unit}”；已有的：{'、'.join(units)}"
            yield definition.campaign.source.problem(reason, *place)
        if channel.unit is not None and channel.mode == "offline":
            yield definition.campaign.source.problem("线下访谈须写明责任单位，不能由渠道代填", *place)


def _calendar_rules(definition: Definition) -> Iterator[Problem]:
    campaign, covers = definition.campaign.content, definition.calendar.content.covers
    ends = (campaign.starts_on, campaign.ends_on)
    if not all(covers.starts_on <= day <= covers.ends_on for day in ends):
        reason = f"工作日历没有覆盖整个活动期间（{campaign.starts_on} 至 {campaign.ends_on}）"
        yield definition.calendar.source.problem(reason, "covers")


def _quota_rules(definition: Definition) -> Iterator[Problem]:
    source, lines = definition.quotas.source, definition.quotas.content.quota_lines
    campaign = definition.campaign.content
    shared_by = {unit.quota_line for unit in definition.units.content.units.values()}
    for line_id, line in lines.items():
        if line.edition not in campaign.editions:
            reason = f"没有问卷版别“{line.edition}”；已有的：{'、'.join(campaign.editions)}"
            yield source.problem(reason, "quota_lines", line_id, "edition")
        if line_id not in shared_by:
            yield source.problem(f"没有单位承担名额“{line_id}”", "quota_lines", line_id)
    for index, channel in enumerate(definition.quotas.content.counting.channels):
        if channel not in campaign.channels:
            reason = f"没有渠道“{channel}”；已有的：{'、'.join(campaign.channels)}"
            yield source.problem(reason, "counting", "channels", index)
    for index, version in enumerate(definition.quotas.content.counting.consents or ()):
        if version not in campaign.consent.texts:
            reason = f"没有同意书版本“{version}”；已有的：{'、'.join(campaign.consent.texts)}"
            yield source.problem(reason, "counting", "consents", index)
    total = sum(line.target_count for line in lines.values())
    if total < campaign.target_interviews:
        reason = f"各名额合计 {total}，少于活动目标 {campaign.target_interviews}"
        yield source.problem(reason, "quota_lines")


def _recipient_rules(definition: Definition) -> Iterator[Problem]:
    units = definition.units.content.units
    for unit_id in definition.notices.content.recipients.units:
        if unit_id not in units:
            reason = f"没有责任单位“{unit_id}”；已有的：{'、'.join(units)}"
            yield definition.notices.source.problem(reason, "recipients", "units", unit_id)


def _obligation_rules(definition: Definition, parsed: Parsed[ObligationsFile]) -> Iterator[Problem]:
    campaign, obligations = definition.campaign.content, parsed.content.obligations
    for kind, obligation in obligations.items():
        if not campaign.starts_on <= obligation.due_on <= campaign.ends_on:
            reason = f"完成日期应在活动期间（{campaign.starts_on} 至 {campaign.ends_on}）"
            yield parsed.source.problem(reason, "obligations", kind, "due_on")
    interviews = obligations.get("interviews")
    ends_on = next((phase.ends_on for phase in campaign.phases if phase.is_interviewing), None)
    if interviews is not None and ends_on is not None and interviews.due_on != ends_on:
        reason = f"访谈的完成日期应为访谈阶段的最后一天（{ends_on}）"
        yield parsed.source.problem(reason, "obligations", "interviews", "due_on")
    if "points" in obligations and not any(unit.points for unit in definition.units.content.units.values()):
        yield parsed.source.problem("没有单位有访谈点（units.yaml 的 points）", "obligations", "points")
