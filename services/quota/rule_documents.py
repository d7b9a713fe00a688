"""The counting rules as a document, and its version: a short hash of all that the fold depends on. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any
from zoneinfo import ZoneInfo

from services.quota.cells import Groups, name_of
from services.quota.model import Days, Rules
from shared.campaign import Counting, QuotaLine, ReferenceMargin

FOLD_VERSION = 1
"""Raised when the same events by the same rules come to other documents: these are then another generation too."""

VERSION_LENGTH = 8

_APPLIED_ON_READING: Mapping[type, frozenset[str]] = {
    Rules: frozenset({"day_of"}),
    QuotaLine: frozenset({"name", "target_count", "units"}),
}
"""What no document of the fold depends on; a line's units are those that it is found under."""


def rules_document(rules: Mapping[str, Rules]) -> dict[str, Any]:
    """What the fold depends on, as JSON can say it: the rules of all campaigns, by their ids.

    Targets and names aren't part of it. Raises TypeError for a rule of a kind that isn't known here.
    """
    return {"fold": FOLD_VERSION, "rules": {id: _plain(each) for id, each in rules.items()}}


def rules_version(rules: Mapping[str, Rules]) -> str:
    """A short hash (hexadecimal) of the document."""
    canonical = json.dumps(rules_document(rules), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:VERSION_LENGTH]


def rules_in(document: Mapping[str, Any]) -> dict[str, Rules] | None:
    """The rules that ``document`` tells: the fold by them has the same version. None where this program's fold is
    another one."""
    if document["fold"] != FOLD_VERSION:
        return None
    return {id: _rules(told) for id, told in document["rules"].items()}


def _rules(told: Mapping[str, Any]) -> Rules:
    left_out: dict[str, Any] = {"name": "", "target_count": 0, "units": ()}
    counting: dict[str, Any] = {
        name: frozenset(its) if isinstance(its, list) else its for name, its in told["counting"].items()
    }
    margins = [
        ReferenceMargin(tuple(margin["dimensions"]), {tuple(cell): 0.0 for cell in margin["cells"]})
        for margin in told["groups"]
    ]
    timezone = ZoneInfo(told["timezone"])
    return Rules(
        units=frozenset(told["units"]),
        lines={unit: QuotaLine(**left_out, **line) for unit, line in told["lines"].items()},
        eligible_bands=frozenset(told["eligible_bands"]),
        timezone=timezone,
        day_of=Days(timezone, has_whole_hours=False),  # where they have, that only spares work
        counting=Counting(**counting),
        groups=Groups({name_of(margin): margin for margin in margins}),
    )


def _plain(value: object) -> Any:
    """``value`` as JSON can say it, the same for equal ones."""
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, ZoneInfo):
        return value.key
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, Groups):  # the shares are applied on reading
        return [
            {"dimensions": [*m.dimensions], "cells": sorted(map(list, m.shares))}
            for m in value.margins.values()
        ]
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    if is_dataclass(value):
        left_out = _APPLIED_ON_READING.get(type(value), frozenset())
        return {f.name: _plain(getattr(value, f.name)) for f in fields(value) if f.name not in left_out}
    raise TypeError(f"a rule is of a kind that no document tells: {value!r}")
