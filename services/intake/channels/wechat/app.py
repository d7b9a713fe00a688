"""Joins the parts of the WeChat channel."""

from __future__ import annotations

from collections.abc import Mapping

from services.intake.attachments.attaching import Attachments
from services.intake.changing import Changing
from services.intake.channels.wechat import store
from services.intake.channels.wechat.access_tokens import AccessTokens
from services.intake.channels.wechat.accounts import Accounts
from services.intake.channels.wechat.agreements import Agreements
from services.intake.channels.wechat.api import WeChatApi
from services.intake.channels.wechat.conversation import Conversation
from services.intake.channels.wechat.envelope import Opener
from services.intake.channels.wechat.events import Events
from services.intake.channels.wechat.fetching import MediaFetcher
from services.intake.channels.wechat.media_jobs import MediaJobs
from services.intake.channels.wechat.messages import Messages
from services.intake.channels.wechat.page_tokens import PREFIX, PageTokens
from services.intake.channels.wechat.pushes import ADAPTER, Pushes
from services.intake.channels.wechat.routes import router_of
from services.intake.channels.wechat.web_login import WebLogin
from services.intake.handlers import Submitting
from services.intake.part import Part
from services.intake.quarantine import Quarantine
from services.intake.receipts.asking import Asking
from services.intake.settings import IntakeSettings
from shared.platform import Platform
from shared.privacy import Privacy


def build_wechat(
    platform: Platform,
    settings: IntakeSettings,
    privacies: Mapping[str, Privacy],
    *,
    submitting: Submitting,
    asking: Asking,
    changing: Changing,
    attachments: Attachments,
    quarantine: Quarantine,
) -> Part:
    """The channel over ``platform``. Raises AccountUnusable for settings that can't be."""
    accounts = Accounts.read(settings.intake_wechat_accounts.get_secret_value(), platform.campaigns)
    clock, its_store = platform.real_clock, platform.store
    api = WeChatApi(settings.intake_wechat_api_url)
    agreements = Agreements(campaigns=platform.campaigns, store=its_store)
    messages = Messages(submitting=submitting, agreements=agreements, privacies=privacies)
    page_tokens = PageTokens(accounts=accounts, clock=clock)
    platform.access.accept(PREFIX, page_tokens.authenticate)
    login = WebLogin(
        public_url=settings.intake_public_url,
        open_url=settings.intake_wechat_open_url,
        api=api,
        messages=messages,
        tokens=page_tokens,
        clock=clock,
    )
    jobs = MediaJobs(store=its_store, clock=clock)
    conversation = Conversation(
        campaigns=platform.campaigns,
        messages=messages,
        agreements=agreements,
        events=Events(privacies=privacies, store=its_store),
        media_jobs=jobs,
        asking=asking,
        changing=changing,
        questionnaire_of=login.entry,
    )
    pushes = Pushes(
        accounts=accounts,
        opener=Opener(fresh_s=settings.intake_wechat_fresh_s),
        conversation=conversation,
        messages=messages,
        quarantine=quarantine,
        clock=clock,
    )
    fetcher = MediaFetcher(
        accounts=accounts,
        api=api,
        tokens=AccessTokens(api=api, store=its_store, privacies=privacies, clock=clock),
        jobs=jobs,
        attachments=attachments,
    )
    has_media = any(account.app_secret for account in accounts.all())
    return Part(
        collections=store.COLLECTIONS,
        router=router_of(accounts, pushes, login),
        replayers={ADAPTER: pushes.replay},
        components=(fetcher,) if has_media else (),
    )
