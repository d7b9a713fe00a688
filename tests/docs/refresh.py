"""Puts the output of a run into the page that shows it.

    dafangtan demo > captured.txt         # NO_COLOR=1 COLUMNS=110, full scale; Ctrl-C when it is done
    python -m tests.docs.refresh demo captured.txt

    make test > captured.txt
    python -m tests.docs.refresh tests captured.txt

Outputs: ``demo`` and ``tests`` (their last lines) in README.md, ``bench`` in docs/operations.md. Tokens are cut
short.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from tests.docs.pages import README, ROOT, read

PAGES = {"demo": README, "tests": README, "bench": ROOT / "docs" / "operations.md"}


def shown(name: str, captured: str) -> str:
    """``captured`` as the page shows it."""
    lines = [line.rstrip() for line in captured.splitlines()]
    if name == "demo":
        start = next(place for place, line in enumerate(lines) if line.startswith("大访谈演示"))
        end = next(place for place, line in enumerate(lines) if line.startswith("系统仍在运行"))
        lines = [re.sub(r"eyJ[\w.-]+", "eyJ…", line) for line in lines[start : end + 1]]
    if name == "tests":
        start = max(place for place, line in enumerate(lines) if line.endswith("[100%]"))
        lines = [line for line in lines[start + 1 :] if line and not line.startswith("make")]
    return "\n".join(lines)


def refreshed(text: str, name: str, captured: str) -> str:
    """The page's ``text`` with ``captured`` in its place."""
    block = f"<!-- output: {name} -->\n```text\n{shown(name, captured)}\n```\n<!-- end -->"
    pattern = rf"<!-- output: {name} -->\n.*?<!-- end -->"
    replaced, count = re.subn(pattern, lambda _: block, text, flags=re.DOTALL)
    assert count == 1, f"{count} places for {name}"
    return replaced


if __name__ == "__main__":
    _, name, file = sys.argv
    page = PAGES[name]
    page.write_text(refreshed(read(page), name, read(Path(file))), encoding="utf-8")
