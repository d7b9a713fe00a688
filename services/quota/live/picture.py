"""A picture of the whole board at one time, drawn over the one before: only what moved is worked out anew. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from services.quota.board import LineProgress, Progress, UnitShare, progress_of
from services.quota.live.ahead import Ahead
from services.quota.live.content import BoardOwn, BoardTotals
from services.quota.live.sections import Section, encode, listed, single
from services.quota.live.shaping import full_line, own_share, plain_line
from services.quota.model import Bucket, Persons
from services.quota.schedule import Schedule, schedule_of
from services.quota.status.past import Statuses
from services.quota.store import Sums
from shared.campaign import Campaign, CommonPart

TOTALS: CommonPart = "totals"
LINES: CommonPart = "lines"


@dataclass(frozen=True, slots=True)
class Counts:
    """What was read: each unit's ``sums``, which hold at least the first ``revision`` events about submissions, and the
    lines' ``statuses``, on a ``day`` of the campaign, at the moment ``read_at`` (RFC 3339)."""

    sums: Sums
    statuses: Statuses
    revision: int
    day: date
    read_at: str


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """The board for all who may look: ``whole`` has the sections of those who see everything, ``common`` those of the
    parts that the campaign makes common."""

    campaign: Campaign
    counts: Counts
    ahead: Ahead
    lines: Mapping[str, LineProgress]
    others: Mapping[str, UnitShare]
    plans: Mapping[int, Schedule]
    day: Section
    whole: tuple[Section, ...]
    common: Mapping[CommonPart, Section]

    def own(self, unit: str, before: Section | None) -> Section:
        """What ``unit`` sees of itself; ``before`` is what it saw last."""
        line_id = self.campaign.units[unit].quota_line
        line = None if line_id is None else self.lines[line_id]
        share = self.others[unit] if line is None else next(each for each in line.units if each.unit == unit)
        shown = (
            None if line is None else full_line(line, self.plans, self.ahead, has_buckets=not line.is_shared)
        )
        content = BoardOwn(own_share(share, line), shown, self.ahead.days_of([unit]))
        return single("own", content, before)


def draw(campaign: Campaign, counts: Counts, ahead: Ahead, before: Picture | None) -> Picture:
    """The picture after ``before`` (of the same campaign), whose sections it shares where they say the same."""
    progress = _progress(campaign, counts, before)
    new = {line.quota_line: line for line in progress.lines}
    lines = {id: new.get(id) or before.lines[id] for id in campaign.quota_lines} if before else new
    others = {share.unit: share for share in progress.others}
    plans = _plans(campaign, counts.day, before)
    totals = _totals(campaign, counts.sums, lines, others)
    sections = {} if before is None else {each.name: each for each in before.whole}
    has_new_days = before is None or before.ahead is not ahead
    told = lines if has_new_days else new  # a forecast moves alone, too
    full = {id: encode(full_line(line, plans, ahead, has_buckets=True)) for id, line in told.items()}
    days = sections.get("days")
    if days is None or has_new_days:
        days = single("days", ahead.days_of(campaign.units), days)
    whole = (
        single(TOTALS, totals, sections.get(TOTALS)),
        listed(LINES, full, sections.get(LINES)),
        listed("units", _units(new, others, counts, before), sections.get("units")),
        days,
    )
    on = single("on", counts.day, None if before is None else before.day)
    common = _common(totals, new, {} if before is None else before.common)
    return Picture(campaign, counts, ahead, lines, others, plans, on, whole, common)


def _progress(campaign: Campaign, counts: Counts, before: Picture | None) -> Progress:
    """Of the lines in which something moved, and of all units without one."""
    if before is None or before.counts.day != counts.day:
        return progress_of(campaign, counts.sums, counts.day, counts.statuses)
    sums, known = counts.sums, before.counts.sums
    units = [unit for unit in sums.keys() | known.keys() if sums.get(unit) != known.get(unit)]
    moved = {campaign.units[unit].quota_line for unit in units if unit in campaign.units}
    statuses, told = counts.statuses, before.counts.statuses
    moved |= {line for line in campaign.quota_lines if statuses.get(line) != told.get(line)}
    lines = {id: line for id, line in campaign.quota_lines.items() if id in moved}
    return progress_of(replace(campaign, quota_lines=lines), counts.sums, counts.day, counts.statuses)


def _plans(campaign: Campaign, day: date, before: Picture | None) -> Mapping[int, Schedule]:
    """By target: what is due by ``day`` and how many days are left is the same for all lines of one."""
    if before is not None and before.counts.day == day:
        return before.plans
    targets = {line.target_count for line in campaign.quota_lines.values()}
    return {target: schedule_of(campaign, target, {}, day) for target in targets}


def _totals(
    campaign: Campaign, sums: Sums, lines: Mapping[str, LineProgress], others: Mapping[str, UnitShare]
) -> BoardTotals:
    buckets = {
        str(bucket): sum(line.buckets[bucket] for line in lines.values())
        + sum(share.buckets.get(bucket, 0) for share in others.values())
        for bucket in Bucket
    }
    counted, target = buckets[Bucket.COUNTED], campaign.target_interviews
    return BoardTotals(
        target=target,
        counted=counted,
        share=counted / target,
        accepted=sum(buckets.values()),
        interviews=sum(line.interviews_count for line in lines.values()),
        persons=sum(of_unit.get(Persons.OF_CAMPAIGN, 0) for of_unit in sums.values()),
        buckets=buckets,
    )


def _common(
    totals: BoardTotals, lines: Mapping[str, LineProgress], before: Mapping[CommonPart, Section]
) -> dict[CommonPart, Section]:
    plain = BoardTotals(totals.target, totals.counted, totals.share)
    entries = {id: encode(plain_line(line)) for id, line in lines.items()}
    return {
        TOTALS: single(TOTALS, plain, before.get(TOTALS)),
        LINES: listed(LINES, entries, before.get(LINES)),
    }


def _units(
    lines: Mapping[str, LineProgress],
    others: Mapping[str, UnitShare],
    counts: Counts,
    before: Picture | None,
) -> dict[str, bytes]:
    """The units that moved; all of them at first, in the order of the definition's lines."""
    sums, known = counts.sums, {} if before is None else before.counts.sums
    shares = [(share, line) for line in lines.values() for share in line.units]
    return {
        share.unit: encode(own_share(share, line))
        for share, line in [*shares, *((share, None) for share in others.values())]
        if before is None or sums.get(share.unit) != known.get(share.unit)
    }
