"""The use case of submitting: checked, sealed, remembered, told to the log, in that order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
from msgspec.structs import replace

from services.intake import store
from services.intake.door import Door
from services.intake.errors import ContentDiffers
from services.intake.form import Form
from services.intake.gate import Gate
from services.intake.gathering import Gathering
from services.intake.judging import Judging
from services.intake.model import Outcome, Receipt, Registration, State
from services.intake.recently import Recently
from shared.access import Access, Action, Principal, Resource
from shared.campaign import Campaign
from shared.errors import DafangtanError, FieldProblem, Invalid
from shared.events import Event, Topic, rfc3339
from shared.platform import Clock
from shared.privacy import DataKey
from shared.store.port import Store

REMEMBERED_COUNT = 100_000

Answer = tuple[Outcome, Receipt] | DafangtanError
"""What became of one submission of several: accepted or a repeat, with its receipt, or why not."""


class _Registered(msgspec.Struct, frozen=True, gc=False):
    """A submission that passed every check, with the receipt that it has if it is new."""

    form: Form
    receipt: Receipt
    data_key: DataKey


class Submitting:
    """Takes submissions in; an answer is given only when it is durable.

    The registration is made first: whoever makes it has the id, all others are repeats or contradict. Then
    the event is appended. A process that dies in between has answered nobody; the sender sends again, that is
    a repeat, and a repeat whose event isn't known to be in the log appends it.
    """

    def __init__(
        self,
        *,
        judging: Judging,
        doors: Mapping[str, Door],
        access: Access,
        store: Store,
        gate: Gate,
        clock: Clock,
    ) -> None:
        self._judging = judging
        self._doors = doors
        self._access = access
        self._store = store
        self._gate = gate
        self._clock = clock
        self._known_logged = Recently(REMEMBERED_COUNT)
        self._gathering = Gathering[Form, Answer](self._take_in)

    async def submit(self, principal: Principal, submission: Form) -> tuple[Outcome, Receipt]:
        """Take one in. Raises Invalid, NotAllowed, ContentDiffers, RetryLater.

        Those that come at the same time share one write to store and log.
        """
        answer = await self._gathering.submit(self.checked(principal, submission))
        if isinstance(answer, DafangtanError):
            raise answer
        return answer

    async def submit_many(self, principal: Principal, submissions: Sequence[Form]) -> list[Answer]:
        """Take several in with one write each to store and log; an answer for each, in order.

        Raises RetryLater when store or log is away: then nothing is promised, and sending all of it again is
        right.
        """
        checked = [self._checked_or_refused(principal, submission) for submission in submissions]
        answers = iter(await self._take_in([form for form in checked if isinstance(form, Form)]))
        return [each if isinstance(each, DafangtanError) else next(answers) for each in checked]

    def checked(self, principal: Principal, submission: Form) -> Form:
        """``submission``, with its channel's unit where a message names none.

        Raises Invalid with every problem, NotAllowed, or RetryLater.
        """
        campaigns = self._judging.campaigns
        campaign = campaigns.get(submission.campaign)
        if campaign is None:
            allowed = f"没有这样的活动，应为 {'、'.join(campaigns)} 之一"
            raise Invalid("提交的内容有误。", [FieldProblem("campaign", allowed)])
        if submission.unit is None and submission.edition is None:
            submission = _placed(submission, campaign)
        resource = Resource(
            kind="submission",
            campaign=campaign.id,
            unit=submission.unit,
            channel=submission.channel,
            owner=self._doors[campaign.id].owner(submission),
        )
        self._access.check(principal, Action.SUBMIT, resource)
        problems = self._judging.problems_of(submission, campaign)
        if problems:
            raise Invalid("提交的内容有误，请按所列各项修改后重新提交。", problems)
        return submission

    def has_told(self, submission_id: str) -> bool:
        """Whether this process put the submission's event into the log or the spool, lately. False says nothing:
        another one may have, or this one long ago."""
        return submission_id in self._known_logged

    def _checked_or_refused(self, principal: Principal, submission: Form) -> Form | DafangtanError:
        try:
            return self.checked(principal, submission)
        except DafangtanError as error:
            return error

    async def _take_in(self, forms: Sequence[Form]) -> list[Answer]:
        """Step by step for all of them, since what is done again at once is done in half the time."""
        if not forms:
            return []
        received_at = rfc3339(self._clock())
        registered = [self._register(form, received_at) for form in forms]
        items = [(each.receipt.code, store.to_body(each.receipt.registration)) for each in registered]
        are_new = await self._store.insert_each(store.REGISTRATIONS, items)
        outcomes = list(zip(registered, are_new, strict=True))
        await self._tell([self._event(each) for each, is_new in outcomes if is_new])
        repeats = iter(await self._repeat([each for each, is_new in outcomes if not is_new]))
        return [(Outcome.ACCEPTED, each.receipt) if is_new else next(repeats) for each, is_new in outcomes]

    def _register(self, form: Form, received_at: str) -> _Registered:
        code, registration, data_key = self._doors[form.campaign].register(form, received_at)
        return _Registered(form, self._receipt(code, registration), data_key)

    def _receipt(self, code: str, registration: Registration) -> Receipt:
        door = self._doors[registration.campaign]
        return Receipt(code, registration, door.withdrawal_code(registration.submission_id))

    def _event(self, new: _Registered) -> Event:
        return self._doors[new.form.campaign].event(new.form, new.receipt.registration, new.data_key)

    async def _repeat(self, repeated: Sequence[_Registered]) -> list[Answer]:
        if not repeated:
            return []
        codes = list({repeat.receipt.code for repeat in repeated})
        documents = await self._store.get_many(store.REGISTRATIONS, codes)
        answers: list[Answer] = []
        untold: dict[str, Event] = {}
        for repeat in repeated:
            code = repeat.receipt.code
            stands = store.registration_of(documents[code])
            if not stands.is_told_by(repeat.receipt.registration.content_mac):
                answers.append(ContentDiffers(code))
                continue
            answers.append((Outcome.REPEAT, self._receipt(code, stands)))
            if self._may_be_untold(stands):
                untold[code] = self._told_again(repeat.form, stands)
        await self._tell(list(untold.values()))
        return answers

    def _may_be_untold(self, stands: Registration) -> bool:
        """Whether the process that registered it may have died before it told the log. An amendment tells the
        whole content in its own transaction."""
        return (
            stands.state is State.ACCEPTED
            and not stands.revision
            and stands.submission_id not in self._known_logged
        )

    def _told_again(self, submission: Form, stands: Registration) -> Event:
        door = self._doors[submission.campaign]
        return door.event(submission, stands, door.data_key(stands))

    async def _tell(self, events: Sequence[Event]) -> None:
        if not events:
            return
        await self._gate.append(Topic.SUBMISSIONS, events)
        for event in events:
            self._known_logged.add(event.id)


def _placed(message: Form, campaign: Campaign) -> Form:
    channel = campaign.channels.get(message.channel)
    return message if channel is None or channel.unit is None else replace(message, unit=channel.unit)
