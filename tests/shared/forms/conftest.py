from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from shared.campaign import Campaign, Edition, Questionnaire, load_campaign
from shared.campaign.questionnaire_build import build_questionnaire
from shared.forms.files import read_questionnaire_file

DATA = Path(__file__).parent / "data"
SUZHOU = Path(__file__).parents[3] / "deploy" / "campaigns" / "suzhou-2024"


@pytest.fixture(scope="session")
def every_kind() -> Questionnaire:
    """A questionnaire with every kind of question, with all that they can have."""
    return build_questionnaire([read_questionnaire_file(DATA / "every_kind.yaml")])


@pytest.fixture(scope="session")
def suzhou() -> Campaign:
    return load_campaign(SUZHOU)


@pytest.fixture(scope="session")
def campaign(suzhou: Campaign, every_kind: Questionnaire) -> Campaign:
    """Suzhou's campaign, whose general edition asks every kind of question."""
    return replace(suzhou, editions={**suzhou.editions, "general": Edition("general", "通用版", every_kind)})
