"""What comes as JSON and can't be accepted: kept where it may be somebody's answer."""

from __future__ import annotations

import re
from collections.abc import Sequence, Set

from services.intake.form import read_form
from services.intake.handlers import Submitting
from services.intake.model import Receipt
from services.intake.quarantine.keeping import Quarantine, Unaccepted
from services.intake.quarantine.model import Raw, Reason, kept_answer, told
from shared.access import Access, Action, Principal, Resource
from shared.errors import DafangtanError, Invalid

ADAPTER = "json"
MEDIA_TYPE = "application/json"
_CAMPAIGN = re.compile(rb'"campaign"\s*:\s*"([^"\\]{1,200})"')
_EDITION = re.compile(rb'"edition"\s*:\s*"')
_SOURCE_ID = re.compile(rb'"source_id"\s*:\s*"([^"\\]{1,200})"')


class JsonForms:
    """Puts refused forms into quarantine, and takes them in again."""

    def __init__(
        self, *, quarantine: Quarantine, submitting: Submitting, access: Access, campaigns: Set[str]
    ) -> None:
        self._quarantine = quarantine
        self._submitting = submitting
        self._access = access
        self._campaigns = campaigns

    async def keep(self, principal: Principal, body: bytes, error: Invalid) -> DafangtanError:
        """What to answer in place of ``error``: the same, saying so where ``body`` was kept."""
        (answer,) = await self.keep_many(principal, [(body, error)])
        return answer

    async def keep_many(
        self, principal: Principal, refused: Sequence[tuple[bytes, Invalid]]
    ) -> Sequence[DafangtanError]:
        """As ``keep``, for several. Raises RetryLater: then what could have been kept may be lost if it isn't
        sent again."""
        found = [self._unaccepted(principal, body, error) for body, error in refused]
        kept = [each for each in found if each is not None]
        ids = iter(await self._quarantine.keep_many(kept) if kept else ())
        return [
            error if each is None else kept_answer(error, next(ids))
            for each, (_, error) in zip(found, refused, strict=True)
        ]

    async def replay(self, raw: Raw) -> Receipt:
        """Take in what was kept (a Replayer)."""
        _, receipt = await self._submitting.submit(raw.sent_by, read_form(raw.content))
        return receipt

    def _unaccepted(self, principal: Principal, body: bytes, error: Invalid) -> Unaccepted | None:
        """What to keep; None for what nobody's answer can be, or what a fix of ours can't mend."""
        reason = _reason(body, error)
        campaign = self._campaign(principal, body)
        if reason is None or campaign is None or principal.channel is None:
            return None
        resource = Resource(kind="submission", campaign=campaign, channel=principal.channel)
        if not self._access.is_allowed(principal, Action.SUBMIT, resource):
            return None
        source_id = _said(_SOURCE_ID, body)
        raw = Raw(campaign, principal.channel, ADAPTER, body, MEDIA_TYPE, principal, source_id)
        return Unaccepted(raw, reason, told(error))

    def _campaign(self, principal: Principal, body: bytes) -> str | None:
        """The one that the broken text names, else the only one that the sender may mean."""
        said = _said(_CAMPAIGN, body)
        if said in self._campaigns:
            return said
        possible = self._campaigns & principal.campaigns or self._campaigns
        return next(iter(possible)) if len(possible) == 1 else None


def _reason(body: bytes, error: Invalid) -> Reason | None:
    if not body.strip():
        return None
    if error.code == "broken-json":
        return Reason.BROKEN_FORMAT if _is_utf8(body) else Reason.BROKEN_ENCODING
    fields = {problem.field for problem in error.problems}
    if "questionnaire_version" in fields or ("edition" in fields and _EDITION.search(body)):
        return Reason.UNKNOWN_FORM_VERSION
    return None


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


def _said(pattern: re.Pattern[bytes], body: bytes) -> str | None:
    found = pattern.search(body)
    return None if found is None else found[1].decode(errors="replace")
