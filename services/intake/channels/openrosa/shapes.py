"""What has to be known of a form to read its instances: taken from the XForm that was handed out. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from xml.etree.ElementTree import Element

import defusedxml.ElementTree

from services.intake.channels.openrosa.instance import Instance, flat

XFORMS = "{http://www.w3.org/2002/xforms}"
JAVAROSA = "{http://openrosa.org/javarosa}"
GEOPOINT_NUMBERS = 4
_NUMBER = re.compile(r"\[\d+\]")
_ITEMS = re.compile(r"instance\('([^']+)'\)")


@dataclass(frozen=True, slots=True)
class Shape:
    """Paths are under the root and without the numbers of rows.

    ``choices``: for each question with several answers the codes of its list. ``uploads``: what names a file.
    ``calculated``: what the form works out by itself, so that it is nobody's answer. ``known`` is what a reader of many
    instances has found out of their leaves, by paths with numbers.
    """

    repeats: frozenset[str] = frozenset()
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    uploads: frozenset[str] = frozenset()
    geopoints: frozenset[str] = frozenset()
    calculated: frozenset[str] = frozenset()
    known: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True)
class Reading:
    """An instance read by its form's shape. ``answers``: path (with the numbers of rows) to text, None for an
    empty element."""

    shape: Shape
    answers: Mapping[str, str | None]

    @cached_property
    def selected(self) -> Mapping[str, tuple[str, ...]]:
        """Of questions with several answers the codes, in the order chosen; also those that the list hasn't."""
        told = self._told(frozenset(self.shape.choices))
        return dict.fromkeys(self.shape.choices, ()) | {
            path: tuple(text.split()) for path, text in told.items()
        }

    @cached_property
    def attachments(self) -> Mapping[str, str]:
        """Path to the name of the file that belongs there."""
        return self._told(self.shape.uploads)

    @cached_property
    def geopoints(self) -> Mapping[str, tuple[float, ...]]:
        """Latitude, longitude (degrees), altitude, accuracy (metres)."""
        points = {path: _point(text) for path, text in self._told(self.shape.geopoints).items()}
        return {path: point for path, point in points.items() if point}

    def _told(self, paths: frozenset[str]) -> dict[str, str]:
        if not paths:
            return {}
        return {path: text for path, text in self.answers.items() if text and unnumbered(path) in paths}


def shape_of(xform: bytes) -> Shape:
    """The shape of an XForm that was made by us or by pyxform."""
    root = defusedxml.ElementTree.fromstring(xform, forbid_dtd=True)
    lists = {each.get("id", ""): each for each in root.iter(f"{XFORMS}instance")}
    binds = [(_under_root(bind.get("nodeset", "")), bind) for bind in root.iter(f"{XFORMS}bind")]
    return Shape(
        repeats=frozenset(_under_root(each.get("nodeset", "")) for each in root.iter(f"{XFORMS}repeat")),
        choices={
            _under_root(each.get("ref", "")): tuple(_codes(each, lists))
            for each in root.iter(f"{XFORMS}select")
        },
        uploads=frozenset(path for path, bind in binds if bind.get("type") == "binary")
        | {_under_root(each.get("ref", "")) for each in root.iter(f"{XFORMS}upload")},
        geopoints=frozenset(path for path, bind in binds if bind.get("type") == "geopoint"),
        calculated=frozenset(
            path for path, bind in binds if bind.get("calculate") or bind.get(f"{JAVAROSA}preload")
        ),
    )


def read_by(shape: Shape, instance: Instance) -> Reading:
    """``instance`` as its form understands it."""
    return Reading(shape, flat(instance, shape.repeats))


def unnumbered(path: str) -> str:
    """``path`` without the numbers of rows."""
    return _NUMBER.sub("", path) if "[" in path else path


def _under_root(nodeset: str) -> str:
    return nodeset.lstrip("/").partition("/")[2]


def _codes(select: Element, lists: Mapping[str, Element]) -> Iterator[str]:
    for item in select.iterfind(f"{XFORMS}item"):
        yield (item.findtext(f"{XFORMS}value") or "").strip()
    for itemset in select.iterfind(f"{XFORMS}itemset"):
        named = _ITEMS.match(itemset.get("nodeset", ""))
        found = lists.get(named[1]) if named else None
        for item in found.iter(f"{XFORMS}item") if found is not None else ():
            yield (item.findtext(f"{XFORMS}name") or "").strip()


def _point(text: str) -> tuple[float, ...]:
    try:
        numbers = tuple(float(word) for word in text.split())
    except ValueError:
        return ()
    return numbers if len(numbers) == GEOPOINT_NUMBERS else ()
