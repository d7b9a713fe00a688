"""A whole campaign, replayed day by day on the embedded engine."""

import re
import shutil
from datetime import date

import pytest

from services.demo.scenario import build_scenario
from shared.campaign import load_campaign
from tests.journeys.conftest import ROOT, free_ports, reconciliation

pytestmark = pytest.mark.timeout(240)

SCALE = 0.1


@pytest.fixture
def campaigns(tmp_path):
    """Suzhou with a thirtieth of its targets: a few interviews reach a milestone."""
    folder = tmp_path / "campaigns" / "suzhou-2024"
    shutil.copytree(ROOT / "deploy" / "campaigns" / "suzhou-2024", folder)
    for file in ("quotas.yaml", "campaign.yaml"):
        text = (folder / file).read_text()
        small = re.sub(r"(target_\w+): (\d+)", lambda found: f"{found[1]}: {int(found[2]) // 30}", text)
        (folder / file).write_text(small.replace("milestones: [25,", "milestones: [5, 25,"))
    return folder.parent


def test_a_campaign_is_replayed_day_by_day_and_its_news_are_told(start_demo, campaigns):
    demo = start_demo(
        "--days-per-second",
        "40",
        "--scale",
        str(SCALE),
        environment={"DAFANGTAN_CAMPAIGNS_DIR": str(campaigns)},
        port=free_ports(1),
    )
    assert demo.ended() == 0, demo.text
    scenario = build_scenario(load_campaign(campaigns / "suzhou-2024"), 2024, SCALE, is_whole=True)
    line = reconciliation(demo.text)
    assert line, demo.text
    assert line[1] == f"{scenario.expected_accepted:,}"
    assert "系统的时钟停在 2024-09-01 00:00" in demo.text
    assert "作战图（2024-08-31）" in demo.text
    days = [date.fromisoformat(day) for day in re.findall(r"^(\S+) \S+ 第 \d+ 天", demo.text, re.MULTILINE)]
    assert len(days) > 3
    assert days == sorted(days)
    news = [date.fromisoformat(day) for day in re.findall(r"^  (\S+) .*完成 5%", demo.text, re.MULTILINE)]
    assert len(news) > 5
    assert date(2024, 5, 11) <= min(news) < max(news) <= date(2024, 8, 31)
