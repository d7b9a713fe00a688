"""Worked examples that others published. They lie beside the project, not in it; where they are missing, the tests
that need them say that they didn't run."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

CASES = Path(__file__).parents[2] / "shared" / "cases"


def public_cases(area: str, file: str) -> Any:
    """The content of the file (JSON); None where it isn't there."""
    path = CASES / area / file
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None


def needs_cases(found: Any, what: str) -> pytest.MarkDecorator:
    """Skips a test that uses several of them, and says why."""
    return pytest.mark.skipif(found is None, reason=f"no public cases: {what} were not run")


def each_case(
    found: Iterable[dict[str, Any]] | None, what: str, is_meant: Callable[[dict[str, Any]], bool] = bool
) -> list[Any]:
    """A parameter for each case that is meant, by its id; a skipped one that says why where there are none."""
    if found is None:
        return [
            pytest.param(None, marks=pytest.mark.skip(f"no public cases: {what} were not run"), id="missing")
        ]
    return [pytest.param(case, id=case["id"]) for case in found if is_meant(case)]
