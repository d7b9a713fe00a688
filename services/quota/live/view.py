"""What one scope sees at one time, as the answer to a request and as the events of the stream. Pure."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from services.quota.live.content import BoardPhase
from services.quota.live.picture import Picture
from services.quota.live.scope import Scope
from services.quota.live.sections import Section, digest_of, encode
from shared.campaign import Campaign

SNAPSHOT, CHANGE = "board", "change"
"""The events of the stream: all that one sees, and what of it changed."""
_GZIP_LEVEL = 5


@dataclass(frozen=True, eq=False)
class View:
    """``sections`` as they stand since ``computed_at``, when the picture held ``revision`` events.

    ``number`` counts the views of its scope; ``before`` is the id of the one before, and ``changed`` the members of
    what changed since. Two views of equal sections have the same ``id``, whichever process made them.
    """

    campaign: Campaign
    scope: Scope
    sections: tuple[Section, ...]
    computed_at: str
    revision: int
    number: int
    before: str
    changed: tuple[bytes, ...]

    @cached_property
    def id(self) -> str:
        """Of what is seen, apart from when."""
        return digest_of(encode(self.scope.sees), *(each.digest for each in self.sections)).hex()

    @cached_property
    def body(self) -> bytes:
        """All that is seen: a ``Board`` in JSON."""
        campaign = self.campaign
        phases = [
            BoardPhase(each.name, each.starts_on, each.ends_on, each.is_interviewing)
            for each in campaign.phases
        ]
        head = [("campaign", campaign.id), ("name", campaign.name), ("phases", phases)]
        members = [_member(name, value) for name, value in [*head, ("sees", self.scope.sees)]]
        return self._object([*members, *(each.member(None) for each in self.sections)])

    @cached_property
    def zipped(self) -> bytes:
        """The body under gzip: a tenth of the size."""
        return gzip.compress(self.body, _GZIP_LEVEL, mtime=0)

    def etag(self, *, is_zipped: bool) -> str:
        """A strong one (RFC 9110, 8.8.3): each encoding has its own, and so has each moment that the body tells."""
        told = digest_of(self.id.encode(), self.computed_at.encode(), b"%d" % self.revision).hex()
        return f'"{told}{"-gzip" if is_zipped else ""}"'

    @cached_property
    def snapshot(self) -> bytes:
        """The event that tells all."""
        return event(SNAPSHOT, self.id, self.body)

    @cached_property
    def change(self) -> bytes:
        """The event that tells what changed since ``before``."""
        return event(CHANGE, self.id, self._object(self.changed))

    def _object(self, members: Sequence[bytes]) -> bytes:
        stamp = [_member("computed_at", self.computed_at)]
        if self.scope.sees_all:
            stamp.append(_member("revision", self.revision))
        return b"{%s}" % b",".join([*stamp, *members])


def view_of(picture: Picture, scope: Scope, before: View | None) -> View:
    """What ``scope`` sees of ``picture``; ``before`` itself where it sees nothing new, not even another time.

    How many events there were, and when, tells of what others do: of a part nothing moves but by itself.
    """
    known = {} if before is None else {each.name: each for each in before.sections}
    sections = _sections(picture, scope, known)
    if before is not None and all(known[each.name].digest == each.digest for each in sections):
        return before
    changed = [each for each in sections if before is None or known[each.name].digest != each.digest]
    return View(
        campaign=picture.campaign,
        scope=scope,
        sections=sections,
        computed_at=picture.counts.read_at,
        revision=picture.counts.revision if scope.sees_all else 0,
        number=1 if before is None else before.number + 1,
        before="" if before is None else before.id,
        changed=tuple(each.member(known.get(each.name)) for each in changed),
    )


def event(name: str, id: str, data: bytes) -> bytes:
    """A server-sent event (WHATWG HTML, 9.2.5). ``data`` is on one line."""
    return b"event: %s\nid: %s\ndata: %s\n\n" % (name.encode(), id.encode(), data)


def _sections(picture: Picture, scope: Scope, known: dict[str, Section]) -> tuple[Section, ...]:
    if scope.sees_all:
        return picture.day, *picture.whole
    parts = [section for part, section in picture.common.items() if part in scope.common]
    if scope.unit is not None:
        parts.append(picture.own(scope.unit, known.get("own")))
    return picture.day, *parts


def _member(name: str, value: object) -> bytes:
    return b'"%s":%s' % (name.encode(), encode(value))
