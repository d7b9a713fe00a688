from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from shared.campaign import Campaign, load_campaign

SUZHOU = Path(__file__).parents[3] / "deploy" / "campaigns" / "suzhou-2024"


@pytest.fixture(scope="session")
def suzhou() -> Campaign:
    return load_campaign(SUZHOU)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the Suzhou definition, to be changed, as it was before its questionnaires were published."""
    folder = Path(shutil.copytree(SUZHOU, tmp_path / "definition"))
    (folder / "questionnaires" / "published.yaml").unlink()
    return folder
