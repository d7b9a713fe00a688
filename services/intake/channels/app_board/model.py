"""Posts, threads and replies of the app's message board. Pure."""

from __future__ import annotations

from typing import Annotated

import msgspec
from pydantic import BaseModel, ConfigDict, Field, field_validator

from services.intake.form import ConsentForm, Form, RespondentForm
from services.intake.model import submission_id
from shared.events import derived_id
from shared.moments import Moment

CHANNEL = "app"
LONGEST_TEXT_CHARS = 5000

ShortText = Annotated[str, Field(min_length=1, max_length=200)]
LongText = Annotated[str, Field(min_length=1, max_length=LONGEST_TEXT_CHARS)]


class _Given(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class PostConsent(_Given):
    """Which consent text the user ticked, and when."""

    version: ShortText
    given_at: Moment


class Contact(_Given):
    """What the user tells of themselves; all of it voluntary."""

    name: ShortText | None = None
    employer: ShortText | None = None
    phone: ShortText | None = None


class Post(_Given):
    """One post as the app's backend sends it."""

    post_id: Annotated[ShortText, Field(description="the app's own id of this post, never used twice")]
    app_user: Annotated[ShortText, Field(description="the app's id of the user; kept sealed")]
    text: LongText
    thread: Annotated[
        ShortText | None, Field(description="the post_id of the post that began the thread; None begins one")
    ] = None
    posted_at: Moment
    consent: PostConsent
    unit: ShortText | None = None
    contact: Contact = Contact()

    @field_validator("text")
    @classmethod
    def _says_something(cls, text: str) -> str:
        return _not_blank(text)

    def form(self, campaign: str) -> Form:
        """The post as a message."""
        return Form(
            campaign=campaign,
            channel=CHANNEL,
            source_id=self.post_id,
            collected_at=self.posted_at,
            consent=ConsentForm(self.consent.version, self.consent.given_at, "ticked"),
            unit=self.unit,
            respondent=RespondentForm(
                name=self.contact.name,
                employer=self.contact.employer,
                phone=self.contact.phone,
                app_id=self.app_user,
            ),
            message=self.text,
        )


class ReplyText(_Given):
    """A reply of the staff. ``answers`` is the submission id of the post it answers; None: the latest."""

    text: LongText
    answers: ShortText | None = None

    @field_validator("text")
    @classmethod
    def _says_something(cls, text: str) -> str:
        return _not_blank(text)


class StoredPost(msgspec.Struct, frozen=True):
    """What is kept of a post under its submission id. ``owner`` is the keyed pseudonym of the user, ``named``
    the submission id of the post that it names as its thread, ``sealed`` the app's own id of it."""

    campaign: str
    thread: str
    owner: str
    named: str
    sealed: str
    posted_at: str
    received_at: str


class Thread(msgspec.Struct, frozen=True):
    """What is kept of a thread; it belongs to the unit of its latest post."""

    campaign: str
    unit: str
    post_count: int
    reply_count: int
    last_post_at: str
    is_waiting: bool


class Reply(msgspec.Struct, frozen=True):
    """What is kept of a reply. ``seq`` counts a campaign's replies from 1, in the order they became visible;
    ``answers`` is the submission under whose data key the text is ``sealed``; ``text_mac`` tells a repeat."""

    campaign: str
    seq: int
    thread: str
    answers: str
    sealed: str
    text_mac: str
    replied_at: str


def thread_id(campaign: str, owner: str, named: str) -> str:
    """The thread that ``owner`` has under the post ``named`` (a submission id), whichever post comes first.

    The owner is in it, so that nobody's post and no reply to it can come to stand in another's thread.
    """
    return derived_id("app-thread", campaign, owner, named)


def named_by(campaign: str, post: Post) -> str:
    """The submission id of the post that ``post`` names as the beginning of its thread, or its own."""
    return submission_id(campaign, CHANNEL, post.thread or post.post_id)


def _not_blank(text: str) -> str:
    if not text.strip():
        raise ValueError("应有内容，不能只有空白")
    return text
