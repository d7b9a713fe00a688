"""Ids that no question may have: a filled-in form tells what else it holds beside the answers under these names."""

from __future__ import annotations

RESPONDENT_PREFIX = "respondent_"
FORM_LEAVES = (
    "start",
    "end",
    "unit",
    "point",
    "consent_version",
    "consent",
    *(f"{RESPONDENT_PREFIX}{field}" for field in ("name", "employer", "phone", "age", "sex")),
    "message",
    "meta",
)
"""The elements of an XForm of ours that hold no answer; ``consent`` is ``yes``."""
DEVICE_LEAVES = frozenset(
    {"interviewer", "today", "deviceid", "username", "phonenumber", "email", "simserial", "subscriberid"}
)
"""What XLSForm calls metadata: of the device, not of the interview."""

_RESERVED = DEVICE_LEAVES.union(FORM_LEAVES)


def is_reserved(id: str) -> bool:
    """Whether an answer under ``id`` would be taken for something else."""
    return id in _RESERVED or id.startswith(RESPONDENT_PREFIX)
