"""The campaign of 2024, for whoever only reads it."""

from functools import cache
from pathlib import Path

from shared.campaign import Campaign, load_campaign


@cache
def suzhou() -> Campaign:
    """Loaded once a process: it is frozen, and takes 0.05 s."""
    return load_campaign(Path("deploy/campaigns/suzhou-2024"))
