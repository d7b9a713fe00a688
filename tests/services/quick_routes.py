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
    """What was found for other closures of the same functions, with these in their places."""
    calls = (call, *(each.dependency for each in dependencies))
    codes = tuple(getattr(each, "__code__", None) for each in calls)
    if None in codes:
        return _find(path=path, call=call, dependencies=dependencies)
    if (path, codes) not in _found:
        _found[path, codes] = _find(path=path, call=call, dependencies=dependencies)
    dependant, body_params, embeds = _found[path, codes]
    own = _with_call(dependant, call)
    given = [_with_call(*each) for each in zip(dependant.dependencies, calls[1:], strict=False)]
    own.dependencies = [*given, *dependant.dependencies[len(given) :]]
    return own, body_params, embeds


def _with_call(dependant: Any, call: Any) -> Any:
    own = copy.copy(dependant)
    own.call = call
    return own


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
