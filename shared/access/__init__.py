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
from shared.access.issuer import LocalIssuer
from shared.access.policies import Action, Policies, Resource
from shared.access.principals import Principal, Role
from shared.access.tokens import TokenVerifier

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
    "LocalIssuer",
    "Policies",
    "Principal",
    "Resource",
    "Role",
    "TokenVerifier",
    "VerifiedChain",
    "add_channel_key",
    "new_channel_key",
    "read_channel_keys",
    "revoke_channel_key",
]
