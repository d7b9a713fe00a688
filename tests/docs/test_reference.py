"""docs/reference is what the code says of itself."""

from __future__ import annotations

import pytest

from services.cli import references
from tests.docs.pages import GENERATED

PAGES = references.pages()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_what_the_code_generates(name: str) -> None:
    written = (GENERATED / name).read_text(encoding="utf-8")
    assert written == PAGES[name], "run: dafangtan reference docs/reference"


def test_there_is_no_page_that_nothing_generates() -> None:
    assert {path.name for path in GENERATED.iterdir()} == set(PAGES)
