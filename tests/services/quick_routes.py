"""Makes the framework work an endpoint's parameters and models out once a process, not once a service.

Each test builds a service of its own, with some seventy routes; what the framework finds in their signatures is the
same every time, and finding it took a third of the tests' time.
"""

from __future__ import annotations

import copy
import functools
from collections.abc import Sequence
from typing import Any

import fastapi.routing as routing

_found: dict[Any, tuple[Any, Any, Any]] = {}
_find = routing._build_dependant_with_parameterless_dependencies


def _found_once(*, path: str, call: Any, dependencies: Sequence[Any]) -> tuple[Any, Any, Any]:
    """What was found for another closure of the same function, with this one in its place."""
    code = getattr(call, "__code__", None)
    if code is None or dependencies:
        return _find(path=path, call=call, dependencies=dependencies)
    if (path, code) not in _found:
        _found[path, code] = _find(path=path, call=call, dependencies=dependencies)
    dependant, body_params, embeds = _found[path, code]
    own = copy.copy(dependant)
    own.call = call
    return own, body_params, embeds


def make_quick() -> None:
    """From now on."""
    routing._build_dependant_with_parameterless_dependencies = _found_once
    routing.create_model_field = functools.cache(routing.create_model_field)  # type: ignore[misc]
