"""What docs/reference/metrics.md lists is measured, and not only declared."""

from __future__ import annotations

import re

import pytest
from prometheus_client.metrics import MetricWrapperBase

import shared.metrics
from tests.docs.pages import ROOT, read

DECLARED = [name for name, value in vars(shared.metrics).items() if isinstance(value, MetricWrapperBase)]
SOURCES = [
    read(path)
    for room in ("services", "shared")
    for path in (ROOT / room).rglob("*.py")
    if path != ROOT / "shared" / "metrics.py"
]


@pytest.mark.parametrize("name", DECLARED)
def test_a_declared_metric_is_set_somewhere(name: str) -> None:
    assert any(re.search(rf"\b{name}\.", source) for source in SOURCES)
