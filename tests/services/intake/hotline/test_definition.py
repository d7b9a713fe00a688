"""``hotline.yaml``: there or not, and told by the line where it is wrong."""

from pathlib import Path

import pytest

from services.intake.channels.hotline.definition import load_hotline
from shared.campaign import CampaignInvalid


def test_suzhous_hotline_has_categories_by_code_and_name():
    hotline = load_hotline(Path("deploy/campaigns/suzhou-2024"))
    assert hotline.code_of("pay") == hotline.code_of("工资报酬") == "pay"
    assert hotline.code_of("天气") is None


def test_a_campaign_may_have_none(tmp_path):
    assert load_hotline(tmp_path) is None


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("", "hotline.yaml:1:"),
        ("categories: {}", "hotline.yaml:1:"),
        ("categories:\n  pay: 工资\n  wages: 工资\n", "hotline.yaml:3:"),
        ("categories:\n  pay: 工资\n  pay: 报酬\n", "hotline.yaml:3:"),
        ("categories:\n  pay: 工资\nnumber: 12351\n", "hotline.yaml:3:"),
        ("categories:\n  pay:\n", "hotline.yaml:2:"),
        ("categories: [pay", "hotline.yaml:"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(tmp_path, text, place):
    (tmp_path / "hotline.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(CampaignInvalid) as refused:
        load_hotline(tmp_path)
    assert place in str(refused.value)
