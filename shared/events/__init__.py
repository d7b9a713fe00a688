"""The only language that services share: the envelope and every event type."""

from shared.events.access import AccessGranted, AccessRefused, AccessRequested, AccessRevoked
from shared.events.activities import ActivityAmended, ActivityRecorded, ActivityWithdrawn
from shared.events.base import REGISTRY, EventData, Topic, derived_id, make_event
from shared.events.envelope import Event, from_message, in_binary_mode, rfc3339, to_message, type_of
from shared.events.notices import NoticeFailed, NoticeSent
from shared.events.obligations import (
    ContactsRegistered,
    ContactsWithdrawn,
    PointClosed,
    PointOpened,
    QuestionnairesTotalled,
    ReportHandedIn,
)
from shared.events.problems import ProblemAnswered, ProblemRecorded
from shared.events.quota import (
    QUOTA_STATUS_NAMES,
    QuotaMilestoneReached,
    QuotaStatus,
    QuotaStatusChanged,
)
from shared.events.submissions import (
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
