"""Whether a submission can be accepted now: by its campaign, with the points of today, and by the clock."""

from __future__ import annotations

from datetime import datetime, timedelta

from services.intake.checking import dated_ahead, problems_of
from services.intake.form import Form
from services.intake.own_points import OwnPoints
from shared.campaign import Campaign
from shared.errors import FieldProblem
from shared.platform import Clock
from shared.possible_times import EARLIEST


class Judging:
    """Judges submissions. ``ahead`` is by how much a sender's clock may be fast."""

    def __init__(self, points: OwnPoints, clock: Clock, ahead: timedelta) -> None:
        self.campaigns = points.campaigns
        self._points = points
        self._clock = clock
        self._ahead = ahead
        self._latest = EARLIEST

    def problems_of(self, submission: Form, campaign: Campaign) -> list[FieldProblem]:
        """Everything that is wrong with ``submission``, each with its field and what is allowed.

        Raises Invalid with the code ``unknown-form-version``; RetryLater where nobody can say yet whether there is the
        point.
        """
        problems = problems_of(submission, campaign)
        if submission.collected_at > self._latest and submission.collected_at > self._latest_by_now():
            problems.append(dated_ahead(campaign, self._latest))
        if problems:
            self._points.check_known(problems)
        return problems

    def _latest_by_now(self) -> datetime:
        """Time goes on, so the clock is asked only for what wasn't allowed yet when it was asked last."""
        self._latest = self._clock() + self._ahead
        return self._latest
