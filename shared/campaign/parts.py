"""The parts of a campaign's definition: pure values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from shared.campaign.guide import Guide
from shared.campaign.questionnaire import Questionnaire

Mode = Literal["offline", "online"]

CommonPart = Literal["totals", "lines"]
"""A part of the board that everybody with a role may see: the whole campaign's sums, or how far every line is."""

CELL_SEPARATOR = "/"
"""Between the categories of a cell in the file; no code has one."""

Cell = tuple[str, ...]
"""A category of each dimension, in their order."""


@dataclass(frozen=True, slots=True)
class Phase:
    """A named stretch of the campaign, both days included; phases may overlap.

    ``is_interviewing``: interviews are due by its end; one phase at most is so.
    """

    name: str
    starts_on: date
    ends_on: date
    is_interviewing: bool = False


@dataclass(frozen=True, slots=True)
class Office:
    """The leading group's office, and the department where it sits."""

    name: str
    department: str


@dataclass(frozen=True, slots=True)
class Point:
    """An interview point (访谈点) of ``unit``; its id is unique in the campaign.

    ``target_count``: interviews to hold there; None where nobody has said how many.
    """

    id: str
    name: str
    unit: str
    target_count: int | None = None


@dataclass(frozen=True, slots=True)
class Unit:
    """A responsible unit (责任单位). ``edition`` is what its respondents are asked; ``members`` are names.

    A unit without ``quota_line`` and ``edition`` owes no interviews: what comes to it are messages.
    """

    id: str
    name: str
    kind: str
    quota_line: str | None
    edition: str | None
    points: tuple[Point, ...]
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Counting:
    """Which interviews count towards quotas: those of ``channels`` (ids) whose respondent agreed to one of ``consents``
    (versions of the text), and of each person one in the whole campaign, one in each quota line, or one in each unit.
    """

    channels: frozenset[str]
    consents: frozenset[str]
    person_once_per: Literal["campaign", "quota_line", "unit"]


@dataclass(frozen=True, slots=True)
class QuotaLine:
    """Offline interviews that one unit owes, or that several units (ids) owe together."""

    id: str
    name: str
    target_count: int
    edition: str
    units: tuple[str, ...]
    is_sign_off_required: bool


@dataclass(frozen=True, slots=True)
class Edition:
    """One of the campaign's questionnaires, under the name that people know, with its interview guide."""

    id: str
    name: str
    questionnaire: Questionnaire
    guide: Guide | None = None


@dataclass(frozen=True, slots=True)
class Channel:
    """A way in; ``mode`` tells whether what arrives counts as an offline interview.

    ``unit``: whom a message belongs to that names no unit; None where every submission names one.
    """

    id: str
    name: str
    mode: Mode
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class AgeBand:
    """Ages from ``lowest`` to ``highest``, both included, in years."""

    label: str
    lowest: int
    highest: int


@dataclass(frozen=True, slots=True)
class AgeRules:
    """Ages in years: what is accepted at all, up to where one is eligible, and the bands that data carry."""

    accepted_min: int
    accepted_max: int
    eligible_max: int
    bands: tuple[AgeBand, ...]

    def is_accepted(self, age: int) -> bool:
        """Whether a submission of this age is taken in."""
        return self.accepted_min <= age <= self.accepted_max

    def is_eligible(self, age: int) -> bool:
        """Whether a respondent of this age counts towards a quota."""
        return age <= self.eligible_max

    def band(self, age: int) -> str:
        """The label of the band of ``age``. Raises ValueError for an age that isn't accepted."""
        for band in self.bands:
            if band.lowest <= age <= band.highest:
                return band.label
        raise ValueError(f"年龄应在 {self.accepted_min} 至 {self.accepted_max} 岁之间，收到 {age}")


@dataclass(frozen=True, slots=True)
class Consents:
    """The texts that respondents agree to, by version; forms show the text of ``current``."""

    current: str
    texts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class RespondentField:
    """What may be asked about a person; ``codes`` (code to label) is empty where the answer is not coded."""

    id: str
    name: str
    codes: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ReferenceMargin:
    """The share of people in each cell of one dimension or of several crossed ones; the shares add up to 1.

    A dimension is a variable of the campaign: ``sex``, ``age_band`` (the eligible bands), or a question of single
    choice, as ``general.q01``.
    """

    dimensions: tuple[str, ...]
    shares: Mapping[Cell, float]


@dataclass(frozen=True, slots=True)
class Disclosure:
    """Limits of published counts; never looser than the system's own."""

    threshold_count: int
    rounding_base: int


@dataclass(frozen=True, slots=True)
class Variable:
    """A coded variable of the data: its title, and its codes with their labels. ``is_first_choice``: of a ranking,
    which is put first."""

    name: str
    title: str
    labels: Mapping[str, str]
    is_multiple: bool = False
    is_first_choice: bool = False
