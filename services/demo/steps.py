"""One step of a scenario: a request and its answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import orjson

Action = Literal["submit", "amend", "withdraw", "sign_off"]
Way = Literal["json", "openrosa", "excel"]
"""How a form travels: posted as JSON, from ODK Collect, or as a row of a workbook."""


@dataclass(frozen=True, slots=True)
class Step:
    """One request, when it is made, and the status that it must be answered with.

    ``submit`` posts ``content``; ``amend`` puts ``content`` in the place of what was told; ``withdraw`` and
    ``sign_off`` have none. All but ``submit`` concern the accepted submission of this channel and
    ``source_id``: its receipt is in the answer to an earlier step. ``case`` says what is tried, as ``repeat``
    or ``too_young``. ``way`` is another than JSON only for a ``submit`` that nothing follows on.
    """

    action: Action
    channel: str
    source_id: str
    unit: str
    case: str
    expected_status: int
    at: datetime
    form: Mapping[str, Any] | None = None
    raw: bytes | None = None
    way: Way = "json"

    @property
    def content(self) -> bytes:
        """The body of the request."""
        return orjson.dumps(self.form) if self.raw is None else self.raw
