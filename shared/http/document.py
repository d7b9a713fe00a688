"""The OpenAPI document: what the framework knows of the routes, and what it can't know of the answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from functools import cache
from typing import Any

from fastapi import FastAPI
from fastapi.middleware.asyncexitstack import AsyncExitStackMiddleware
from pydantic import BaseModel, Field
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.types import ASGIApp

from shared.http.faces import Face, face_for
from shared.http.problems import MEDIA_TYPE

SCHEMAS = "#/components/schemas/"
_OWN_SCHEMAS = "#/$defs/"
_OF_THE_FRAMEWORK = ("HTTPValidationError", "ValidationError")


class FieldProblemBody(BaseModel):
    """One thing wrong with what was sent."""

    field: str = Field(examples=["answers.q01"])
    message: str = Field(description="这一项应是怎样的")


class ProblemBody(BaseModel):
    """An answer that isn't what was asked for: problem details (RFC 9457)."""

    type: str = Field(examples=["urn:dafangtan:problem:invalid"])
    title: str
    status: int
    detail: str = Field(description="给人看的说明")
    code: str = Field(description="固定不变，供程序判断", examples=["invalid"])
    problems: list[FieldProblemBody] = Field([], description="各项错误")
    kept_as: str = Field("", description="已放入隔离区的编号，修正后可以重放")
    request_id: str


@cache
def json_body(model: type[BaseModel]) -> dict[str, Any]:
    """The body of an operation that reads it by itself (``body_of``), for ``openapi_extra``; not to be changed."""
    content = {"application/json": {"schema": model.model_json_schema()}}
    return {"requestBody": {"required": True, "content": content}}


class DocumentedApp(FastAPI):
    """An app whose document says how errors are answered: everywhere as problem details, but where a face has words
    of its own."""

    faces: Sequence[Face] = ()

    def build_middleware_stack(self) -> ASGIApp:
        """Our layers around the framework's inner ones: what its outer ones do, the boundary does."""
        app: ASGIApp = AsyncExitStackMiddleware(self.router)
        app = ExceptionMiddleware(app, handlers=self.exception_handlers)
        for layer, args, options in reversed(self.user_middleware):
            app = layer(app, *args, **options)
        return app

    def openapi(self) -> dict[str, Any]:
        """The document; made once."""
        if self.openapi_schema is None:
            document = deepcopy(super().openapi())  # parts of it are the routes' own
            _complete(document, self.faces)
            self.openapi_schema = document
        return self.openapi_schema


def _complete(document: dict[str, Any], faces: Sequence[Face]) -> None:
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    for name in _OF_THE_FRAMEWORK:
        schemas.pop(name, None)
    problem = ProblemBody.model_json_schema()
    for path, operations in document["paths"].items():
        media_type = face_for(path, faces).media_type.partition(";")[0]
        told = {"$ref": f"{SCHEMAS}ProblemBody"} if media_type == MEDIA_TYPE else {"type": "string"}
        for operation in operations.values():
            responses = operation["responses"]
            if _is_of_the_framework(responses.get("422", {})):
                del responses["422"]
            description = "没有成功：说明原因"
            responses["default"] = {"description": description, "content": {media_type: {"schema": told}}}
    schemas["ProblemBody"] = problem
    _share_schemas(document, schemas)


def _is_of_the_framework(response: Mapping[str, Any]) -> bool:
    schema: Mapping[str, Any] = response.get("content", {}).get("application/json", {}).get("schema", {})
    return "$ref" in schema and schema["$ref"] == f"{SCHEMAS}{_OF_THE_FRAMEWORK[0]}"


def _share_schemas(document: dict[str, Any], schemas: dict[str, Any]) -> None:
    """Move what models bring along (``$defs``) to where references are looked up.

    Raises ValueError when two different ones have the same name.
    """
    for each in _objects(document):
        reference = each.get("$ref")
        if isinstance(reference, str) and reference.startswith(_OWN_SCHEMAS):
            each["$ref"] = SCHEMAS + reference.removeprefix(_OWN_SCHEMAS)
    for each in list(_objects(document)):
        for name, schema in each.pop("$defs", {}).items():
            if schemas.setdefault(name, schema) != schema:
                raise ValueError(f"two different schemas are called {name}")


def _objects(node: Any) -> Iterator[dict[str, Any]]:
    """Every object in ``node``, the outer ones last."""
    for inner in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from _objects(inner)
    if isinstance(node, dict):
        yield node
