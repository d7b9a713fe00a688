"""``dafangtan questionnaire publish``."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from services.cli import app
from shared.campaign import CampaignInvalid


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The Suzhou definition with nothing published."""
    folder = Path(shutil.copytree("deploy/campaigns/suzhou-2024", tmp_path / "definition"))
    (folder / "questionnaires" / "published.yaml").unlink()
    return folder


def publish(folder: Path) -> Result:
    return CliRunner().invoke(app, ["questionnaire", "publish", str(folder)])


def test_it_says_what_is_published_now_and_what_was_before(folder: Path) -> None:
    first, again = publish(folder), publish(folder)
    assert first.exit_code == again.exit_code == 0
    assert "（general，版本 2024-05）：现已发布。" in first.output
    assert "（new_employment，版本 2024-05）：此前已发布，没有改动。" in again.output


def test_a_published_questionnaire_that_was_changed_is_refused_with_what_to_do(folder: Path) -> None:
    publish(folder)
    file = folder / "questionnaires" / "general.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("其他行业", "别的行业"), encoding="utf-8")
    refused = publish(folder)
    assert isinstance(refused.exception, CampaignInvalid)
    assert "已经发布，内容不能再改" in str(refused.exception)
    checked = CliRunner().invoke(app, ["campaign", "check", str(folder)])
    assert checked.exit_code == 1
    assert "questionnaires/general.yaml:12: 版本“2024-05”已经发布" in checked.output
