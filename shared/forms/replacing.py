"""What an XLSForm says of the version that it replaces: where the answers to that one go."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.campaign.source import Place
from shared.forms.lists import Choice
from shared.forms.workbook import Row


class Replacing:
    """Gathers ``data``, as the YAML's ``replaces`` says it; None where no version is replaced.

    ``replaces`` in ``settings`` is the earlier version's file, ``dropped`` what of it isn't asked any more: questions
    (``q05``) and options (``q06.c``), by blanks. ``was`` is the earlier id of a question, or code of a choice.
    """

    def __init__(self, settings: Row, cells: dict[Place, tuple[Row, str | None]]) -> None:
        self._settings = settings
        self._cells = cells
        self._questions: dict[str, str | None] = {}
        self._options: dict[str, dict[str, str | None]] = {}

    def note(self, row: Row, id: str, choices: Mapping[str, Choice]) -> None:
        """A question, and what can be chosen."""
        old_id = row.get("was") or id
        if row.get("was"):
            self._questions[old_id] = id
            self._cells["replaces", "questions", old_id] = row, "was"
        for choice in choices.values():
            if old_code := choice.row.get("was"):
                self._options.setdefault(old_id, {})[old_code] = choice.code
                self._cells["replaces", "options", old_id, old_code] = choice.row, "was"

    def data(self) -> dict[str, Any] | None:
        """All of it, when every question was noted."""
        file = self._settings.get("replaces")
        if not file:
            return None
        self._cells["replaces",] = self._settings, "replaces"
        for dropped in self._settings.get("dropped").split():
            self._drop(*dropped.partition("."))
        return {"file": file, "questions": self._questions, "options": self._options}

    def _drop(self, id: str, dot: str, code: str) -> None:
        if dot:
            self._options.setdefault(id, {})[code] = None
            self._cells["replaces", "options", id, code] = self._settings, "dropped"
        else:
            self._questions[id] = None
            self._cells["replaces", "questions", id] = self._settings, "dropped"
