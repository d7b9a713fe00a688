"""The shapes of a definition's files, but for the questionnaires, which are in ``questionnaire_schema.py``.

What concerns several fields or files is in the rules.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, StringConstraints, Tag

from shared.campaign.parts import CommonPart

Id = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,39}$")]
Code = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,16}$")]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Address = Annotated[str, StringConstraints(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")]
Percent = Annotated[int, Field(ge=1, le=100)]
Share = Annotated[float, Field(ge=0, le=1)]
Labels = dict[Code, Text]
Actor = Literal["interviewer", "team_lead", "unit_admin", "office", "leading_group"]


class Shape(BaseModel):
    """A mapping in a file: nothing unknown, nothing coerced."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class StretchShape(Shape):
    """Days, the first and the last included."""

    starts_on: date = Field(alias="from")
    ends_on: date = Field(alias="to")


class PhaseShape(StretchShape):
    """``is_interviewing``: interviews are due by the end of this phase."""

    name: Text
    is_interviewing: bool = False


class OfficeShape(Shape):
    """The leading group's office."""

    name: Text
    department: Text


class EditionShape(Shape):
    """``questionnaire`` is a file of the definition, and so is ``guide``, where there is one."""

    name: Text
    questionnaire: Text
    guide: Text | None = None


class AgeShape(Shape):
    """Years; bands are written ``26-30``, the last one ``41+``."""

    accepted_min: int = Field(ge=1)
    accepted_max: int = Field(le=150)
    eligible_max: int
    bands: list[Annotated[str, StringConstraints(pattern=r"^\d+(-\d+|\+)$")]] = Field(min_length=1)


class ChannelShape(Shape):
    """A way in. ``unit``: whom a message belongs to that names no unit; only where messages come in."""

    name: Text
    mode: Literal["offline", "online"]
    unit: Id | None = None


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
    """One interview point. ``target_count``: interviews to hold there, where the unit has said so."""

    id: Id
    name: Text
    target_count: int | None = Field(None, ge=1)


class PointSeriesShape(Shape):
    """``count`` points of one kind, numbered from 1, each with the ``target_count``."""

    kind: Id
    count: int = Field(ge=1, le=999)
    target_count: int | None = Field(None, ge=1)


def _point_tag(value: Any) -> str:
    return "series" if isinstance(value, dict) and "count" in value else "named"


PointShape = Annotated[
    Annotated[NamedPointShape, Tag("named")] | Annotated[PointSeriesShape, Tag("series")],
    Discriminator(_point_tag),
]


class UnitShape(Shape):
    """A responsible unit; its edition is that of its quota line. Without one it owes no interviews."""

    name: Text
    kind: Id
    quota_line: Id | None = None
    members: list[Text] = []
    points: list[PointShape] = []


class UnitsFile(Shape):
    """``units.yaml``."""

    unit_kinds: dict[Id, Text]
    point_kinds: dict[Id, Text] = {}
    units: dict[Id, UnitShape] = Field(min_length=1)


class HolidayShape(StretchShape):
    """Days off that are one holiday."""

    name: Text


class CalendarFile(Shape):
    """``calendar.yaml``."""

    covers: StretchShape
    holidays: list[HolidayShape]
    working_weekends: list[date]


class QuotaLineShape(Shape):
    """The units that share the line name it in ``units.yaml``."""

    name: Text
    target_count: int = Field(ge=1)
    edition: Id
    is_sign_off_required: bool = False


class CountingShape(Shape):
    """Which interviews count, beyond age, edition and sign-off. Without ``consents``, every text's do."""

    channels: list[Id] = Field(min_length=1)
    consents: list[Code] | None = Field(None, min_length=1)
    person_once_per: Literal["campaign", "quota_line", "unit"]


class QuotasFile(Shape):
    """``quotas.yaml``. ``common``: what of the board everybody with a role may see; nothing without it."""

    counting: CountingShape
    common: list[CommonPart] = []
    quota_lines: dict[Id, QuotaLineShape] = Field(min_length=1)


class GuidePartShape(Shape):
    """Open questions on one theme, and tips for the interviewer."""

    title: Text
    questions: list[Text] = Field(min_length=1)
    tips: list[Text] = []


class GuideFile(Shape):
    """``guides/*.yaml``."""

    id: Id
    edition: Id
    version: Text
    title: Text
    notes: list[Text] = []
    opening: Text
    parts: dict[Id, GuidePartShape] = Field(min_length=1)
    closing: Text


class MarginShape(Shape):
    """``shares`` by category; of crossed dimensions by categories with a slash between them, as ``male/16-20``."""

    dimensions: list[Text] = Field(min_length=1)
    shares: dict[Text, Share] = Field(min_length=2)


class MarginsFile(Shape):
    """``reference_margins.yaml``. ``source``: where the shares are from."""

    source: Text
    margins: list[MarginShape] = Field(min_length=1)


class RecipientsShape(Shape):
    """Mail addresses by role, and by unit."""

    roles: dict[Id, list[Address]]
    units: dict[Id, list[Address]] = {}


class TemplateShape(Shape):
    """Jinja templates."""

    subject: Text
    body: Text


class ObligationShape(Shape):
    """What units owe besides single interviews. ``contact_roles`` only for ``contacts``."""

    name: Text
    due_on: date
    acts: Actor
    chases: Actor
    contact_roles: dict[Id, Text] = {}


class ObligationsFile(Shape):
    """``obligations.yaml``; a campaign without it asks for nothing of the kind."""

    due_soon_days: int = Field(ge=1, le=31)
    obligations: dict[Literal["contacts", "points", "interviews", "totals", "report"], ObligationShape]


class NoticesFile(Shape):
    """``notices.yaml``."""

    recipients: RecipientsShape
    templates: dict[Id, TemplateShape]
