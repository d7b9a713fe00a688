"""The board: what every quota line owes, has, and how it stands on a day. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from services.quota.model import ELIGIBLE, Bucket, Persons, split_by_target
from services.quota.status.model import FIRST
from services.quota.store import Sums
from shared.campaign import Campaign, Edition, QuotaLine
from shared.errors import NotFound
from shared.events import QuotaStatus


@dataclass(frozen=True, slots=True)
class UnitShare:
    """What one unit contributed: its own buckets. ``eligible`` is counted or over target, as its line stands.

    ``persons_count``: how many people its valid interviews were with.
    """

    unit: str
    name: str
    eligible: int
    persons_count: int
    buckets: Mapping[str, int]

    @property
    def interviews_count(self) -> int:
        """Valid interviews (人次): a person's second one is one more."""
        return self.eligible + self.buckets[Bucket.DUPLICATE_PERSON]


@dataclass(frozen=True, slots=True)
class LineProgress:
    """A quota line: its target, its buckets, its status, and its units."""

    quota_line: str
    name: str
    edition: str
    target_count: int
    counted_count: int
    persons_count: int
    status: QuotaStatus
    buckets: Mapping[Bucket, int]
    units: tuple[UnitShare, ...]

    @property
    def interviews_count(self) -> int:
        """Valid interviews (人次)."""
        return sum(unit.interviews_count for unit in self.units)

    @property
    def share(self) -> float:
        """Counted interviews as a share of the target, 0 to 1."""
        return self.counted_count / self.target_count

    @property
    def is_shared(self) -> bool:
        """Whether several units owe it together: its buckets tell each of them of the others."""
        return len(self.units) > 1


@dataclass(frozen=True, slots=True)
class UnitProgress:
    """A unit's own part, and its line, if it owes interviews.

    ``tells_others``: who asks may know of the other units that share the line, and not only how far it is.
    """

    share: UnitShare
    line: LineProgress | None
    tells_others: bool


@dataclass(frozen=True, slots=True)
class EditionProgress:
    """What the lines of one edition owe and have."""

    edition: str
    name: str
    target_count: int
    counted_count: int


@dataclass(frozen=True, slots=True)
class Progress:
    """A whole campaign on a day. ``buckets`` add up to all accepted submissions.

    ``target_count`` is that of the campaign, ``quota_count`` what its lines add up to; interviews that count for
    a line count for both. ``persons_count``: how many people the valid interviews were with. ``others`` are the
    units that owe no interviews: messages come to them.
    """

    campaign: str
    name: str
    day: date
    target_count: int
    quota_count: int
    persons_count: int
    editions: tuple[EditionProgress, ...]
    lines: tuple[LineProgress, ...]
    others: tuple[UnitShare, ...]
    buckets: Mapping[Bucket, int]

    @property
    def counted_count(self) -> int:
        """Interviews that count for a line."""
        return sum(line.counted_count for line in self.lines)

    @property
    def interviews_count(self) -> int:
        """Valid interviews (人次)."""
        return sum(line.interviews_count for line in self.lines)

    @property
    def accepted_count(self) -> int:
        """Every accepted submission lies in exactly one bucket."""
        return sum(self.buckets.values())

    def of_unit(self, unit: str) -> tuple[UnitShare, LineProgress | None]:
        """What the unit contributed, and its line, if it owes interviews. Raises NotFound."""
        shares: list[tuple[UnitShare, LineProgress | None]] = [(share, None) for share in self.others]
        shares += [(share, line) for line in self.lines for share in line.units]
        for share, line in shares:
            if share.unit == unit:
                return share, line
        raise NotFound(f"没有责任单位“{unit}”。", code="unknown-unit")


def progress_of(campaign: Campaign, sums: Sums, day: date, statuses: Mapping[str, QuotaStatus]) -> Progress:
    """The board of ``campaign`` on ``day`` from its units' sums and its lines' statuses, where they were judged.

    A line with its target is done at once: judging comes a little later.
    """
    lines = tuple(
        _line(campaign, line, sums, statuses.get(line.id, FIRST)) for line in campaign.quota_lines.values()
    )
    others = tuple(
        _share(campaign, unit.id, sums.get(unit.id, {}))
        for unit in campaign.units.values()
        if unit.quota_line is None
    )
    return Progress(
        campaign=campaign.id,
        name=campaign.name,
        day=day,
        target_count=campaign.target_interviews,
        quota_count=sum(line.target_count for line in lines),
        persons_count=sum(of_unit.get(Persons.OF_CAMPAIGN, 0) for of_unit in sums.values()),
        editions=tuple(_edition(edition, lines) for edition in campaign.editions.values()),
        lines=lines,
        others=others,
        buckets={
            bucket: sum(line.buckets[bucket] for line in lines)
            + sum(other.buckets.get(bucket, 0) for other in others)
            for bucket in Bucket
        },
    )


def sums_until(days: Mapping[str, Sums], day: date) -> Sums:
    """The sums as they were at the end of ``day``, by what is known today of the submissions until then."""
    until = day.isoformat()
    sums: Sums = {}
    for some, units in days.items():
        if some <= until:
            for unit, buckets in units.items():
                into = sums.setdefault(unit, {})
                for bucket, count in buckets.items():
                    into[bucket] = into.get(bucket, 0) + count
    return sums


def _edition(edition: Edition, lines: Iterable[LineProgress]) -> EditionProgress:
    of_edition = [line for line in lines if line.edition == edition.id]
    return EditionProgress(
        edition=edition.id,
        name=edition.name,
        target_count=sum(line.target_count for line in of_edition),
        counted_count=sum(line.counted_count for line in of_edition),
    )


def _line(campaign: Campaign, line: QuotaLine, sums: Sums, status: QuotaStatus) -> LineProgress:
    added: dict[str, int] = {}
    for unit in line.units:
        for bucket, count in sums.get(unit, {}).items():
            added[bucket] = added.get(bucket, 0) + count
    buckets = split_by_target(added, line.target_count)
    counted = buckets[Bucket.COUNTED]
    return LineProgress(
        quota_line=line.id,
        name=line.name,
        edition=line.edition,
        target_count=line.target_count,
        counted_count=counted,
        persons_count=added.get(Persons.OF_LINE, 0),
        status=QuotaStatus.DONE if counted >= line.target_count else status,
        buckets=buckets,
        units=tuple(_share(campaign, unit, sums.get(unit, {})) for unit in line.units),
    )


def _share(campaign: Campaign, unit: str, sums: Mapping[str, int]) -> UnitShare:
    others = {str(bucket): sums.get(bucket, 0) for bucket in Bucket if bucket not in _BY_LINE}
    return UnitShare(
        unit, campaign.units[unit].name, sums.get(ELIGIBLE, 0), sums.get(Persons.OF_UNIT, 0), others
    )


_BY_LINE = (Bucket.COUNTED, Bucket.OVER_TARGET)
