"""How often the intervals hold what really came, and how wide they are beside those of a plain guess. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from services.quota.forecast.replaying import STAGES, Case, PastCampaign, replay

LEAST_COVERAGE, MOST_COVERAGE = 0.75, 0.85
"""An interval of 80 % is right when it holds what comes about so often."""


@dataclass(frozen=True, slots=True)
class Score:
    """How the forecasts of some cases did.

    ``held_share`` of the final counts lay in their interval, whose mean width is ``mean_width`` interviews.
    ``guess_band`` is the share of itself by which a guess from the average rate must be widened to both sides to hold
    as many of the same cases; that is ``mean_guess_width`` interviews wide. ``finish_held_share`` of the finishing
    dates that weren't known yet lay in their interval; None when all were known.
    """

    case_count: int
    held_share: float
    mean_width: float
    guess_band: float
    mean_guess_width: float
    finish_held_share: float | None

    @property
    def width_ratio(self) -> float:
        """The width of the intervals as a share of the guess's: below 1 they say more."""
        return self.mean_width / self.mean_guess_width if self.mean_guess_width else math.inf

    @property
    def is_enough(self) -> bool:
        """Whether the intervals hold as often as they promise, and are narrower than the guess's."""
        return LEAST_COVERAGE <= self.held_share <= MOST_COVERAGE and self.width_ratio < 1


@dataclass(frozen=True, slots=True)
class Measured:
    """The scores of all cases, of each family of campaigns, and of each stage."""

    campaign_count: int
    total: Score
    by_family: Mapping[str, Score]
    by_stage: Mapping[str, Score]


def measure(campaigns: Iterable[PastCampaign]) -> Measured:
    """Replay ``campaigns``, of which one at least is longer than three days, and score the forecasts."""
    replayed = [list(replay(campaign)) for campaign in campaigns]
    cases = [case for each in replayed for case in each]
    families = dict.fromkeys(case.family for case in cases)
    stages = [stage for stage in STAGES if any(case.stage == stage for case in cases)]
    return Measured(
        campaign_count=len(replayed),
        total=score_of(cases),
        by_family={name: score_of([case for case in cases if case.family == name]) for name in families},
        by_stage={name: score_of([case for case in cases if case.stage == name]) for name in stages},
    )


def score_of(cases: Sequence[Case]) -> Score:
    """The score of ``cases``, one or more."""
    held_count = sum(case.is_held for case in cases)
    errors = sorted(case.guess_error for case in cases)
    band = errors[held_count - 1] if held_count else 0.0
    guesses = sum(case.guess for case in cases)
    finishes = [case.is_finish_held for case in cases if case.is_finish_held is not None]
    return Score(
        case_count=len(cases),
        held_share=held_count / len(cases),
        mean_width=sum(case.width for case in cases) / len(cases),
        guess_band=band,
        mean_guess_width=band if math.isinf(band) else 2 * band * guesses / len(cases),
        finish_held_share=sum(finishes) / len(finishes) if finishes else None,
    )
