"""Events of the topic ``access``: who may use which data, by whose decision."""

from __future__ import annotations

from pydantic import Field

from shared.events.base import EventData, Topic


class AccessRequested(EventData, type="dafangtan.access.requested.v1", topic=Topic.ACCESS):
    """Somebody asked to use data."""

    grant_id: str
    campaign: str
    requested_by: str = Field(description="subject of the requester's token")
    units: list[str] = Field(description="unit ids, or ['*'] for all")
    variables: list[str] = Field(description="variable names, or ['*'] for all")
    purpose: str
    until: str = Field(description="RFC 3339: the use ends here")
    requested_at: str


class AccessGranted(EventData, type="dafangtan.access.granted.v1", topic=Topic.ACCESS):
    """A member of the leading group approved a use grant; it holds until ``until`` or its revocation."""

    grant_id: str
    campaign: str
    granted_to: str
    units: list[str]
    variables: list[str]
    purpose: str
    until: str
    granted_by: str
    granted_at: str


class AccessRefused(EventData, type="dafangtan.access.refused.v1", topic=Topic.ACCESS):
    """A member of the leading group refused a requested use."""

    grant_id: str
    campaign: str
    requested_by: str
    refused_by: str
    reason: str
    refused_at: str


class AccessRevoked(EventData, type="dafangtan.access.revoked.v1", topic=Topic.ACCESS):
    """A use grant ended before its time."""

    grant_id: str
    campaign: str
    granted_to: str
    revoked_by: str
    reason: str
    revoked_at: str
