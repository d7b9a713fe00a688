"""Every event that was ever published can still be read: one file for each, never changed once released."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from shared.events import REGISTRY, Event, from_message
from shared.log.port import LoggedMessage

SAMPLES = sorted(Path(__file__).parent.glob("samples/*.json"))


def published(sample: dict[str, Any]) -> Event:
    """The event as it comes from the log."""
    headers = tuple((name, value.encode()) for name, value in sample["headers"].items())
    value = json.dumps(sample["value"], ensure_ascii=False).encode()
    return from_message(LoggedMessage(0, sample["key"], headers, value))


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_a_published_event_is_read_by_todays_model_and_loses_nothing(path: Path) -> None:
    sample = json.loads(path.read_text())
    event = published(sample)
    data = REGISTRY[event.type].model_validate_json(event.data)
    assert data.model_dump(mode="json", exclude_none=True) == sample["value"]


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_a_field_that_is_added_later_is_no_hindrance(path: Path) -> None:
    sample = json.loads(path.read_text())
    sample["value"]["added_later"] = {"a": [1]}
    event = published(sample)
    REGISTRY[event.type].model_validate_json(event.data)


def test_every_registered_type_has_a_sample() -> None:
    assert {path.stem for path in SAMPLES} == set(REGISTRY)
    assert all(json.loads(path.read_text())["headers"]["ce_type"] == path.stem for path in SAMPLES)
