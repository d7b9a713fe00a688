"""A campaign: loaded once by ``load_campaign`` and shared by all services; pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TypeVar
from zoneinfo import ZoneInfo

from shared.campaign.calendar import WorkingCalendar
from shared.campaign.notices import Notices
from shared.campaign.obligations import Obligation, ObligationKind, Obligations
from shared.campaign.parts import (
    AgeRules,
    Channel,
    CommonPart,
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
    Variable,
)
from shared.campaign.questionnaire import Questionnaire
from shared.errors import NotFound

_MODE_NAMES = {"offline": "线下", "online": "线上"}

Thing = TypeVar("Thing")


@dataclass(frozen=True)
class Campaign:
    """Everything that makes one campaign different from another.

    ``version`` is a hash of the definition's content: comments and layout don't change it, all else does.
    Mappings are in the order of the files.
    """

    id: str
    name: str
    version: str
    starts_on: date
    ends_on: date
    timezone: ZoneInfo
    phases: tuple[Phase, ...]
    calendar: WorkingCalendar
    leading_group: str
    office: Office
    target_interviews: int
    editions: Mapping[str, Edition]
    unit_kinds: Mapping[str, str]
    point_kinds: Mapping[str, str]
    units: Mapping[str, Unit]
    points: Mapping[str, Point]
    quota_lines: Mapping[str, QuotaLine]
    counting: Counting
    common: frozenset[CommonPart]
    milestones: tuple[int, ...]
    age: AgeRules
    channels: Mapping[str, Channel]
    consents: Consents
    respondent_fields: Mapping[str, RespondentField]
    disclosure: Disclosure
    notices: Notices
    reference_margins: tuple[ReferenceMargin, ...]
    obligations: Obligations

    @property
    def interviewing(self) -> Phase:
        """The phase by whose end the interviews are due; the whole campaign where none is said to be."""
        whole = Phase(self.name, self.starts_on, self.ends_on, is_interviewing=True)
        return next((phase for phase in self.phases if phase.is_interviewing), whole)

    def day_of(self, moment: datetime) -> date:
        """Which day it is at ``moment`` (aware, in any timezone) by the campaign's clock."""
        return moment.astimezone(self.timezone).date()

    def age_band(self, age: int) -> str:
        """The label of the age's band, as ``26-30``. Raises ValueError for an age that isn't accepted."""
        return self.age.band(age)

    def unit(self, id: str) -> Unit:
        """Raises NotFound, listing the units."""
        return _named(self.units, id, "责任单位", "unknown-unit")

    def quota_line_of(self, unit_id: str) -> QuotaLine | None:
        """The line that an interview by this unit counts for; None where it owes none. Raises NotFound."""
        line = self.unit(unit_id).quota_line
        return None if line is None else self.quota_lines[line]

    def owing_units(self) -> Iterator[tuple[Unit, QuotaLine]]:
        """The units that owe interviews, each with its line."""
        for unit in self.units.values():
            if unit.quota_line is not None:
                yield unit, self.quota_lines[unit.quota_line]

    def obligation_of(self, unit_id: str, kind: ObligationKind) -> Obligation | None:
        """What a unit owes of ``kind``; None where the campaign asks for none, or the unit is one without a quota.

        Raises NotFound.
        """
        return None if self.unit(unit_id).quota_line is None else self.obligations.by_kind.get(kind)

    def with_points(self, points: Iterable[Point]) -> Campaign:
        """With ``points`` beside those of the definition, each at the end of its unit's; ``version`` stays. Raises
        KeyError for a unit that isn't there."""
        by_unit: defaultdict[str, list[Point]] = defaultdict(list)
        for point in points:
            by_unit[point.unit].append(point)
        units = {
            id: replace(self.units[id], points=(*self.units[id].points, *added))
            for id, added in by_unit.items()
        }
        added_points = {point.id: point for added in by_unit.values() for point in added}
        return replace(self, units={**self.units, **units}, points={**self.points, **added_points})

    def questionnaire(self, edition: str) -> Questionnaire:
        """Raises NotFound, listing the editions."""
        return self._edition(edition).questionnaire

    def variables(self, edition: str | None = None) -> Mapping[str, Variable]:
        """The coded variables of one edition's submissions, or of all, by name.

        A question is ``<edition>.<question>``, as ``general.q01``: questions of two editions that share an id
        needn't mean the same. The interview point is left out: a table by point shows single persons.
        """
        asked = self.editions if edition is None else {edition: self._edition(edition)}
        variables = [*self._own_variables(asked), *self._respondent_variables()]
        variables += [
            variable for asked_edition in asked.values() for variable in _question_variables(asked_edition)
        ]
        return {variable.name: variable for variable in variables}

    def _edition(self, id: str) -> Edition:
        return _named(self.editions, id, "问卷版别", "unknown-edition")

    def _own_variables(self, editions: Mapping[str, Edition]) -> Iterator[Variable]:
        yield Variable("unit", "责任单位", _names(self.units))
        yield Variable("quota_line", "名额", _names(self.quota_lines))
        yield Variable("edition", "问卷版别", _names(editions))
        yield Variable("channel", "渠道", _names(self.channels))
        yield Variable("mode", "访谈方式", _MODE_NAMES)

    def _respondent_variables(self) -> Iterator[Variable]:
        yield Variable("age_band", "年龄段", {band.label: band.label for band in self.age.bands})
        for field in self.respondent_fields.values():
            if field.codes:
                yield Variable(field.id, field.name, field.codes)


def _question_variables(edition: Edition) -> Iterator[Variable]:
    for question in edition.questionnaire.closed_questions:
        is_ranking = question.kind == "ranking"
        yield Variable(
            f"{edition.id}.{question.id}",
            f"{question.text}（排在第一的）" if is_ranking else question.text,
            question.labels,
            is_multiple=question.kind == "multiple",
            is_first_choice=is_ranking,
        )


def _names(
    things: Mapping[str, Unit] | Mapping[str, QuotaLine] | Mapping[str, Edition] | Mapping[str, Channel],
) -> Mapping[str, str]:
    return {id: thing.name for id, thing in things.items()}


def _named(things: Mapping[str, Thing], id: str, kind: str, code: str) -> Thing:
    try:
        return things[id]
    except KeyError:
        raise NotFound(f"没有{kind}“{id}”；可用的有：{'、'.join(things)}", code=code) from None
