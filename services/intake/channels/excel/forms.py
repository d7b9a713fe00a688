"""From understood rows to forms, each with an id that it has again when the workbook is sent again."""

from __future__ import annotations

from collections import Counter

from msgspec.structs import replace

from services.intake.channels.excel.rows import Filled, Wrong
from services.intake.door import Door
from services.intake.form import ConsentForm, Form, RespondentForm

CHANNEL = "offline"
"""What comes in workbooks are interviews that were held face to face."""
_NO_ID = "-"


class Forms:
    """The forms of one workbook.

    A row with an id of its own is that form of its unit. Of rows without one, the content tells: the first, second,
    … row of the same content is the same form whenever the file comes again, in whatever order its other rows are.
    """

    def __init__(
        self,
        door: Door,
        campaign: str,
        edition: str,
        *,
        questionnaire_version: str | None,
        consent_version: str,
    ) -> None:
        self._door = door
        self._campaign = campaign
        self._edition = edition
        self._questionnaire_version = questionnaire_version
        self._consent_version = consent_version
        self._seen: Counter[str] = Counter()

    def form(self, filled: Filled) -> Form:
        """The form that ``filled`` is. Rows come in the order of the file, each once."""
        form = self._without_id(filled)
        source_id = self.own_source_id(filled)
        if source_id is not None:
            return replace(form, source_id=source_id)
        content_mac = self._door.mac(form)
        self._seen[content_mac] += 1
        counted = f"{content_mac}:{self._seen[content_mac]}"
        return replace(form, source_id=f"excel:{self._edition}:{form.unit}::{counted}")

    def own_source_id(self, said: Filled | Wrong) -> str | None:
        """The id of the form that a row with an id of its own is, or would be were it right; None for other rows."""
        if said.source_id is None or said.unit is None:
            return None
        return f"excel:{self._edition}:{said.unit}:{said.source_id}"

    def _without_id(self, filled: Filled) -> Form:
        consent = ConsentForm(self._consent_version, filled.consent_at, filled.consent_how)  # type: ignore[arg-type]
        return Form(
            campaign=self._campaign,
            channel=CHANNEL,
            source_id=_NO_ID,
            collected_at=filled.collected_at,
            consent=consent,
            edition=self._edition,
            questionnaire_version=self._questionnaire_version,
            unit=filled.unit,
            point=filled.point,
            interviewer=filled.interviewer,
            respondent=RespondentForm(**filled.respondent),  # type: ignore[arg-type]
            answers=filled.answers,
            message=filled.message,
        )
