"""Telling an answer's words to the respondent, and to nobody else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from services.intake.handling.handlers import ANSWER_FIELD
from services.intake.handling.store import PROBLEMS, problem_of
from services.intake.model import Registration
from shared.privacy import Privacy
from shared.store.port import Store


class AnswerTold(NamedTuple):
    """When it was answered, and the words; None where nothing was written down."""

    at: str
    text: str | None


class Answers:
    """Opens answers, for callers that know that it is the respondent who asks."""

    def __init__(self, privacies: Mapping[str, Privacy], store: Store) -> None:
        self._privacies = privacies
        self._store = store

    async def to(self, registration: Registration) -> AnswerTold | None:
        """The latest answer to what the submission raised; None where there is none, or it is withdrawn."""
        document = await self._store.get(PROBLEMS, registration.submission_id)
        answer = None if document is None else problem_of(document).answer
        if answer is None or registration.wrapped_key is None:
            return None
        if answer.sealed is None:
            return AnswerTold(answer.at, None)
        sealer, id = self._privacies[registration.campaign].sealer, registration.submission_id
        key = sealer.unwrap(id, registration.wrapped_key)
        return AnswerTold(answer.at, sealer.open(key, id, ANSWER_FIELD, answer.sealed).decode())
