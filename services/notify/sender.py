"""The component that sends mails: each at most once, whatever dies in between."""

from __future__ import annotations

from services.notify import store
from services.notify.claims import Claims
from services.notify.handlers import NotifyHandler
from services.notify.letter import AddressError, letter_of
from services.notify.model import Delivery, DeliveryAction
from services.notify.outcomes import count_server_away
from services.notify.smtp import Answer, MailServer, MailServerAway
from shared.background import FinishingComponent
from shared.consuming import Outbox, positions
from shared.consuming.backoff import Backoff
from shared.errors import RetryLater
from shared.events import Topic
from shared.log.port import EventLog
from shared.logging import get_logger
from shared.platform import Health
from shared.real_time import RealClock
from shared.store.port import Store

SWEEP_EVERY_S = 5.0
"""How often a sender looks for mails whose retry is due and for claims of dead senders."""
MAILS_AT_ONCE = 50


class MailSender(FinishingComponent):
    """Sends what is due, one mail after the other. Any number of processes may run one.

    A mail is claimed in the store before the server hears of it, and settled after the server's answer. A
    sender that dies in between leaves a claim that nobody repeats: it ends as unconfirmed. ``id`` names this
    sender and no other, before or after.
    """

    name = "notify.sender"
    stop_within_s = 10.0
    """So long may the mail in hand take to be settled; then it ends as unconfirmed."""

    def __init__(
        self, id: str, server: MailServer, *, log: EventLog, store: Store, outbox: Outbox, clock: RealClock
    ) -> None:
        super().__init__()
        self._server = server
        self._log = log
        self._store = store
        self._claims = Claims(id, store=store, outbox=outbox, clock=clock, stopping=self._stopping)
        self._is_server_away = False

    def health(self) -> Health:
        """Ready even while the mail server is away: mails wait, and everything else works."""
        return super().health() if self._is_server_away else self._background.health(self._waiting_for)

    async def send_due(self) -> int:
        """Send what is due now; returns how many mails were settled. Raises RetryLater."""
        await self._claims.lose_those_of_the_dead()
        if not await self._is_fold_complete():
            return 0
        settled_count = 0
        for delivery in await self._claims.due(limit=MAILS_AT_ONCE):
            if self._stopping.is_set():
                break
            settled_count += await self._send(delivery)
        return settled_count

    async def _run(self) -> None:
        backoff = Backoff()
        while not self._stopping.is_set():
            try:
                settled_count = await self.send_due()
            except RetryLater as error:
                self._note_waiting(error)
                await backoff.wait(until=self._stopping)
                continue
            self._waiting_for = ""
            backoff.reset()
            if settled_count == 0:
                await self._pause(SWEEP_EVERY_S)

    def _note_waiting(self, error: RetryLater) -> None:
        self._waiting_for = str(error)
        self._is_server_away = isinstance(error, MailServerAway)
        if self._is_server_away:
            count_server_away()
        get_logger(self.name).warning("sender-waits", reason=str(error))

    async def _is_fold_complete(self) -> bool:
        """Whether all that the log says of deliveries is known.

        In a store that is folded anew, mails that were sent long ago look fresh until the log's word on them
        has been read: until then nothing may be sent.
        """
        ends = await self._log.ends(Topic.NOTICES)
        read = await positions.load(self._store, NotifyHandler.name, ends)
        return all(read[partition].next_offset >= end for partition, end in ends.items())

    async def _send(self, delivery: Delivery) -> bool:
        """Send one mail; whether something became of it."""
        document = await self._store.get(store.MAILS, delivery.notice_id)
        if document is None:  # a rebuild has cleared it and will bring it back
            return False
        mail = store.mail_of(document)
        try:
            letter = letter_of(mail, self._server.sender_address)
        except AddressError as error:
            claimed = await self._claims.claim(delivery)
            answer = Answer(DeliveryAction.REFUSE, str(error))
            return claimed is not None and await self._claims.settle(claimed, answer)
        async with self._server.connect() as session:
            claimed = await self._claims.claim(delivery)
            if claimed is None:
                return False
            return await self._claims.settle(claimed, await session.hand_over(letter, mail.address))
