"""docs/reference is what the code says of itself."""

from __future__ import annotations

import pytest

from services.cli import references
from tests.docs.pages import GENERATED

NAMES = sorted(path.name for path in GENERATED.iterdir())


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    return references.pages()


@pytest.mark.parametrize("name", NAMES)
def test_a_page_is_what_the_code_generates(name: str, pages: dict[str, str]) -> None:
    written = (GENERATED / name).read_text(encoding="utf-8")
    assert written == pages.get(name), "run: dafangtan reference docs/reference"


def test_no_page_is_missing(pages: dict[str, str]) -> None:
    assert sorted(pages) == NAMES
