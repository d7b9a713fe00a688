"""The AsyncAPI document: its structure is that of AsyncAPI 3.0, and every reference leads somewhere."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from shared.events import REGISTRY, Topic
from shared.events.asyncapi import asyncapi_document

DOCUMENT = asyncapi_document()

# AsyncAPI 3.0.0: the fields of each object that may stand here, and those that must.
FIELDS = {
    "root": ({"asyncapi", "info"}, {"id", "servers", "defaultContentType", "channels", "operations", "components"}),
    "info": ({"title", "version"}, {"description", "termsOfService", "contact", "license", "tags", "externalDocs"}),
    "channel": (set(), {"address", "messages", "title", "summary", "description", "servers", "parameters", "tags"}),
    "message": (
        set(),
        {"headers", "payload", "correlationId", "contentType", "name", "title", "summary", "description", "tags"},
    ),
    "components": (set(), {"schemas", "servers", "channels", "operations", "messages", "securitySchemes"}),
}  # fmt: skip
COMPONENT_KEY = re.compile(r"^[a-zA-Z0-9._-]+$")


def assert_fields(kind: str, found: dict[str, Any]) -> None:
    required, optional = FIELDS[kind]
    assert required <= found.keys() <= required | optional, kind


def references(part: object) -> Iterator[str]:
    """Every ``$ref`` in ``part``."""
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        for value in part.values():
            yield from references(value)
    elif isinstance(part, list):
        for value in part:
            yield from references(value)


def resolved(reference: str) -> Any:
    """What a reference leads to (JSON Pointer in this document)."""
    assert reference.startswith("#/")
    found: Any = DOCUMENT
    for step in reference.removeprefix("#/").split("/"):
        found = found[step]
    return found


def test_its_structure_is_that_of_asyncapi() -> None:
    assert DOCUMENT["asyncapi"] == "3.0.0"
    assert_fields("root", DOCUMENT)
    assert_fields("info", DOCUMENT["info"])
    assert_fields("components", DOCUMENT["components"])
    for channel in DOCUMENT["channels"].values():
        assert_fields("channel", channel)
    for message in DOCUMENT["components"]["messages"].values():
        assert_fields("message", message)
    for of_a_kind in DOCUMENT["components"].values():
        assert all(COMPONENT_KEY.match(key) for key in of_a_kind)


def test_every_reference_leads_somewhere() -> None:
    found = set(references(DOCUMENT))
    assert found
    for reference in found:
        assert resolved(reference)


def test_every_topic_is_a_channel_and_every_type_a_message_of_its_channel() -> None:
    assert DOCUMENT["channels"].keys() == set(Topic)
    for name, model in REGISTRY.items():
        message = resolved(DOCUMENT["channels"][model.topic]["messages"][name]["$ref"])
        assert message["name"] == name
        assert message["headers"]["properties"]["ce_type"] == {"const": name}
        assert resolved(message["payload"]["$ref"])["properties"].keys() == model.model_fields.keys()


def test_it_can_be_written_as_json() -> None:
    assert json.loads(json.dumps(DOCUMENT)) == DOCUMENT
