"""The shapes of a questionnaire's file. What concerns several fields is in ``questionnaire_rules.py``."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from shared.campaign.question import NUMBER_LIMIT, TEXT_LIMIT_CHARS
from shared.campaign.schema import Code, Id, Labels, Shape, Text

RowCode = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]{1,16}$")]
WholeNumber = Annotated[int, Field(ge=-NUMBER_LIMIT, le=NUMBER_LIMIT)]
Number = Annotated[float, Field(ge=-NUMBER_LIMIT, le=NUMBER_LIMIT)]


class AskedShape(Shape):
    """What every question has. ``when``: it is asked only where each of these earlier questions was answered
    with one of these codes. ``message`` is told where an answer isn't permissible."""

    text: Text
    section: Id | None = None
    required: bool = False
    when: dict[Id, Annotated[list[Code], Field(min_length=1)]] = Field(default_factory=dict)
    hint: Text | None = None
    message: Text | None = None


class SingleShape(AskedShape):
    """One option is chosen. ``other``: the option that asks for words, as a question ``<id>_other``."""

    kind: Literal["single"]
    options: Labels = Field(min_length=2)
    other: Code | None = None


class MultipleShape(AskedShape):
    """Up to ``max_choices`` options are chosen; all of them may be where it isn't given. ``other`` as above.

    ``alone``: options that exclude all others, as «none of these».
    """

    kind: Literal["multiple"]
    options: Labels = Field(min_length=2)
    max_choices: int | None = Field(None, ge=1)
    alone: list[Code] = Field(default_factory=list)
    other: Code | None = None


class RankingShape(AskedShape):
    """Up to ``max_choices`` options are chosen, the most important one first."""

    kind: Literal["ranking"]
    options: Labels = Field(min_length=2)
    max_choices: int | None = Field(None, ge=1)
    alone: list[Code] = Field(default_factory=list)


class ScaleShape(AskedShape):
    """A whole number from ``lowest`` to ``highest``; ``labels`` say what the ends mean."""

    kind: Literal["scale"]
    lowest: int = Field(1, ge=0, le=1)
    highest: int = Field(ge=2, le=10)
    labels: Annotated[list[Text], Field(min_length=2, max_length=2)]


class GridShape(AskedShape):
    """Rows that share one list of options: each is a question ``<id>_<row>``, answered with one of them."""

    kind: Literal["grid"]
    rows: dict[RowCode, Text] = Field(min_length=2)
    options: Labels = Field(min_length=2)


class WholeBandShape(Shape):
    """Answers from ``starts_at`` up to where the next band starts; the first one starts with all."""

    label: Text
    starts_at: WholeNumber | None = Field(None, alias="from")


class BandShape(Shape):
    """As above."""

    label: Text
    starts_at: Number | None = Field(None, alias="from")


class DateBandShape(Shape):
    """As above."""

    label: Text
    starts_at: date | None = Field(None, alias="from")


class IntegerShape(AskedShape):
    """A whole number between ``min`` and ``max``. Without ``bands`` it is sealed like a text."""

    kind: Literal["integer"]
    minimum: WholeNumber | None = Field(None, alias="min")
    maximum: WholeNumber | None = Field(None, alias="max")
    bands: dict[Code, WholeBandShape] = Field(default_factory=dict, min_length=2)


class DecimalShape(AskedShape):
    """A number. Otherwise as above."""

    kind: Literal["decimal"]
    minimum: Number | None = Field(None, alias="min")
    maximum: Number | None = Field(None, alias="max")
    bands: dict[Code, BandShape] = Field(default_factory=dict, min_length=2)


class DateShape(AskedShape):
    """A day. Otherwise as above."""

    kind: Literal["date"]
    minimum: date | None = Field(None, alias="min")
    maximum: date | None = Field(None, alias="max")
    bands: dict[Code, DateBandShape] = Field(default_factory=dict, min_length=2)


class TextShape(AskedShape):
    """A free answer of up to ``max_length`` characters."""

    kind: Literal["text"]
    max_length: int = Field(TEXT_LIMIT_CHARS, ge=1, le=TEXT_LIMIT_CHARS)


QuestionShape = Annotated[
    SingleShape
    | MultipleShape
    | RankingShape
    | ScaleShape
    | GridShape
    | IntegerShape
    | DecimalShape
    | DateShape
    | TextShape,
    Field(discriminator="kind"),
]


class ReplacesShape(Shape):
    """The version before this one. ``file``: where it is kept; ``questions``: the new ids of its questions,
    ``options``: by its questions' ids, the new codes of its options; null where there is none any more.

    What isn't named has kept its id or code. The rows of grids and the words behind «other» are questions too.
    """

    file: Text
    questions: dict[Id, Id | None] = Field(default_factory=dict)
    options: dict[Id, dict[Code, Code | None]] = Field(default_factory=dict)


class QuestionnaireFile(Shape):
    """``questionnaires/*.yaml``. ``requires``: respondent fields that can't be left out. ``sections``: titles by
    id; where there are any, every question names its own."""

    id: Id
    edition: Id
    version: Code
    title: Text
    requires: list[Id] = Field(default_factory=list)
    replaces: ReplacesShape | None = None
    sections: dict[Id, Text] = Field(default_factory=dict)
    questions: dict[Id, QuestionShape] = Field(min_length=1)


class PublishedFile(Shape):
    """``questionnaires/published.yaml``: by edition and version, the hash of what was published."""

    published: dict[Id, dict[Code, Text]]
