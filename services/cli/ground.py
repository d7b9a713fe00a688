"""What every command and service stands on: the campaigns and the platform that the settings name."""

from __future__ import annotations

from shared.access import Access
from shared.campaign import Campaign, load_campaign
from shared.errors import Invalid
from shared.log import open_log
from shared.platform import Platform
from shared.replay_clock import clock_of
from shared.settings import Settings
from shared.store import open_store


def build_platform(settings: Settings) -> Platform:
    """The ports and definitions that ``settings`` name; nothing is connected yet. Raises PaceUnusable."""
    return Platform(
        settings=settings,
        log=open_log(settings.log_url, topic_prefix=settings.topic_prefix),
        store=open_store(settings.store_url),
        campaigns=load_campaigns(settings),
        access=Access.from_settings(settings),
        clock=clock_of(settings.clock),
    )


def load_campaigns(settings: Settings) -> dict[str, Campaign]:
    """Every campaign in the campaigns folder, by id. Raises CampaignInvalid, or Invalid when none is there."""
    folders = sorted(path.parent for path in settings.campaigns_dir.glob("*/campaign.yaml"))
    if not folders:
        raise Invalid(f"{settings.campaigns_dir} 里没有活动定义（<活动>/campaign.yaml）。")
    campaigns = [load_campaign(folder) for folder in folders]
    return {campaign.id: campaign for campaign in campaigns}
