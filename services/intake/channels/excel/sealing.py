"""The cells of rows that were dealt with, sealed until the workbook is given back.

Those of an interview that was taken in are sealed with its own data key: when it is withdrawn, they can't be read any
more either. Those of the rest are sealed with the job's key, but for rows without consent: they aren't kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from services.intake.channels.excel.jobs import Job, RowResult
from services.intake.model import Registration
from shared.privacy import DataKey, Privacy

_FIELD = "import-row"


class RowSealer:
    """Seals and opens the cells of rows, with the keys of every campaign."""

    def __init__(self, privacies: Mapping[str, Privacy]) -> None:
        self._privacies = privacies

    def seal_taken(self, registration: Registration, cells: Sequence[Any]) -> str | None:
        """None for what was withdrawn."""
        if registration.wrapped_key is None:
            return None
        sealer, id = self._privacies[registration.campaign].sealer, registration.submission_id
        return sealer.seal(sealer.unwrap(id, registration.wrapped_key), id, _FIELD, _encode(cells))

    def open_taken(self, registration: Registration, sealed: str) -> list[Any] | None:
        """None for what was withdrawn."""
        if registration.wrapped_key is None:
            return None
        sealer, id = self._privacies[registration.campaign].sealer, registration.submission_id
        return _decode(sealer.open(sealer.unwrap(id, registration.wrapped_key), id, _FIELD, sealed))

    def key_of(self, job: Job) -> DataKey:
        """What seals the refused rows of ``job``: it holds though the key that wrapped it is destroyed meanwhile.

        Raises KeyDestroyed where that was before.
        """
        assert job.wrapped_key is not None, "nothing is sealed or opened after its time"
        return self._privacies[job.campaign].sealer.unwrap(job.id, job.wrapped_key)

    def seal_refused(self, job: Job, key: DataKey, number: int, cells: Sequence[Any]) -> str:
        """Row ``number`` of ``job``."""
        sealer = self._privacies[job.campaign].sealer
        return sealer.seal(key, job.id, f"{_FIELD}-{number}", _encode(cells))

    def open_refused(self, job: Job, key: DataKey, result: RowResult) -> list[Any]:
        """Its cells; none where they weren't kept."""
        if result.sealed is None:
            return []
        sealer = self._privacies[job.campaign].sealer
        return _decode(sealer.open(key, job.id, f"{_FIELD}-{result.number}", result.sealed))


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(list[Any]).decode
