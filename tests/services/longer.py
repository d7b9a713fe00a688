"""Suzhou's campaign with kinds of questions that its own questionnaires don't have."""

from __future__ import annotations

import shutil
from pathlib import Path

from shared.campaign import Campaign, load_campaign


def longer_campaign(folder: Path) -> Campaign:
    """With ``q16``, a scale from 1 to 5, and ``q17``, a ranking of a, b and c; made in ``folder``."""
    shutil.copytree("deploy/campaigns/suzhou-2024", folder)
    with (folder / "questionnaires" / "general.yaml").open("a", encoding="utf-8") as file:
        file.write("  q16: {kind: scale, highest: 5, text: 打分, labels: [差, 好]}\n")
        file.write("  q17: {kind: ranking, text: 排序, options: {a: 甲, b: 乙, c: 丙}}\n")
    return load_campaign(folder)
