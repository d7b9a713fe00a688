"""The use cases of a unit's table of contacts: sealed when it comes, opened with role, purpose and audit entry."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import NamedTuple

import orjson

from services.intake.limiting import Buckets
from services.intake.obligations import store
from services.intake.obligations.desk import Desk, Owing, refuse_if_any, resource_of
from services.intake.obligations.form import ContactsForm, contacts_problems
from services.intake.obligations.model import Contacts, replaced
from shared.access import Action, AuditEntry, Principal
from shared.campaign import ObligationKind
from shared.errors import NotFound
from shared.store.port import Transaction
from shared.store.retrying import in_transaction

SEALED_FIELD = "contacts"
"""What the sealed table is bound to."""


class OpenedContacts(NamedTuple):
    """The table of contacts, by role and column, and the entry with which it was opened."""

    contacts: Contacts
    lines: Mapping[str, Mapping[str, str]]
    entry: AuditEntry


class ContactTables:
    """Registers, withdraws and opens tables of contacts. Every method raises NotAllowed (hidden where it is about
    looking), NotFound, RetryLater besides what it says."""

    def __init__(self, desk: Desk, limit: Buckets) -> None:
        self._desk = desk
        self._limit = limit

    async def register(
        self,
        principal: Principal,
        campaign: str,
        unit: str,
        form: ContactsForm,
        *,
        expected_revision: int | None = None,
    ) -> tuple[Contacts, bool]:
        """Register the table of contacts, or put it in the place of the one that stands, whose key is destroyed.

        And whether it is new. Raises Invalid; RevisionMoved where another revision than the expected one stands, so
        that what comes late doesn't take the place of what is newer.
        """
        owing = self._owing(principal, Action.RECORD_OBLIGATION, campaign, unit)
        refuse_if_any([*contacts_problems(form, owing.obligation)])
        new = self._sealed(principal, owing, form)
        change = partial(replaced, new=new, expected_revision=expected_revision)
        return await self._desk.change(principal, store.CONTACTS_SHELF, new.id, "register_contacts", change)

    async def withdraw(self, principal: Principal, campaign: str, unit: str) -> Contacts:
        """Take the table of contacts back: its data key is destroyed. Again changes nothing."""
        self._owing(principal, Action.RECORD_OBLIGATION, campaign, unit)
        id, at = store.contacts_id(campaign, unit), self._desk.now()

        def change(stands: Contacts | None) -> Contacts:
            if stands is None:
                raise no_contacts()
            return stands.withdrawn(by=principal.subject, at=at)

        contacts, _ = await self._desk.change(
            principal, store.CONTACTS_SHELF, id, "withdraw_contacts", change
        )
        return contacts

    async def look(self, principal: Principal, campaign: str, unit: str) -> Contacts:
        """The table of contacts, but for what is sealed."""
        self._owing(principal, Action.READ_PROGRESS, campaign, unit)
        document = await self._desk.platform.store.get(store.CONTACTS, store.contacts_id(campaign, unit))
        contacts = store.CONTACTS_SHELF.thing_of(document)
        if contacts is None:
            raise no_contacts()
        return contacts

    async def unseal(self, principal: Principal, campaign: str, unit: str, *, purpose: str) -> OpenedContacts:
        """Open the table of contacts: the audit entry is durable before the key is touched. Raises TooMany."""
        self._owing(principal, Action.READ_SEALED_CONTACTS, campaign, unit)
        self._limit.take(principal.subject)
        contacts, entry = await self._permit(principal, campaign, unit, purpose)
        assert contacts.wrapped_key is not None, "looked at with the entry"
        assert contacts.sealed is not None, "as long as there is a key"
        sealer = self._desk.privacies[campaign].sealer
        key = sealer.unwrap(contacts.id, contacts.wrapped_key)
        content = orjson.loads(sealer.open(key, contacts.id, SEALED_FIELD, contacts.sealed))
        return OpenedContacts(contacts, content["contacts"], entry)

    async def _permit(
        self, principal: Principal, campaign: str, unit: str, purpose: str
    ) -> tuple[Contacts, AuditEntry]:
        id = store.contacts_id(campaign, unit)

        async def work(transaction: Transaction) -> tuple[Contacts, AuditEntry]:
            contacts = store.CONTACTS_SHELF.thing_of(await transaction.get(store.CONTACTS, id))
            if contacts is None or contacts.is_withdrawn:
                raise no_contacts()
            entry = await self._desk.audit.record(
                transaction,
                principal=principal,
                action=Action.OPEN_SEALED,
                resource=resource_of(campaign, unit, id),
                details={"fields": [*contacts.roles], "purpose": purpose, "revision": contacts.revision},
                now=self._desk.platform.clock(),
            )
            return contacts, entry

        return await in_transaction(self._desk.platform.store, work)

    def _owing(self, principal: Principal, action: Action, campaign: str, unit: str) -> Owing:
        return self._desk.permitted(principal, action, campaign, unit, ObligationKind.CONTACTS)

    def _sealed(self, principal: Principal, owing: Owing, form: ContactsForm) -> Contacts:
        """The table, sealed with a key of its own."""
        id = store.contacts_id(owing.campaign.id, owing.unit.id)
        privacy = self._desk.privacies[owing.campaign.id]
        roles = [role for role in owing.obligation.contact_roles if role in form.contacts]
        ordered = ContactsForm(contacts={role: form.contacts[role] for role in roles})
        content = ordered.model_dump_json(exclude_none=True).encode()
        data_key = privacy.sealer.new_data_key(id)
        today = self._desk.today(owing.campaign).isoformat()
        return Contacts(
            id=id,
            campaign=owing.campaign.id,
            unit=owing.unit.id,
            recorded_by=principal.subject,
            recorded_at=self._desk.now(),
            roles=dict.fromkeys(roles, today),
            content_mac=privacy.pseudonyms.content_mac(b"contacts\0" + id.encode() + b"\0" + content),
            wrapped_key=data_key.wrapped,
            sealed=privacy.sealer.seal(data_key, id, SEALED_FIELD, content),
        )


def no_contacts() -> NotFound:
    """None were registered, or they were taken back."""
    return NotFound("这个单位没有登记联系表，或者已经撤回。", code="no-contacts")
