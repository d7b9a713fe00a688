"""Who asks: a person with a token, or a channel frontend with a key."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

CHANNEL_ROLE = "channel"
ALL_CAMPAIGNS = "*"


class Role(StrEnum):
    """What a person does in the campaign (claim ``dafangtan_roles``)."""

    INTERVIEWER = "interviewer"
    TEAM_LEAD = "team_lead"
    UNIT_ADMIN = "unit_admin"
    OFFICE = "office"
    LEADING_GROUP = "leading_group"
    ANALYST = "analyst"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Principal:
    """An authenticated person or channel frontend.

    ``subject`` names it for good (claim ``sub``; for a channel ``channel:<key id>``). ``unit`` is the id of
    the unit that a person belongs to. A channel has ``channel`` and the ``campaigns`` that it may post to
    (``"*"``: all).
    """

    subject: str
    kind: Literal["person", "channel"]
    roles: frozenset[str]
    unit: str | None = None
    channel: str | None = None
    name: str | None = None
    campaigns: frozenset[str] = frozenset()
