"""What can be wrong with a campaign's definition."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from shared.errors import DafangtanError


@dataclass(frozen=True, order=True, slots=True)
class Problem:
    """One thing to correct in a definition: the file (within its folder), the line from 1, the reason."""

    file: str
    line: int
    reason: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.reason}"


class CampaignInvalid(DafangtanError):
    """The definition must be corrected by its author; ``problems`` names every place, by file and line."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        super().__init__("\n".join(str(problem) for problem in self.problems))
