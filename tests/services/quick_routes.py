"""Makes the framework work an endpoint's parameters and models out once a process, not once a service.

Each test builds a service of its own, with some seventy routes; what the framework finds in their signatures is the
same every time, and finding it took a third of the tests' time.
"""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable, Sequence
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


def _by_code(find: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """What is found for one closure of a function is so for all of them."""
    found: dict[Any, Any] = {}

    def of(call: Any) -> Any:
        code = getattr(call, "__code__", None)
        if code is None:
            return find(call)
        if code not in found:
            found[code] = find(call)
        return found[code]

    return of


def make_quick() -> None:
    """From now on."""
    for name in ("_is_gen_callable", "_is_async_gen_callable", "get_typed_return_annotation"):
        setattr(routing, name, _by_code(getattr(routing, name)))
    routing._build_dependant_with_parameterless_dependencies = _found_once
    routing.create_model_field = functools.cache(routing.create_model_field)  # type: ignore[misc]
