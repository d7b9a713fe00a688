"""Times that people tell, as far as they can mean any, as a field of an input."""

from __future__ import annotations

from typing import Annotated

from pydantic import AwareDatetime, Field

from shared.possible_times import EARLIEST, LATEST

Moment = Annotated[AwareDatetime, Field(ge=EARLIEST, lt=LATEST)]
"""Near the ends of the calendar the same moment in UTC would be none."""
