from .access import AccessGranted, AccessRefused, AccessRequested, AccessRevoked
from .activities import ActivityAmended, ActivityRecorded, ActivityWithdrawn
from .base import EventData, Topic, derived_id, make_event
from .envelope import Event, from_message, in_binary_mode, rfc3339, to_message, type_of
from .notices import NoticeFailed, NoticeSent
from .obligations import (
    ContactsRegistered,
    ContactsWithdrawn,
    PointClosed,
    PointOpened,
    QuestionnairesTotalled,
    ReportHandedIn,
)
from .problems import ProblemAnswered, ProblemRecorded
from .quota import (
    QUOTA_STATUS_NAMES,
    QuotaMilestoneReached,
    QuotaStatus,
    QuotaStatusChanged,
)
from .registry import REGISTRY
from .submissions import (
    Consent,
    SealedFields,
    SubmissionAmended,
    SubmissionReceived,
    SubmissionSignedOff,
    SubmissionWithdrawn,
)

__all__ = [
    "QUOTA_STATUS_NAMES",
    "REGISTRY",
    "AccessGranted",
    "AccessRefused",
    "AccessRequested",
    "AccessRevoked",
    "ActivityAmended",
    "ActivityRecorded",
    "ActivityWithdrawn",
    "Consent",
    "ContactsRegistered",
    "ContactsWithdrawn",
    "Event",
    "EventData",
    "NoticeFailed",
    "NoticeSent",
    "PointClosed",
    "PointOpened",
    "ProblemAnswered",
    "ProblemRecorded",
    "QuestionnairesTotalled",
    "QuotaMilestoneReached",
    "QuotaStatus",
    "QuotaStatusChanged",
    "ReportHandedIn",
    "SealedFields",
    "SubmissionAmended",
    "SubmissionReceived",
    "SubmissionSignedOff",
    "SubmissionWithdrawn",
    "Topic",
    "derived_id",
    "from_message",
    "in_binary_mode",
    "make_event",
    "rfc3339",
    "to_message",
    "type_of",
]
