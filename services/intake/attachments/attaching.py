"""Attachments of submissions: who has the receipt and may submit there adds files to it."""

from __future__ import annotations

from collections.abc import AsyncIterable, Mapping

from services.intake.attachments.errors import HolderWithdrawn
from services.intake.attachments.model import FILE_KIND, Attachment, Described, Holder
from services.intake.attachments.vault import Opened, Vault
from services.intake.errors import NoSuchReceipt
from services.intake.model import Registration
from services.intake.owning import resource_of
from services.intake.store import REGISTRATIONS, registration_of
from shared.access import Access, Action, AuditEntry, Principal
from shared.errors import FieldProblem, Invalid
from shared.privacy import Privacy, normalise_receipt
from shared.store.port import Body, Store


class Attachments:
    """The attachments of submissions, by receipt."""

    def __init__(self, vault: Vault, privacies: Mapping[str, Privacy], access: Access, store: Store) -> None:
        self._vault = vault
        self._privacies = privacies
        self._access = access
        self._store = store

    async def add(
        self, principal: Principal, receipt: str, described: Described, content: AsyncIterable[bytes]
    ) -> Attachment:
        """Add a file to the submission under ``receipt``; it is durable on return.

        The same name and content again is the same attachment. Raises NotFound (also where the principal may not
        know of it), Invalid, TooLarge, AttachmentDiffers, HolderWithdrawn, StorageFull, RetryLater.
        """
        progress = await self._vault.add(await self.holder(principal, receipt), described, content)
        assert progress.attachment is not None
        return progress.attachment

    async def holder(self, principal: Principal, receipt: str) -> Holder:
        """The submission as the holder of its attachments. Raises NotFound, HolderWithdrawn."""
        return self._holder(await self._found(principal, receipt))

    async def listed(self, principal: Principal, receipt: str) -> list[Attachment]:
        """The whole attachments, oldest first; what they are called stays sealed. Raises NotFound."""
        registration = await self._found(principal, receipt)
        return await self._vault.listed(registration.submission_id)

    async def named(self, registration: Registration, *, audited: AuditEntry) -> list[tuple[Attachment, str]]:
        """The whole attachments with what they are called, as in ``read``."""
        return await self._vault.named(self._holder(registration), audited=audited)

    async def read(self, registration: Registration, attachment_id: str, *, audited: AuditEntry) -> Opened:
        """Open an attachment after the opening was entered in the audit trail. Raises NotFound, HolderWithdrawn."""
        return await self._vault.read(self._holder(registration), attachment_id, audited=audited)

    async def _found(self, principal: Principal, receipt: str) -> Registration:
        document = await self._store.get(REGISTRATIONS, normalise_receipt(receipt))
        if document is None:
            raise NoSuchReceipt
        registration = registration_of(document)
        if not self._access.is_allowed(principal, Action.ATTACH, resource_of(registration)):
            raise NoSuchReceipt
        return registration

    def _holder(self, registration: Registration) -> Holder:
        id, campaign, wrapped_key = (
            registration.submission_id,
            registration.campaign,
            registration.wrapped_key,
        )
        if wrapped_key is None:
            raise HolderWithdrawn
        return Holder(
            id, campaign, REGISTRATIONS, self._privacies[campaign].receipt(id), wrapped_key, _only_files
        )


def _only_files(_: Body, kind: str) -> None:
    if kind != FILE_KIND:
        raise Invalid("只有个案的附件分用途，这里不要填 kind。", [FieldProblem("kind", "请去掉")])
