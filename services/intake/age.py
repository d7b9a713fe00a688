"""How old the respondent was at the interview. Pure."""

from __future__ import annotations

from services.intake.form import Form
from services.intake.model import Submission
from shared.campaign import Campaign
from shared.privacy import born_on


def age_of(told: Form | Submission, campaign: Campaign) -> int | None:
    """Completed years (周岁) on the day of the interview by the campaign's clock; None where nothing tells it.

    By the date of birth where a valid resident id gives it, whatever else was told; else as told. A year is
    completed on the birthday; whoever was born on 29 February completes it on 1 March in other years.
    """
    resident_id = told.respondent.resident_id
    born = born_on(resident_id) if resident_id else None
    if born is None:
        return told.respondent.age
    day = campaign.day_of(told.collected_at)
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))
