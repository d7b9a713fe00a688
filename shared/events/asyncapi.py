"""The AsyncAPI 3.0 document of every event, made from the models."""

from __future__ import annotations

from typing import Any

from pydantic.json_schema import JsonSchemaMode, models_json_schema

from shared.events.base import EventData, Topic
from shared.events.registry import REGISTRY


def asyncapi_document() -> dict[str, Any]:
    """All channels, messages and schemas, for people and programs that read the log."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "dafangtan",
            "version": "1",
            "description": "CloudEvents 1.0 in binary mode: attributes in ce_ headers, data as JSON.",
        },
        "channels": {str(topic): _channel(topic) for topic in Topic},
        "components": {
            "messages": {name: _message(name, model) for name, model in REGISTRY.items()},
            "schemas": _schemas(),
        },
    }


def _schemas() -> dict[str, Any]:
    """The schemas of all models, and of what they are made of, by class name."""
    models: list[tuple[type[EventData], JsonSchemaMode]] = [
        (each, "validation") for each in REGISTRY.values()
    ]
    _, schemas = models_json_schema(models, ref_template="#/components/schemas/{model}")
    definitions: dict[str, Any] = schemas["$defs"]
    return definitions


def _channel(topic: Topic) -> dict[str, Any]:
    names = [name for name, model in REGISTRY.items() if model.topic is topic]
    return {
        "address": str(topic),
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in names},
    }


def _message(name: str, model: type[EventData]) -> dict[str, Any]:
    return {
        "name": name,
        "contentType": "application/json",
        "summary": (model.__doc__ or "").strip(),
        "headers": {
            "type": "object",
            "required": ["ce_id", "ce_type", "ce_specversion", "ce_source"],
            "properties": {
                "ce_id": {"type": "string", "description": "derived from the cause"},
                "ce_type": {"const": name},
                "ce_specversion": {"const": "1.0"},
                "ce_source": {"type": "string"},
                "ce_subject": {"type": "string"},
                "ce_time": {"type": "string", "format": "date-time"},
            },
        },
        "payload": {"$ref": f"#/components/schemas/{model.__name__}"},
    }
