"""Whose a submission is, where its channel vouches for who sent it, and what the policies see of it."""

from __future__ import annotations

from services.intake.form import Form
from services.intake.model import Registration
from shared.access import Resource
from shared.privacy import Pseudonyms


def owner_name(pseudonyms: Pseudonyms, channel: str, openid: str) -> str:
    """What the account ``openid`` is called as an owner, and as a principal: nobody's name, and always the same."""
    return f"{channel}:{pseudonyms.person(None, None, None, openid=openid)}"


def owner_of(submission: Form, pseudonyms: Pseudonyms) -> str | None:
    """The owner of ``submission``; None where it has none.

    It is owned by the account that it names if its source id begins with the owner's name, so that no owner's
    form can come under an id of another's.
    """
    openid = submission.respondent.openid
    if openid is None:
        return None
    owner = owner_name(pseudonyms, submission.channel, openid)
    return owner if submission.source_id.startswith(f"{owner}:") else None


def resource_of(registration: Registration) -> Resource:
    """The submission as the policies see it."""
    return Resource(
        kind="submission",
        id=registration.submission_id,
        campaign=registration.campaign,
        unit=registration.unit,
        channel=registration.channel,
        owner=registration.owner,
    )
