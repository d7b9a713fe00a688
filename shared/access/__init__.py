"""Who asks, what they may do, and what they did."""

from shared.access.access import Access
from shared.access.audit import AuditBroken, AuditEntry, AuditTrail, VerifiedChain
from shared.access.channel_keys import (
    ChannelKey,
    ChannelKeys,
    add_channel_key,
    new_channel_key,
    read_channel_keys,
    revoke_channel_key,
)
from shared.access.grants import Grant, GrantBook
from shared.access.interviewers import (
    Interviewer,
    Interviewers,
    add_interviewer,
    known_of,
    read_interviewers,
    revoke_interviewer,
)
from shared.access.issuer import LocalIssuer
from shared.access.policies import Action, Policies, Resource
from shared.access.principals import Principal, Role
from shared.access.sealed_secrets import derived_key
from shared.access.signing_in import SigningIn
from shared.access.tokens import TokenVerifier
from shared.access.watching import Watched

__all__ = [
    "Access",
    "Action",
    "AuditBroken",
    "AuditEntry",
    "AuditTrail",
    "ChannelKey",
    "ChannelKeys",
    "Grant",
    "GrantBook",
    "Interviewer",
    "Interviewers",
    "LocalIssuer",
    "Policies",
    "Principal",
    "Resource",
    "Role",
    "SigningIn",
    "TokenVerifier",
    "VerifiedChain",
    "Watched",
    "add_channel_key",
    "add_interviewer",
    "derived_key",
    "known_of",
    "new_channel_key",
    "read_channel_keys",
    "read_interviewers",
    "revoke_channel_key",
    "revoke_interviewer",
]
