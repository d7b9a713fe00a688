"""The use case: a filled-in form, sent by an interviewer, becomes a submission or amends one."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from hashlib import sha256

from msgspec.structs import replace

from services.intake.changing import Changing
from services.intake.channels.openrosa.editing import Edits
from services.intake.channels.openrosa.instance import Instance, read_instance
from services.intake.channels.openrosa.mapping import CHANNEL, form_of, sheet_of
from services.intake.channels.openrosa.publishing import PublishedForm, Publishing
from services.intake.channels.openrosa.shapes import read_by
from services.intake.channels.openrosa.wording import in_words
from services.intake.errors import ContentDiffers
from services.intake.form import Form
from services.intake.handlers import Submitting
from services.intake.model import Outcome, Receipt, submission_id
from shared.access import Principal
from shared.errors import Conflict, Invalid, NotFound
from shared.privacy import Privacy

READ_AT_ONCE_BYTES = 65_536
"""A larger form is read in a thread: it would keep all others waiting."""


@dataclass(frozen=True, slots=True)
class Received:
    """What became of an instance. ``edit_mark`` tells the files of an edit from those of what it replaces."""

    outcome: Outcome
    receipt: Receipt
    edit_mark: str = ""


class Receiving:
    """Takes in the filled-in forms of one campaign."""

    def __init__(
        self,
        *,
        publishing: Publishing,
        submitting: Submitting,
        changing: Changing,
        edits: Edits,
        privacy: Privacy,
    ) -> None:
        self._publishing = publishing
        self._campaign = publishing.campaign
        self._submitting = submitting
        self._changing = changing
        self._edits = edits
        self._privacy = privacy

    async def take_in(self, principal: Principal, xml: bytes) -> Received:
        """Take in one instance; the same again is a repeat.

        Raises Invalid (``unknown-form-version`` where it can be right though), NotFound for a form that isn't
        this campaign's, NotAllowed, Conflict, RetryLater. Nothing is kept then.
        """
        instance = await read(xml)
        published = await self._published(instance)
        try:
            form = self._form(principal, instance, published, xml)
            if instance.instance_id is None or instance.deprecated_id is None:
                return await self._submit(principal, form, instance.instance_id)
            return await self._amend(principal, form, instance.instance_id, instance.deprecated_id)
        except Invalid as error:
            raise in_words(error, self._campaign, published.questionnaire) from error

    async def source_id(self, xml: bytes) -> str | None:
        """The submission's that ``xml`` belongs to, where it says so. Raises Invalid."""
        instance = await read(xml)
        if instance.deprecated_id is not None:
            return await self._edits.source_id(instance.deprecated_id)
        return instance.instance_id

    async def _published(self, instance: Instance) -> PublishedForm:
        published = await self._publishing.form_called(instance.form_id)
        if published is None:
            raise NotFound("本活动没有这份表单，请在“获取空白表单”中重新下载。", code="unknown-form")
        return published

    def _form(self, principal: Principal, instance: Instance, published: PublishedForm, xml: bytes) -> Form:
        sheet = sheet_of(read_by(published.shape, instance))
        return form_of(
            sheet,
            campaign=self._campaign.id,
            source_id=instance.instance_id or f"content:{sha256(xml).hexdigest()}",
            version=instance.version,
            questionnaire=published.questionnaire.of_version(instance.version),
            interviewer=principal.name,
            unit=principal.unit,
        )

    async def _submit(self, principal: Principal, form: Form, instance_id: str | None) -> Received:
        try:
            return Received(*await self._submitting.submit(principal, form))
        except ContentDiffers as error:
            if instance_id is None or not await self._edits.is_superseded(instance_id):
                raise _differs() from error
            # What was edited comes after its edit, which stands.
            stands = await self._changing.look_up(principal, error.receipt)
            return Received(Outcome.REPEAT, self._with_code(stands))

    async def _amend(
        self, principal: Principal, form: Form, instance_id: str, deprecated_id: str
    ) -> Received:
        self._submitting.checked(principal, form)  # nothing is remembered of an edit that is wrong
        source_id = await self._edits.source_id(deprecated_id)
        form = replace(form, source_id=source_id)
        mark = sha256(instance_id.encode()).hexdigest()[:8]
        code = self._privacy.receipt(submission_id(self._campaign.id, CHANNEL, source_id))
        try:
            stands = await self._changing.look_up(principal, code)
        except NotFound:
            received = await self._submit(principal, form, None)
            await self._edits.remember(instance_id, deprecated_id, source_id)
            return Received(received.outcome, received.receipt, mark)
        if not await self._edits.is_superseded(instance_id):
            await self._edits.remember(instance_id, deprecated_id, source_id)
            stands = await self._changing.amend(principal, code, form, expected_revision=None)
        return Received(Outcome.REPEAT, self._with_code(stands), mark)

    def _with_code(self, receipt: Receipt) -> Receipt:
        """As told to whoever sends a submission: each version of an interview is answered alike."""
        code = self._privacy.withdrawal_code(receipt.registration.submission_id)
        return replace(receipt, withdrawal_code=code)


async def read(xml: bytes) -> Instance:
    """The instance in ``xml``, without keeping others waiting. Raises Invalid."""
    if len(xml) <= READ_AT_ONCE_BYTES:
        return read_instance(xml)
    return await asyncio.to_thread(read_instance, xml)


def _differs() -> Conflict:
    return Conflict("同一编号的访谈已提交过，内容与这一份不同，没有改动。", code="content-differs")
