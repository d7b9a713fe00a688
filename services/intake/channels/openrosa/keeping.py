"""Forms that can't be accepted though they may be somebody's answer: kept in quarantine, and tried again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from services.intake.channels.openrosa.mapping import CHANNEL
from services.intake.channels.openrosa.receiving import Receiving
from services.intake.model import Receipt
from services.intake.quarantine import Quarantine, Raw, Reason, told
from shared.access import Principal
from shared.errors import Invalid

ADAPTER = "openrosa"
MEDIA_TYPE = "text/xml"
_REASONS: Mapping[str, Reason] = {
    "broken-encoding": Reason.BROKEN_ENCODING,
    "unknown-form-version": Reason.UNKNOWN_FORM_VERSION,
    "invalid": Reason.CONTENT_ERRORS,
}
"""By the error's code. But for the first they come after the respondent's consent was read."""


class Keeping:
    """Puts refused forms of one campaign into quarantine, and takes them in again."""

    def __init__(self, quarantine: Quarantine, receiving: Receiving, campaign: str) -> None:
        self._quarantine = quarantine
        self._receiving = receiving
        self._campaign = campaign

    async def keep(self, principal: Principal, xml: bytes, error: Invalid) -> Invalid:
        """What to answer in place of ``error``: the same, saying so where ``xml`` was kept. Raises RetryLater."""
        reason = self._reason(xml, error)
        if reason is None:
            return error
        # What the quarantine shows of a sender names nobody; the name is sealed with the form.
        raw = Raw(
            campaign=self._campaign,
            channel=CHANNEL,
            adapter=ADAPTER,
            content=xml,
            media_type=MEDIA_TYPE,
            sent_by=replace(principal, name=None),
            source_id=None if reason is Reason.BROKEN_ENCODING else await self._receiving.source_id(xml),
            hint=principal.name or "",
        )
        id = await self._quarantine.keep(raw, reason, told(error))
        text = f"{error} 原文已封存待处理（编号 {id}）；请保留手机上的这一份。"
        return Invalid(text, error.problems, code=error.code, kept_as=id)

    async def replay(self, raw: Raw) -> Receipt:
        """Take in what was kept (a Replayer)."""
        principal = replace(raw.sent_by, name=raw.hint or None)
        return (await self._receiving.take_in(principal, raw.content)).receipt

    def _reason(self, xml: bytes, error: Invalid) -> Reason | None:
        if error.code == "broken-encoding" and f'id="{self._campaign}-'.encode() not in xml:
            return None
        return _REASONS.get(error.code)
