"""A follower's message as a form."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from services.intake.channels.wechat import texts
from services.intake.channels.wechat.accounts import CHANNEL
from services.intake.channels.wechat.agreements import Agreements
from services.intake.channels.wechat.incoming import MEDIA, Incoming, Kind
from services.intake.channels.wechat.store import Agreement
from services.intake.counting import CountedRefusal, count
from services.intake.form import ConsentForm, Form, RespondentForm
from services.intake.handlers import Submitting
from services.intake.model import Outcome, Receipt
from services.intake.owning import owner_name
from shared.access import Principal
from shared.errors import Invalid, NotAllowed
from shared.privacy import Privacy

LONGEST_CHARS = 5000
"""As for every submission's message."""

_MARKS: Mapping[Kind, str] = {
    Kind.IMAGE: "[图片]",
    Kind.VOICE: "[语音]",
    Kind.VIDEO: "[视频]",
    Kind.SHORT_VIDEO: "[视频]",
    Kind.LOCATION: "[位置]",
    Kind.LINK: "[链接]",
}


class NoConsent(NotAllowed):
    """Who sent it hasn't agreed to anything being kept, or agrees no longer."""

    def __init__(self) -> None:
        super().__init__("没有本人的同意，没有保存。", code="no-consent")


class Messages:
    """Takes messages in."""

    def __init__(
        self, *, submitting: Submitting, agreements: Agreements, privacies: Mapping[str, Privacy]
    ) -> None:
        self._submitting = submitting
        self._agreements = agreements
        self._privacies = privacies

    def sender(self, campaign: str, openid: str) -> Principal:
        """The follower as a principal, who may do things to what is their own."""
        owner = owner_name(self._privacies[campaign].pseudonyms, CHANNEL, openid)
        return respondent(owner, campaign)

    async def take_in(self, campaign: str, sender: Principal, incoming: Incoming) -> tuple[Outcome, Receipt]:
        """Take a message of ``sender`` in. Raises NoConsent, Invalid, ContentDiffers, RetryLater."""
        agreement = await self._agreements.covering(campaign, sender.subject, incoming)
        if agreement is None:
            raise NoConsent
        form = _form(campaign, sender.subject, incoming, agreement)
        with CountedRefusal(sender):
            answer = await self._submitting.submit(sender, form)
        count(sender, [answer])
        return answer


def respondent(owner: str, campaign: str) -> Principal:
    """The principal who owns what is ``owner``'s."""
    return Principal(
        subject=owner,
        kind="respondent",
        roles=frozenset(),
        channel=CHANNEL,
        campaigns=frozenset({campaign}),
    )


def _form(campaign: str, owner: str, incoming: Incoming, agreement: Agreement) -> Form:
    return Form(
        campaign=campaign,
        channel=CHANNEL,
        source_id=f"{owner}:{incoming.account}:{incoming.created_s}:{incoming.id}",
        collected_at=_moment(incoming.created_s),
        consent=ConsentForm(agreement.version, _moment(agreement.given_s), "sent"),
        respondent=RespondentForm(openid=incoming.sender),
        message=_words(incoming),
    )


def _words(incoming: Incoming) -> str:
    """What it says; media say what they are. Raises Invalid for nothing, or for too much."""
    text = _said(incoming)
    if not text:
        raise Invalid(texts.NOTHING_SAID)
    if len(text) > LONGEST_CHARS:
        raise Invalid(texts.too_long(LONGEST_CHARS))
    return text


def _said(incoming: Incoming) -> str:
    get = incoming.get
    if incoming.kind is Kind.TEXT:
        return get("Content")
    if incoming.kind in MEDIA and not get("MediaId"):
        return ""
    details = {
        Kind.VOICE: get("Recognition"),
        Kind.LOCATION: f"{get('Label')}（北纬 {get('Location_X')}，东经 {get('Location_Y')}）",
        Kind.LINK: "\n".join(filter(None, (get("Title"), get("Description"), get("Url")))),
    }
    return f"{_MARKS[incoming.kind]} {details.get(incoming.kind, '')}".rstrip()


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
