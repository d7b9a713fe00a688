"""Joins the parts: from settings to services, and to an app that runs them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import services.analytics.app
import services.intake.app
import services.notify.app
import services.quota.app
import services.release.app
from services.cli.books_watch import BooksWatch
from shared.access import Access
from shared.campaign import Campaign, load_campaign
from shared.errors import Invalid
from shared.http import App, Service, create_app
from shared.log import open_log
from shared.platform import Platform
from shared.settings import Settings
from shared.store import open_store

SERVICES: Mapping[str, Callable[[Platform], Service]] = {
    "intake": services.intake.app.build,
    "quota": services.quota.app.build,
    "analytics": services.analytics.app.build,
    "release": services.release.app.build,
    "notify": services.notify.app.build,
}


def check_service(name: str) -> None:
    """Raise Invalid unless there is a service called ``name``."""
    if name not in SERVICES:
        raise Invalid(f"没有名为“{name}”的服务，应为 {'、'.join(SERVICES)} 之一。")


def build_platform(settings: Settings) -> Platform:
    """The ports and definitions that ``settings`` name; nothing is connected yet."""
    return Platform(
        settings=settings,
        log=open_log(settings.log_url, topic_prefix=settings.topic_prefix),
        store=open_store(settings.store_url),
        campaigns=load_campaigns(settings),
        access=Access.from_settings(settings),
    )


def load_campaigns(settings: Settings) -> dict[str, Campaign]:
    """Every campaign in the campaigns folder, by id. Raises CampaignInvalid, or Invalid when none is there."""
    folders = sorted(path.parent for path in settings.campaigns_dir.glob("*/campaign.yaml"))
    if not folders:
        raise Invalid(f"{settings.campaigns_dir} 里没有活动定义（<活动>/campaign.yaml）。")
    campaigns = [load_campaign(folder) for folder in folders]
    return {campaign.id: campaign for campaign in campaigns}


def build_app(names: Sequence[str], settings: Settings) -> App:
    """An app that runs the services called ``names``."""
    platform = build_platform(settings)
    built = [SERVICES[name](platform) for name in names]
    books = [service.books for service in built if service.books is not None]
    if len(books) > 1:
        watch = BooksWatch(books, platform.campaigns)
        built[-1] = replace(built[-1], components=(*built[-1].components, watch))
    return create_app(built, platform, title="大访谈")
