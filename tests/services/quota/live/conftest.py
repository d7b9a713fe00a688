"""Here, a test runs on the servers too only if it says so: the board reads what the fold, tested on both, has kept."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOM = Path(__file__).parent


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what the servers would add nothing to."""
    left_out = [item for item in items if _is_left_out(item)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if not _is_left_out(item)]


def _is_left_out(item: pytest.Item) -> bool:
    is_on_servers = item.get_closest_marker("kafka") is not None
    return item.path.parent == ROOM and is_on_servers and item.get_closest_marker("servers_too") is None
