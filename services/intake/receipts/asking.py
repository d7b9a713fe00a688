"""The use cases of whoever holds a receipt: what became of it, what it was answered, and taking it back."""

from __future__ import annotations

from typing import NamedTuple

from services.intake.changing import Changing
from services.intake.handling.answers import Answers, AnswerTold
from services.intake.handling.hearing import state_heard
from services.intake.handling.model import problem_id
from services.intake.limiting import Buckets, Limit
from services.intake.model import Receipt
from services.intake.receipts.standing import Standing, standing_of
from services.intake.unsealing.store import SEALED
from shared.access import Principal
from shared.store.port import Store

EVERYBODY = "everybody"
WITHDRAWAL_TOKENS = 10.0
"""A try of a withdrawal code counts as so many lookups: nobody mistypes it often."""


class Told(NamedTuple):
    """A receipt and how far its submission has come."""

    receipt: Receipt
    standing: Standing


class ToldAll(NamedTuple):
    """The same, with the latest answer to what it raised (None: there is none); for the respondent alone."""

    told: Told
    answer: AnswerTold | None


class Asking:
    """Answers questions about receipts."""

    def __init__(self, changing: Changing, answers: Answers, store: Store) -> None:
        self._changing = changing
        self._answers = answers
        self._store = store
        # A whole factory may ask through one address after its shift, hence the large bucket.
        self._by_client = Buckets(Limit.PUBLIC_CLIENT, per_s=1.0, burst=300.0)
        self._in_total = Buckets(Limit.PUBLIC_TOTAL, per_s=200.0, burst=2000.0)

    async def look_up(self, principal: Principal, receipt: str) -> Told:
        """For staff and channels. Raises NotFound, also where the principal may not know of it."""
        return await self._told(await self._changing.look_up(principal, receipt))

    async def look_up_as_holder(self, client: str, receipt: str) -> Told:
        """For whoever holds the code, asking from the address ``client``. Raises NotFound, TooMany."""
        self._limit(client, 1.0)
        return await self._told(await self._changing.find(receipt))

    async def answer_to_respondent(self, client: str, receipt: str, code: str) -> ToldAll:
        """For whoever shows the withdrawal code too. Raises as ``withdraw_as_holder``."""
        self._limit(client, WITHDRAWAL_TOKENS)
        return await self._told_all(await self._changing.find_by_respondent(receipt, code))

    async def answer_to_owner(self, owner: Principal, receipt: str) -> ToldAll:
        """For the account that sent it, by its channel's word; others are told no answer. Raises NotFound."""
        found = await self._changing.look_up(owner, receipt)
        if found.registration.owner != owner.subject:
            return ToldAll(await self._told(found), None)
        return await self._told_all(found)

    async def withdraw_as_holder(self, client: str, receipt: str, code: str) -> Told:
        """Take the submission back. Raises NotFound alike for a receipt that isn't there and a wrong code; TooMany."""
        self._limit(client, WITHDRAWAL_TOKENS)
        return await self._told(await self._changing.withdraw_by_respondent(receipt, code))

    def _limit(self, client: str, tokens: float) -> None:
        self._by_client.take(client, tokens)
        self._in_total.take(EVERYBODY, tokens)

    async def _told(self, receipt: Receipt) -> Told:
        id = receipt.registration.submission_id
        is_in_log = await self._store.get(SEALED, id) is not None
        problem = await state_heard(self._store, problem_id(id))
        return Told(receipt, standing_of(receipt.registration, is_in_log=is_in_log, problem=problem))

    async def _told_all(self, receipt: Receipt) -> ToldAll:
        return ToldAll(await self._told(receipt), await self._answers.to(receipt.registration))
