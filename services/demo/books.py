"""What the quota's books must say after a scenario."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from services.demo.entries import Entry
from shared.campaign import Campaign


@dataclass(frozen=True, slots=True)
class LineBook:
    """What one quota line's offline interviews come to. All but ``accepted`` are disjoint parts of it."""

    accepted: int
    withdrawn: int
    over_age: int
    repeated_person: int
    wrong_edition: int
    unsigned: int

    @property
    def eligible(self) -> int:
        """Interviews that count as far as the target goes; beyond it they are over target."""
        return (
            self.accepted
            - self.withdrawn
            - self.over_age
            - self.repeated_person
            - self.wrong_edition
            - self.unsigned
        )


def line_books(
    campaign: Campaign, entries: Iterable[Entry], withdrawn: Iterable[Entry], unsigned: Iterable[Entry]
) -> Mapping[str, LineBook]:
    """The book of every quota line. Online questionnaires are in none."""
    standings = Counter((entry.line, entry.standing) for entry in entries)
    withdrawals = Counter(entry.line for entry in withdrawn if entry.standing != "online")
    unsigned_counts = Counter(entry.line for entry in unsigned)
    return {
        line: LineBook(
            accepted=sum(
                count for (of, standing), count in standings.items() if of == line and standing != "online"
            ),
            withdrawn=withdrawals[line],
            over_age=standings[line, "over_age"],
            repeated_person=standings[line, "repeated_person"],
            wrong_edition=standings[line, "wrong_edition"],
            unsigned=unsigned_counts[line],
        )
        for line in campaign.quota_lines
    }
