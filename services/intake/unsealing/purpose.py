"""What something sealed is opened for: told by whoever opens it, and kept with the audit entry."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

Purpose = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=10, max_length=500),
    Field(description="打开的目的，至少 10 个字，记入审计", examples=["就反映的欠薪问题回访本人"]),
]
