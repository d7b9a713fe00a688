"""Properties over a running service: whatever arrives, no 5xx, nothing half-stored, and the books balance."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from services.intake.store import REGISTRATIONS
from shared.events import Topic
from shared.store.port import Collection
from tests.services.running import Running

RELAXED = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["\ud800", "\0", "0001-01-01T00:00:00+08:00", "9999-12-31T23:59:59-08:00"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def as_json(value: Any) -> bytes:
    """With all that Python can write: NaN, lone surrogates, integers of any length."""
    return json.dumps(value).encode()


def waiting_here() -> Callable[[Coroutine[Any, Any, Any]], Any]:
    """Runs coroutines in this loop for a property that is checked in a thread beside it."""
    loop = asyncio.get_running_loop()
    return lambda coroutine: asyncio.run_coroutine_threadsafe(coroutine, loop).result(30)


@st.composite
def changed(draw: st.DrawFn, good: dict[str, Any]) -> dict[str, Any]:
    """``good`` with some fields changed, left out or added, at any depth."""
    fields = dict(good)
    for name in draw(st.lists(st.sampled_from([*good, "unknown"]), max_size=3)):
        what = draw(st.sampled_from(["drop", "any", "inside"]))
        if what == "drop":
            fields.pop(name, None)
        elif what == "inside" and isinstance(fields.get(name), dict):
            fields[name] = draw(changed(fields[name]))
        else:
            fields[name] = draw(JSON)
    return fields


@st.composite
def mutated(draw: st.DrawFn, content: bytes) -> bytes:
    """``content`` with a few bytes changed, cut or put in."""
    for _ in range(draw(st.integers(0, 4))):
        place = draw(st.integers(0, len(content)))
        content = content[:place] + draw(st.binary(max_size=4)) + content[place + draw(st.integers(0, 4)) :]
    return content


async def check_balance(service: Running, kept_beside: Collection, accepted_count: int) -> None:
    """What was accepted, what is registered, what the log tells and what is kept beside it are as many."""
    ids = {event.id for event in await service.events(Topic.SUBMISSIONS)}
    counts = {
        "accepted": accepted_count,
        "registered": await service.platform.store.count(REGISTRATIONS),
        "told": len(ids),
        "kept beside": await service.platform.store.count(kept_beside),
    }
    assert len(set(counts.values())) == 1, counts
