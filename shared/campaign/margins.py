"""Reference margins: how the people whom a campaign is about are spread, so that interviews can be held beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product
from math import fsum, isclose

from shared.campaign.errors import Problem
from shared.campaign.parts import CELL_SEPARATOR, ReferenceMargin
from shared.campaign.questionnaire_schema import QuestionnaireFile, SingleShape
from shared.campaign.rules import Parsed, age_bands
from shared.campaign.schema import CampaignFile, MarginsFile, MarginShape

MARGINS_FILE = "reference_margins.yaml"
_SUM_TOLERANCE = 0.005
"""Published shares are rounded."""


def build_margin(shape: MarginShape) -> ReferenceMargin:
    """The margin that ``shape``, known to be right, describes; what rounding left over is shared out."""
    total = fsum(shape.shares.values())
    shares = {tuple(cell.split(CELL_SEPARATOR)): share / total for cell, share in shape.shares.items()}
    return ReferenceMargin(tuple(shape.dimensions), shares)


def margins_rules(
    parsed: Parsed[MarginsFile],
    campaign: CampaignFile,
    questionnaires: Mapping[str, QuestionnaireFile],
) -> Iterator[Problem]:
    """Every dimension is there, every cell has one share, and the shares add up. ``questionnaires`` by edition."""
    known = _categories(campaign, questionnaires)
    for index, margin in enumerate(parsed.content.margins):
        place = ("margins", index)
        unknown = [dimension for dimension in margin.dimensions if dimension not in known]
        for dimension in unknown:
            reason = f"没有可作维度的变量“{dimension}”；可用的有：{'、'.join(known)}"
            yield parsed.source.problem(reason, *place, "dimensions")
        if len(set(margin.dimensions)) < len(margin.dimensions):
            yield parsed.source.problem("同一维度列了两次", *place, "dimensions")
        elif not unknown:
            for reason in _share_reasons(margin, [known[dimension] for dimension in margin.dimensions]):
                yield parsed.source.problem(reason, *place, "shares")


def _share_reasons(margin: MarginShape, categories: list[tuple[str, ...]]) -> Iterator[str]:
    expected = [CELL_SEPARATOR.join(cell) for cell in product(*categories)]
    if missing := [cell for cell in expected if cell not in margin.shares]:
        yield f"缺少“{'”“'.join(missing)}”的比例"
    for cell in margin.shares:
        if cell not in expected:
            yield f"没有“{cell}”这一类；应为 {'、'.join(expected)}"
    total = fsum(margin.shares.values())
    if not isclose(total, 1, abs_tol=_SUM_TOLERANCE):
        yield f"各类的比例合计应为 1，收到 {total:.4g}"


def _categories(
    campaign: CampaignFile, questionnaires: Mapping[str, QuestionnaireFile]
) -> dict[str, tuple[str, ...]]:
    """The categories of everything that may be a dimension."""
    bands = [band for band in age_bands(campaign.age) if band.highest <= campaign.age.eligible_max]
    categories = {"age_band": tuple(band.label for band in bands)}
    if "sex" in campaign.respondent and campaign.respondent["sex"].codes:
        categories["sex"] = tuple(campaign.respondent["sex"].codes)
    for edition, questionnaire in questionnaires.items():
        for id, question in questionnaire.questions.items():
            if isinstance(question, SingleShape):
                categories[f"{edition}.{id}"] = tuple(question.options)
    return categories
