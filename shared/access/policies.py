"""Decisions: may this principal do this with that? The rules are in ``policies.cedar``; the default is no."""

from __future__ import annotations

import json
from enum import StrEnum
from functools import lru_cache
from importlib.resources import files
from typing import Any

import cedarpy
import msgspec

from shared.access.principals import Principal

REMEMBERED_DECISIONS = 8192


class Action(StrEnum):
    """What can be asked for."""

    SUBMIT = "submit"
    AMEND = "amend"
    WITHDRAW = "withdraw"
    SIGN_OFF = "sign_off"
    READ_RECEIPT = "read_receipt"
    ATTACH = "attach"
    RECORD_ACTIVITY = "record_activity"
    RECORD_OBLIGATION = "record_obligation"
    HAND_IN_REPORT = "hand_in_report"
    READ_SEALED_CONTACTS = "read_sealed_contacts"
    KEEP_CASE = "keep_case"
    READ_CASE = "read_case"
    READ_SEALED_CASE = "read_sealed_case"
    READ_FORMS = "read_forms"
    READ_IMPORTS = "read_imports"
    OPEN_SEALED = "open_sealed"
    READ_QUARANTINE = "read_quarantine"
    SETTLE_QUARANTINE = "settle_quarantine"
    HANDLE = "handle"
    REPLY = "reply"
    READ_PROGRESS = "read_progress"
    READ_COMMON_PROGRESS = "read_common_progress"
    READ_BOOKS = "read_books"
    QUERY_TABLE = "query_table"
    REQUEST_GRANT = "request_grant"
    DECIDE_GRANT = "decide_grant"
    REVOKE_GRANT = "revoke_grant"
    READ_GRANTS = "read_grants"
    READ_AUDIT = "read_audit"
    READ_INBOX = "read_inbox"
    OPERATE = "operate"

    @property
    def is_read(self) -> bool:
        """Whether its refusal may not even tell that there is something."""
        return self.value.startswith("read_") or self is Action.OPEN_SEALED


class Resource(msgspec.Struct, frozen=True, gc=False):
    """What it is done to. ``kind`` and ``id`` name it for the audit trail; the rules see the other fields.

    ``unit`` is the unit that it belongs to, ``channel`` the one that it came by, ``owner`` the subject whose
    it is; None where that makes no sense, and then no rule that asks for it permits anything.
    """

    kind: str
    id: str = ""
    campaign: str = ""
    unit: str | None = None
    channel: str | None = None
    owner: str | None = None


class _Question(msgspec.Struct, frozen=True, gc=False):
    """All that a rule can see; equal questions have equal answers, whoever asks and whenever."""

    action: str
    principal_kind: str
    roles: frozenset[str]
    unit: str | None
    channel: str | None
    campaigns: frozenset[str]
    resource_campaign: str
    resource_unit: str | None
    resource_channel: str | None
    is_owner: bool | None


class Policies:
    """The parsed rules, with the latest decisions remembered (a decision costs some 50 us)."""

    def __init__(self) -> None:
        text = files("shared.access").joinpath("policies.cedar").read_text(encoding="utf-8")
        self._policies = cedarpy.PolicySet.from_str(text)
        self._decide = lru_cache(maxsize=REMEMBERED_DECISIONS)(self._evaluate)

    def is_allowed(self, principal: Principal, action: Action, resource: Resource) -> bool:
        """Whether a rule permits it."""
        return self._decide(
            _Question(
                action.value,
                principal.kind,
                principal.roles,
                principal.unit,
                principal.channel,
                principal.campaigns,
                resource.campaign,
                resource.unit,
                resource.channel,
                None if resource.owner is None else resource.owner == principal.subject,
            )
        )

    def _evaluate(self, question: _Question) -> bool:
        principal = {"type": question.principal_kind.capitalize(), "id": "asking"}
        resource = {"type": "Resource", "id": "asked"}
        result = cedarpy.is_authorized(
            {"principal": principal, "action": f'Action::"{question.action}"', "resource": resource},
            self._policies,
            json.dumps(
                [
                    {"uid": principal, "attrs": _principal_attributes(question), "parents": []},
                    {"uid": resource, "attrs": _resource_attributes(question), "parents": []},
                ]
            ),
        )
        if result.diagnostics.errors:
            raise AssertionError(f"policies.cedar fails for {question}: {result.diagnostics.errors}")
        return bool(result.allowed)


def _principal_attributes(question: _Question) -> dict[str, Any]:
    return _present(
        subject="asking",
        roles=sorted(question.roles),
        campaigns=sorted(question.campaigns),
        unit=question.unit,
        channel=question.channel,
    )


def _resource_attributes(question: _Question) -> dict[str, Any]:
    owner = {None: None, True: "asking", False: "somebody else"}[question.is_owner]
    return _present(
        campaign=question.resource_campaign,
        unit=question.resource_unit,
        channel=question.resource_channel,
        owner=owner,
    )


def _present(**attributes: Any) -> dict[str, Any]:
    return {name: value for name, value in attributes.items() if value is not None}
