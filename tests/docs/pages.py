"""What is written for people, cut into what can be checked: code, links, headings, tables."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
GENERATED = ROOT / "docs" / "reference"
WRITTEN = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
"""The pages that somebody wrote; those under ``GENERATED`` are made from the code."""

_FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_SPAN = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^(#+) (.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """A fenced block. Those in ``sh`` are run by the tests, those in ``console`` are shown only."""

    language: str
    text: str


def read(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def blocks(text: str) -> list[Block]:
    return [Block(language, content) for language, content in _FENCED.findall(text)]


def prose(text: str) -> str:
    """Without the fenced blocks."""
    return _FENCED.sub("", text)


def code(text: str) -> list[str]:
    """Every line of code: of the blocks that hold commands, and the spans between the words."""
    lines = [
        line
        for block in blocks(text)
        if block.language in ("sh", "console")
        for line in block.text.splitlines()
    ]
    return [*lines, *_SPAN.findall(prose(text))]


def links(text: str) -> list[str]:
    return _LINK.findall(prose(text))


def anchors(text: str) -> set[str]:
    """The anchors of the headings, as the usual renderers of Markdown make them."""
    return {_anchor(title) for _, title in _HEADING.findall(prose(text))}


def section(text: str, title: str) -> str:
    """What stands under the heading ``title``, up to the next one that is as high."""
    found = re.search(rf"^(#+) {re.escape(title)}$", text, re.MULTILINE)
    assert found, f"no heading {title!r}"
    rest = text[found.end() :]
    following = re.search(rf"^#{{1,{len(found[1])}}} ", rest, re.MULTILINE)
    return rest[: following.start()] if following else rest


def headings(text: str, level: int) -> list[str]:
    return [title for marks, title in _HEADING.findall(prose(text)) if len(marks) == level]


def output(text: str, name: str) -> str:
    """The block between ``<!-- output: name -->`` and ``<!-- end -->``."""
    (found,) = re.findall(rf"<!-- output: {name} -->\n(.*?)<!-- end -->", text, re.DOTALL)
    (block,) = blocks(found)
    return block.text


def _anchor(title: str) -> str:
    kept = (c for c in title.lower() if c in " -_" or unicodedata.category(c)[0] in "LN")
    return "".join(kept).replace(" ", "-")
