"""From what schemathesis makes of the document to requests that get past the door: mostly right but for one thing."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

import httpx
import requests
import schemathesis
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.core import NotSet
from schemathesis.schemas import APIOperation

from tests.services.intake.wechat import followers
from tests.services.openapi.furnishing import OPENROSA, XLSX, Furnished
from tests.services.openapi.whole import URL, Whole

ODD: Sequence[Any] = (
    *(None, True, -1, 2**63, 10**30, 1e308),
    *("", "\0", "\ud800", "\uffff", "٣", "字" * 6000, "zhangjiagang", "wechat"),
    *("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "9999-12-31"),
    *([], [[]], ["*"], ["age_band", "sex"], {}, {"$ref": "#", "": {"\0": [None]}}),
)
"""What is rarely thought of, in the place of one value."""
OWN_IDS = ("source_id", "id", "post_id")
WECHAT = "/intake/wechat/{campaign}"
SIGNED = ("/intake/v1/app/{campaign}/posts", "/intake/v1/app/{campaign}/replies")

for _media_type in ("application/x-ndjson", "application/offset+octet-stream", "text/csv", XLSX):
    schemathesis.openapi.media_type(_media_type, st.binary(max_size=100))

_numbers = count(1)


@dataclass(frozen=True)
class Asking:
    """Makes requests to ``system``."""

    system: Whole
    furnished: Furnished

    def of(self, operation: APIOperation) -> st.SearchStrategy[tuple[Case, httpx.Request]]:
        """Requests of ``operation``, with the cases that they were made from."""
        modes = [GenerationMode.POSITIVE, *([GenerationMode.NEGATIVE] if _can_be_wrong(operation) else [])]
        made = {mode: operation.as_strategy(generation_mode=mode) for mode in modes}

        @st.composite
        def requests_of(draw: st.DrawFn) -> tuple[Case, httpx.Request]:
            case = draw(made[draw(st.sampled_from(modes))])
            self._put_known(draw, case)
            request = _request(case, self._content(draw, case))
            self._let_in(draw, case.path, request)
            return case, request

        return requests_of()

    def _put_known(self, draw: st.DrawFn, case: Case) -> None:
        """Ask for what is there, mostly."""
        operation = case.operation
        for given, parameters in (
            (case.path_parameters, operation.path_parameters),
            (case.query, operation.query),
            (case.headers, operation.headers),
        ):
            for name in (parameter.name for parameter in parameters):
                known = self._known(case.path, name)
                if known and draw(st.integers(0, 3)) < 3:
                    given[name] = draw(st.sampled_from(known))

    def _known(self, path: str, name: str) -> list[str] | None:
        known, room = self.furnished.known, path.split("/")[3]
        return known.get(f"{room}/{name}") or known.get(name)

    def _content(self, draw: st.DrawFn, case: Case) -> tuple[str, bytes] | None:
        """Media type and body; None: those of ``case``."""
        bodies = self.furnished.bodies.get((case.method, case.path))
        if bodies is None:
            return None
        media_type = draw(st.sampled_from(sorted(bodies)))
        told = draw(st.sampled_from((*[media_type] * 7, "text/plain; charset=utf-7")))
        right = bodies[media_type]
        if isinstance(right, bytes):
            return told, draw(_spoilt(right))
        return told, json.dumps(draw(_body(right, case.body)), default=repr).encode()

    def _let_in(self, draw: st.DrawFn, path: str, request: httpx.Request) -> None:
        """Sign, or show who asks; now and then it is nobody, or the wrong one."""
        system = self.system
        if draw(st.integers(0, 15)) == 15:
            return
        if path in SIGNED:
            target = request.url.raw_path.decode()
            request.headers.update(system.backend.sign(request.method, target, request.content))
        elif path == WECHAT:
            signature = followers.sign(followers.TOKEN, "1716168600", "1")
            signed = {"signature": signature, "timestamp": "1716168600", "nonce": "1"}
            request.url = request.url.copy_merge_params(signed)
        elif path.startswith(OPENROSA):
            request.headers["authorization"] = f"Basic {system.collect}"
        else:
            who = draw(st.sampled_from(_askers(path, list(system.tokens))))
            request.headers["authorization"] = f"Bearer {system.tokens[who]}"


def _can_be_wrong(operation: APIOperation) -> bool:
    """Whether the document says anything that could be broken: a path takes any text."""
    return bool(operation.body or operation.query or operation.headers)


def _askers(path: str, everybody: list[str]) -> list[str]:
    """Those who may ask, mostly, and each of the others."""
    may = "offline" if "/submissions" in path or "/receipts" in path or "/events" in path else "boss"
    return [may, "boss", may, "boss", may, *everybody]


@st.composite
def _body(draw: st.DrawFn, good: Any, generated: Any) -> Any:
    """What is right; with one generated value, or an odd one, in it; or all that was generated."""
    if isinstance(good, dict):
        good = {**good, **{name: f"{good[name]}-{next(_numbers)}" for name in OWN_IDS if name in good}}
    match draw(st.sampled_from(("good", "one generated", "one odd", "one odd", "all generated"))):
        case "good":
            return good
        case "one generated" if isinstance(generated, dict) and generated and isinstance(good, dict):
            name = draw(st.sampled_from(sorted(generated)))
            return {**good, name: generated[name]}
        case "one odd":
            return draw(_with_odd(good))
        case _:
            return None if isinstance(generated, NotSet) else generated


@st.composite
def _with_odd(draw: st.DrawFn, value: Any) -> Any:
    """``value`` with something odd somewhere in it."""
    if not value or draw(st.booleans()) or not isinstance(value, dict | list):
        return draw(st.sampled_from(ODD))
    if isinstance(value, dict):
        name = draw(st.sampled_from(sorted(value)))
        return {**value, name: draw(_with_odd(value[name]))}
    place = draw(st.integers(0, len(value) - 1))
    return [*value[:place], draw(_with_odd(value[place])), *value[place + 1 :]]


@st.composite
def _spoilt(draw: st.DrawFn, right: bytes) -> bytes:
    """``right``; or with some of its bytes replaced by others; or other bytes altogether."""
    how = draw(st.sampled_from(("right", "spoilt", "spoilt", "other")))
    if how == "right" or not right:
        return right
    other = draw(st.binary(max_size=100))
    if how == "other":
        return other
    begin = draw(st.integers(0, len(right)))
    end = min(begin + draw(st.integers(0, 40)), len(right))
    return right[:begin] + other + right[end:]


def _request(case: Case, content: tuple[str, bytes] | None) -> httpx.Request:
    prepared = requests.Request(**case.as_transport_kwargs(base_url=URL)).prepare()
    headers = {name.lower(): value for name, value in prepared.headers.items()}
    headers.pop("content-length", None)
    body = prepared.body
    if content is not None:
        headers["content-type"], body = content
    raw = [
        (name.encode(), value if isinstance(value, bytes) else value.encode("latin-1"))
        for name, value in headers.items()
    ]
    return httpx.Request(case.method, str(prepared.url), headers=raw, content=body)
