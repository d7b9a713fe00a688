"""README.md: two halves that say the same, and outputs that a run gives."""

from __future__ import annotations

import re

from tests.docs.pages import README, blocks, headings, links, output, read, section
from tests.docs.readme_blocks import comparable, difference

TEXT = read(README)
ENGLISH, CHINESE = section(TEXT, "English"), section(TEXT, "中文")
DEMO = output(TEXT, "demo")


def test_both_halves_have_the_same_code() -> None:
    assert blocks(ENGLISH)
    assert blocks(ENGLISH) == blocks(CHINESE)


def test_both_halves_have_the_same_sections_and_point_to_the_same_places() -> None:
    assert len(headings(ENGLISH, 3)) == len(headings(CHINESE, 3))
    assert set(links(ENGLISH)) == set(links(CHINESE))


def test_no_token_is_shown_whole() -> None:
    assert not re.search(r"eyJ[\w-]{40}", TEXT)


def test_a_demo_that_differs_in_times_alone_is_the_same() -> None:
    slower = re.sub(r"计入：.*", "计入：999.9 秒，每秒 1 份。\n其间有 2 个进程中断并重新启动。", DEMO)
    assert difference(f"make: said something\n{slower}\n接口文档：…") == ""


def test_a_demo_with_another_count_differs() -> None:
    assert comparable(DEMO)
    assert "884" in DEMO
    assert "-│ 常熟市" in difference(DEMO.replace("884", "885", 1))
