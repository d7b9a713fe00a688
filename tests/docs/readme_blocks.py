"""Compares what a demo printed with what README.md shows of one.

The seed decides the board, the table and the books; times, rates, tokens and folders are left aside.

>>> difference(captured)  # '' when README.md is true, else a unified diff

``captured`` is the output of ``dafangtan demo`` at full scale with the default seed, in whatever width, as long
as the tables fit: with COLUMNS=110 for example, and NO_COLOR=1.
"""

from __future__ import annotations

import re
from difflib import unified_diff

from tests.docs.pages import README, output, read

FIRST = "大访谈演示"
LAST = "从第一份提交到最后一行计入"
_VARYING = (
    (re.compile(r"数据在 .*，种子"), "数据在 …，种子"),
    (re.compile(rf"{LAST}：.*"), f"{LAST}：…"),
)
_BY_CHANCE = re.compile(r"其间有 \d+ 个进程")


def difference(captured: str) -> str:
    """How ``captured`` differs from README.md's block, as a diff; empty when it doesn't."""
    shown = comparable(output(read(README), "demo"))
    return "\n".join(unified_diff(shown, comparable(captured), "README.md", "captured", lineterm=""))


def comparable(text: str) -> list[str]:
    """The lines from the first to the last one that every demo prints, without what varies."""
    lines = [_without_what_varies(line.rstrip()) for line in text.splitlines()]
    starts = [place for place, line in enumerate(lines) if line.startswith(FIRST)]
    ends = [place for place, line in enumerate(lines) if line.startswith(LAST)]
    assert starts, f"no line begins with {FIRST}"
    assert ends, f"no line begins with {LAST}"
    return [line for line in lines[starts[0] : ends[0] + 1] if line and not _BY_CHANCE.match(line)]


def _without_what_varies(line: str) -> str:
    for pattern, constant in _VARYING:
        line = pattern.sub(constant, line)
    return line
