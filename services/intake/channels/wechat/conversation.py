"""What is done about a push, and what its sender reads in answer."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Awaitable, Callable, Mapping
from typing import NamedTuple

from services.intake.changing import Changing
from services.intake.channels.wechat import texts
from services.intake.channels.wechat.accounts import Account
from services.intake.channels.wechat.agreements import Agreements
from services.intake.channels.wechat.events import Events
from services.intake.channels.wechat.incoming import MEDIA, Incoming, Kind
from services.intake.channels.wechat.media_jobs import MediaJobs
from services.intake.channels.wechat.messages import Messages, NoConsent
from services.intake.errors import ContentDiffers
from services.intake.model import Outcome
from services.intake.receipts.asking import Asking
from shared.access import Principal
from shared.campaign import Campaign
from shared.errors import Invalid, NotFound
from shared.metrics import WeChatOutcome

_COMMAND = re.compile(
    r"[\"“”'‘’。.!\s]*(?P<word>同意|退出|查询|撤回|帮助|\?)(?:[\s:]*(?P<code>[0-9A-Za-z\-‐‑‒–—―−_\s]{16,40}))?[\"“”'‘’。.!\s]*"
)


class Answered(NamedTuple):
    """What the sender reads (None: nothing), and what came of the push."""

    text: str | None
    outcome: WeChatOutcome


class Turn(NamedTuple):
    """One push to one account; ``code`` is what came with a command."""

    account: Account
    incoming: Incoming
    sender: Principal
    code: str = ""


class Conversation:
    """Answers pushes. Whatever it answers is durable; a repeat changes nothing and gets the same answer."""

    def __init__(
        self,
        *,
        campaigns: Mapping[str, Campaign],
        messages: Messages,
        agreements: Agreements,
        events: Events,
        media_jobs: MediaJobs,
        asking: Asking,
        changing: Changing,
        questionnaire_of: Callable[[Account], str | None],
    ) -> None:
        self._campaigns = campaigns
        self._messages = messages
        self._agreements = agreements
        self._events = events
        self._media_jobs = media_jobs
        self._asking = asking
        self._changing = changing
        self._questionnaire_of = questionnaire_of
        self._commands: Mapping[str, Callable[[Turn], Awaitable[str]]] = {
            "同意": self._agree,
            "退出": self._end,
            "查询": self._look_up,
            "撤回": self._withdraw,
            "帮助": self._greet,
            "?": self._greet,
        }

    async def answer(self, account: Account, incoming: Incoming) -> Answered:
        """What ``incoming`` is answered. Raises RetryLater: nothing is promised, and it should come again."""
        turn = Turn(account, incoming, self._messages.sender(account.campaign, incoming.sender))
        match incoming.kind:
            case Kind.SUBSCRIBE | Kind.SCAN | Kind.UNSUBSCRIBE:
                outcome = await self._events.note(account.campaign, incoming)
                has_left = incoming.kind is Kind.UNSUBSCRIBE
                return Answered(None if has_left else await self._greet(turn), outcome)
            case Kind.CLICK:
                return Answered(await self._greet(turn), WeChatOutcome.ANSWERED)
            case Kind.VIEW | Kind.OTHER:
                return Answered(None, WeChatOutcome.IGNORED)
            case Kind.TEXT:
                return await self._hear(turn)
            case _:
                return await self._take_in(turn)

    async def _hear(self, turn: Turn) -> Answered:
        """A command, or else a message: only what is nothing but a command is one."""
        said = unicodedata.normalize("NFKC", turn.incoming.get("Content"))
        command = _COMMAND.fullmatch(said)
        if command is None or (command["code"] and command["word"] not in ("查询", "撤回")):
            return await self._take_in(turn)
        turn = turn._replace(code=command["code"] or "")
        return Answered(await self._commands[command["word"]](turn), WeChatOutcome.ANSWERED)

    async def _take_in(self, turn: Turn) -> Answered:
        account, incoming = turn.account, turn.incoming
        if incoming.kind in MEDIA and account.app_secret is None:
            return Answered(texts.NO_MEDIA, WeChatOutcome.IGNORED)
        try:
            outcome, receipt = await self._messages.take_in(account.campaign, turn.sender, incoming)
        except NoConsent:
            return Answered(self._consent_asked(account, was_message=True), WeChatOutcome.BEFORE_CONSENT)
        except ContentDiffers as error:  # agreed anew between a push and its repeat
            return Answered(texts.received(error.receipt), WeChatOutcome.REPEAT)
        except Invalid as error:
            return Answered(str(error), WeChatOutcome.INVALID)
        if incoming.kind in MEDIA:
            await self._media_jobs.enter(receipt, incoming)
        return Answered(texts.received(receipt.code, receipt.withdrawal_code), _OUTCOMES[outcome])

    async def _agree(self, turn: Turn) -> str:
        stands = await self._agreements.agree(turn.account.campaign, turn.sender.subject, turn.incoming)
        return texts.agreed(self._questionnaire_of(turn.account)) if stands else texts.ENDED

    async def _end(self, turn: Turn) -> str:
        await self._agreements.end(turn.account.campaign, turn.sender.subject, turn.incoming)
        return texts.ENDED

    async def _greet(self, turn: Turn) -> str:
        agreement = await self._agreements.covering(turn.account.campaign, turn.sender.subject, turn.incoming)
        if agreement is None:
            return self._consent_asked(turn.account, was_message=False)
        return texts.greeting(self._questionnaire_of(turn.account))

    async def _look_up(self, turn: Turn) -> str:
        return await self._about_receipt(turn, texts.HOW_TO_LOOK_UP, self._looked_up)

    async def _withdraw(self, turn: Turn) -> str:
        return await self._about_receipt(turn, texts.HOW_TO_WITHDRAW, self._withdrawn)

    async def _about_receipt(self, turn: Turn, usage: str, work: Callable[[Turn], Awaitable[str]]) -> str:
        """Only what was sent with the sender's own account is found."""
        if not turn.code:
            return usage
        try:
            return await work(turn)
        except NotFound:
            return texts.NOTHING_THERE
        except Invalid as error:
            return str(error)

    async def _looked_up(self, turn: Turn) -> str:
        return texts.looked_up(await self._asking.answer_to_owner(turn.sender, turn.code))

    async def _withdrawn(self, turn: Turn) -> str:
        return texts.withdrawn((await self._changing.withdraw(turn.sender, turn.code)).code)

    def _consent_asked(self, account: Account, *, was_message: bool) -> str:
        consents = self._campaigns[account.campaign].consents
        return texts.consent_asked(consents.texts[consents.current], was_message=was_message)


_OUTCOMES: Mapping[Outcome, WeChatOutcome] = {
    Outcome.ACCEPTED: WeChatOutcome.ACCEPTED,
    Outcome.REPEAT: WeChatOutcome.REPEAT,
}
