from __future__ import annotations

from pathlib import Path

import pytest

from services.demo.scenario import Scenario, build_scenario
from shared.campaign import Campaign, load_campaign

SUZHOU = Path(__file__).parents[3] / "deploy" / "campaigns" / "suzhou-2024"


@pytest.fixture(scope="session")
def suzhou() -> Campaign:
    return load_campaign(SUZHOU)


@pytest.fixture(scope="session")
def scenario(suzhou: Campaign) -> Scenario:
    """The whole thing, at scale 1."""
    return build_scenario(suzhou, seed=2024)
