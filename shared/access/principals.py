"""Who asks: a person with a token, a channel frontend with a key, or a respondent whom a channel vouches for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

CHANNEL_ROLE = "channel"
ALL_CAMPAIGNS = "*"


class Role(StrEnum):
    """What a person does in the campaign (claim ``dafangtan_roles``)."""

    INTERVIEWER = "interviewer"
    HOTLINE_OPERATOR = "hotline_operator"
    TEAM_LEAD = "team_lead"
    UNIT_ADMIN = "unit_admin"
    OFFICE = "office"
    LEADING_GROUP = "leading_group"
    ANALYST = "analyst"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Principal:
    """An authenticated person, channel frontend or respondent.

    ``subject`` names it for good (claim ``sub``; for a channel ``channel:<key id>``). ``unit`` is the id of
    the unit that a person belongs to. A channel has ``channel`` and the ``campaigns`` that it may post to
    (``"*"``: all). A respondent has the channel and campaign where they were recognised, and ``subject`` is the
    owner of what is theirs. ``until_s``: when what it authenticated with ends, in seconds since 1970; None where
    nothing says so.
    """

    subject: str
    kind: Literal["person", "channel", "respondent"]
    roles: frozenset[str]
    unit: str | None = None
    channel: str | None = None
    name: str | None = None
    campaigns: frozenset[str] = frozenset()
    until_s: float | None = field(default=None, compare=False)


def channel_principal(id: str, channel: str, campaigns: Iterable[str]) -> Principal:
    """The frontend or backend of ``channel`` that ``id`` (of its key, as a rule) names."""
    return Principal(
        subject=f"channel:{id}",
        kind="channel",
        roles=frozenset({CHANNEL_ROLE}),
        channel=channel,
        campaigns=frozenset(campaigns),
    )
