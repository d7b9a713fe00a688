"""Requests that break their model, told as every other input is (``shared.problems``)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from fastapi import Request
from pydantic import BaseModel

from shared import problems
from shared.errors import Invalid

Model = TypeVar("Model", bound=BaseModel)

_PLACES = frozenset({"body", "query", "path", "header"})


async def body_of(request: Request, model: type[Model]) -> Model:
    """The body of ``request`` as ``model``, validated straight from its bytes. Raises Invalid."""
    return problems.parse(await request.body(), model)


def invalid_from(errors: Sequence[Any]) -> Invalid:
    """What FastAPI found; where the input stood (body, query …) is left out."""
    return problems.invalid_from([{**error, "loc": _within(error["loc"])} for error in errors])


def _within(location: Sequence[str | int]) -> Sequence[str | int]:
    return location[1:] if len(location) > 1 and location[0] in _PLACES else location
