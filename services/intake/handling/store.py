"""The documents of handling: what is decided here, and what the log says."""

from __future__ import annotations

import msgspec

from services.intake.handling.model import Problem
from shared.store.port import Collection, Document, Transaction

PROBLEMS = Collection("intake.problems")
"""By submission id. Written before the log hears of it; the only place that has an answer's words."""
HEARD = Collection("intake.problems_heard")
"""By problem id: what the topic ``problems`` says of it, whoever said it (``hearing.py``)."""


def to_body(problem: Problem) -> bytes:
    """The document of ``problem``."""
    return _encode(problem)


def problem_of(document: Document) -> Problem:
    """The problem in ``document``."""
    return msgspec.convert(document.body, Problem)


async def forget(transaction: Transaction, submission_id: str) -> None:
    """The submission was withdrawn: nothing of it is handled any more, and no answer to it is kept."""
    await transaction.delete(PROBLEMS, submission_id)


_encode = msgspec.json.Encoder().encode
