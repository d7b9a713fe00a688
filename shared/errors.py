"""Errors whose class says what the one who meets them must do.

Every error that crosses a room's border is one of these. Messages are in the words of the person who will
read them (Chinese where that is a user) and say what was expected, what came, and where.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class DafangtanError(Exception):
    """The root of all errors that this system raises on purpose."""


class RetryLater(DafangtanError):
    """Something this needs is away: back off, say so, and do the same thing again."""

    def __init__(self, reason: str, *, after_s: float = 1.0) -> None:
        super().__init__(reason)
        self.after_s = after_s


class StorageFull(RetryLater):
    """The disk has too little room: nothing was kept. An operator makes room; then do the same thing again."""

    def __init__(self, reason: str, *, code: str = "storage-full") -> None:
        super().__init__(reason, after_s=60.0)
        self.code = code


class TooMany(RetryLater):
    """More came than is allowed in this time: nothing was looked at. Wait as long as it says, then go on slower."""

    def __init__(self, reason: str, *, after_s: float, code: str = "too-many") -> None:
        super().__init__(reason, after_s=after_s)
        self.code = code


class RejectEvent(DafangtanError):
    """This one event can never be applied: write it to the dead letters with this reason and go on."""


class NotAllowed(DafangtanError):
    """The principal may not do this: do not try again without another role, unit or grant.

    ``is_hidden``: that the thing exists may not be told either, so it is answered as not found.
    """

    def __init__(self, reason: str, *, code: str = "not-allowed", is_hidden: bool = False) -> None:
        super().__init__(reason)
        self.code = code
        self.is_hidden = is_hidden


class NotAuthenticated(DafangtanError):
    """No principal could be made from what was sent: get a token or a channel key and send it."""

    def __init__(self, reason: str, *, code: str = "not-authenticated") -> None:
        super().__init__(reason)
        self.code = code


class NotFound(DafangtanError):
    """There is nothing under this name for this principal: check the name."""

    def __init__(self, reason: str, *, code: str = "not-found") -> None:
        super().__init__(reason)
        self.code = code


class Conflict(DafangtanError):
    """What stands contradicts what was asked: read it again, then decide anew."""

    def __init__(self, reason: str, *, code: str = "conflict") -> None:
        super().__init__(reason)
        self.code = code


class TooLarge(DafangtanError):
    """What was sent is over a limit that the message names: send less."""

    def __init__(self, reason: str, *, code: str = "too-large") -> None:
        super().__init__(reason)
        self.code = code


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """One thing wrong with an input: ``field`` is its path (``answers.q01``), ``message`` what is allowed."""

    field: str
    message: str


class Invalid(DafangtanError):
    """The input breaks a rule: mend every field named in ``problems`` and send it again.

    ``kept_as``: it was put into quarantine under this id, so that nothing is lost if it isn't sent again.
    """

    def __init__(
        self,
        reason: str,
        problems: Sequence[FieldProblem] = (),
        *,
        code: str = "invalid",
        kept_as: str | None = None,
    ) -> None:
        super().__init__(reason)
        self.problems = tuple(problems)
        self.code = code
        self.kept_as = kept_as
