"""The shapes of a definition's files. What concerns several fields or files is in ``rules.py``."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, StringConstraints, Tag

from shared.campaign.questionnaire import TEXT_LIMIT_CHARS

Id = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,39}$")]
Code = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,16}$")]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Address = Annotated[str, StringConstraints(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")]
Percent = Annotated[int, Field(ge=1, le=100)]
Labels = dict[Code, Text]


class Shape(BaseModel):
    """A mapping in a file: nothing unknown, nothing coerced."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class PhaseShape(Shape):
    """Days are included."""

    name: Text
    starts_on: date = Field(alias="from")
    ends_on: date = Field(alias="to")


class OfficeShape(Shape):
    """The leading group's office."""

    name: Text
    department: Text


class EditionShape(Shape):
    """``questionnaire`` is a file of the definition."""

    name: Text
    questionnaire: Text


class AgeShape(Shape):
    """Years; bands are written ``26-30``, the last one ``41+``."""

    accepted_min: int = Field(ge=1)
    accepted_max: int = Field(le=150)
    eligible_max: int
    bands: list[Annotated[str, StringConstraints(pattern=r"^\d+(-\d+|\+)$")]] = Field(min_length=1)


class ChannelShape(Shape):
    """A way in."""

    name: Text
    mode: Literal["offline", "online"]


class ConsentShape(Shape):
    """Texts by version."""

    current: Text
    texts: dict[Code, Text]


class RespondentFieldShape(Shape):
    """``codes`` only for ``sex``: of the others, no word leaves intake (age leaves as a band)."""

    name: Text
    codes: Labels = {}


class DisclosureShape(Shape):
    """May only be tighter than the system's own limits."""

    threshold_count: int
    rounding_base: int


class CampaignFile(Shape):
    """``campaign.yaml``."""

    id: Id
    name: Text
    starts_on: date
    ends_on: date
    timezone: Text
    phases: list[PhaseShape]
    leading_group: Text
    office: OfficeShape
    target_interviews: int = Field(ge=1)
    editions: dict[Id, EditionShape] = Field(min_length=1)
    milestones: list[Percent]
    age: AgeShape
    channels: dict[Id, ChannelShape] = Field(min_length=1)
    consent: ConsentShape
    respondent: dict[Literal["name", "employer", "phone", "age", "sex"], RespondentFieldShape]
    disclosure: DisclosureShape


class NamedPointShape(Shape):
    """One interview point."""

    id: Id
    name: Text


class PointSeriesShape(Shape):
    """``count`` points of one kind, numbered from 1."""

    kind: Id
    count: int = Field(ge=1, le=999)


def _point_tag(value: Any) -> str:
    return "series" if isinstance(value, dict) and "count" in value else "named"


PointShape = Annotated[
    Annotated[NamedPointShape, Tag("named")] | Annotated[PointSeriesShape, Tag("series")],
    Discriminator(_point_tag),
]


class UnitShape(Shape):
    """A responsible unit; its edition is that of its quota line."""

    name: Text
    kind: Id
    quota_line: Id
    members: list[Text] = []
    points: list[PointShape] = []


class UnitsFile(Shape):
    """``units.yaml``."""

    unit_kinds: dict[Id, Text]
    point_kinds: dict[Id, Text] = {}
    units: dict[Id, UnitShape] = Field(min_length=1)


class QuotaLineShape(Shape):
    """The units that share the line name it in ``units.yaml``."""

    name: Text
    target_count: int = Field(ge=1)
    edition: Id
    is_sign_off_required: bool = False


class QuotasFile(Shape):
    """``quotas.yaml``."""

    quota_lines: dict[Id, QuotaLineShape] = Field(min_length=1)


class AskedShape(Shape):
    """What every question has. ``when``: it is asked only where each of these earlier questions was answered
    with one of these codes."""

    text: Text
    required: bool = False
    when: dict[Id, Annotated[list[Code], Field(min_length=1)]] = {}


class SingleShape(AskedShape):
    """One option is chosen. ``other``: the option that asks for words, as a question ``<id>_other``."""

    kind: Literal["single"]
    options: Labels = Field(min_length=2)
    other: Code | None = None


class MultipleShape(AskedShape):
    """Up to ``max_choices`` options are chosen; all of them may be where it isn't given. ``other`` as above."""

    kind: Literal["multiple"]
    options: Labels = Field(min_length=2)
    max_choices: int | None = Field(None, ge=1)
    other: Code | None = None


class RankingShape(AskedShape):
    """Up to ``max_choices`` options are chosen, the most important one first."""

    kind: Literal["ranking"]
    options: Labels = Field(min_length=2)
    max_choices: int | None = Field(None, ge=1)


class ScaleShape(AskedShape):
    """A whole number from ``lowest`` to ``highest``; ``labels`` say what the ends mean."""

    kind: Literal["scale"]
    lowest: int = Field(1, ge=0, le=1)
    highest: int = Field(ge=2, le=10)
    labels: Annotated[list[Text], Field(min_length=2, max_length=2)]


class TextShape(AskedShape):
    """A free answer of up to ``max_length`` characters."""

    kind: Literal["text"]
    max_length: int = Field(TEXT_LIMIT_CHARS, ge=1, le=TEXT_LIMIT_CHARS)


QuestionShape = Annotated[
    SingleShape | MultipleShape | RankingShape | ScaleShape | TextShape, Field(discriminator="kind")
]


def codes_of(question: QuestionShape) -> frozenset[str]:
    """What can be chosen; nothing where people write."""
    if isinstance(question, TextShape):
        return frozenset()
    if isinstance(question, ScaleShape):
        return frozenset(str(point) for point in range(question.lowest, question.highest + 1))
    return frozenset(question.options)


class QuestionnaireFile(Shape):
    """``questionnaires/*.yaml``. ``requires``: respondent fields that can't be left out."""

    id: Id
    edition: Id
    version: Text
    title: Text
    requires: list[Id] = []
    questions: dict[Id, QuestionShape] = Field(min_length=1)


class RecipientsShape(Shape):
    """Mail addresses by role, and by unit."""

    roles: dict[Id, list[Address]]
    units: dict[Id, list[Address]] = {}


class TemplateShape(Shape):
    """Jinja templates."""

    subject: Text
    body: Text


class NoticesFile(Shape):
    """``notices.yaml``."""

    recipients: RecipientsShape
    templates: dict[Id, TemplateShape]
