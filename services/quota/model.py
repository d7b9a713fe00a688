"""What every submission counts for. Pure.

A submission's standing is a merge of its events that doesn't depend on their order, and a line's numbers are
sums over standings; so the board is the same however the log was cut into batches or shared out, and a
rebuild gives what stood.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import msgspec
from msgspec.structs import replace

from services.quota.cells import Groups

if TYPE_CHECKING:
    from shared.campaign import Campaign, Counting, QuotaLine


class By(StrEnum):
    """Which day a submission belongs to."""

    COLLECTED = "collected"
    RECEIVED = "received"


class Bucket(StrEnum):
    """Where an accepted submission lies: in exactly one of these."""

    COUNTED = "counted"
    OVER_TARGET = "over_target"
    ONLINE = "online"
    CONSENT_NOT_COUNTED = "consent_not_counted"
    INELIGIBLE_AGE = "ineligible_age"
    WRONG_EDITION = "wrong_edition"
    AWAITING_SIGN_OFF = "awaiting_sign_off"
    DUPLICATE_PERSON = "duplicate_person"
    WITHDRAWN = "withdrawn"


BUCKET_NAMES: Mapping[Bucket, str] = {
    Bucket.COUNTED: "计入名额",
    Bucket.OVER_TARGET: "超出目标",
    Bucket.ONLINE: "线上",
    Bucket.CONSENT_NOT_COUNTED: "同意书版本不计",
    Bucket.INELIGIBLE_AGE: "年龄不符",
    Bucket.WRONG_EDITION: "版别不符",
    Bucket.AWAITING_SIGN_OFF: "待签字确认",
    Bucket.DUPLICATE_PERSON: "同一人重复",
    Bucket.WITHDRAWN: "已撤回",
}

ELIGIBLE = "eligible"
"""Counted or over target: which of the two is decided for the line as a whole, by its target."""


class Persons(StrEnum):
    """Persons (人) beside interviews (人次): each is added up once, with the first of their interviews."""

    OF_CAMPAIGN = "persons"
    OF_LINE = "line_persons"
    OF_UNIT = "unit_persons"


Fields = tuple[str, ...]
"""What a submission is added to: its bucket, and the persons whose first interview it is."""

FIRST_OF_ALL: Fields = (ELIGIBLE, *Persons)


class Content(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What a submission's events say that quotas care for. ``collected_on`` is a day of the campaign's time zone.
    ``cells`` are those of the reference margins that the respondent lies in, where the channel may count.

    Stored as an array, one for every submission: new fields go last, with a default.
    """

    unit: str
    channel: str
    edition: str | None
    received_at: str
    age_band: str | None = None
    person: str | None = None
    collected_on: str = ""
    campaign: str = ""
    point: str | None = None
    consent: str | None = None
    cells: tuple[str, ...] = ()


class Standing(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A submission as its events so far make it. ``content`` is None until one of them carried it."""

    content: Content | None = None
    revision: int = -1
    is_withdrawn: bool = False
    is_signed_off: bool = False

    def told(self, content: Content, revision: int) -> Standing:
        """With the content of ``revision``, unless that one or a later one is known already."""
        if revision <= self.revision:
            return self
        return Standing(content, revision, self.is_withdrawn, self.is_signed_off)

    def withdrawn(self) -> Standing:
        """Taken back, for good."""
        return self if self.is_withdrawn else replace(self, is_withdrawn=True)

    def signed_off(self) -> Standing:
        """Signed by the team lead."""
        return self if self.is_signed_off else replace(self, is_signed_off=True)


NOTHING_KNOWN = Standing()


class Claim(msgspec.Struct, frozen=True, order=True, array_like=True, gc=False):
    """An eligible interview of a person. The least of a person's claims is counted: the one received first."""

    received_at: str
    submission_id: str
    unit: str
    collected_on: str
    point: str | None = None
    cells: tuple[str, ...] = ()

    @classmethod
    def of(cls, submission_id: str, content: Content) -> Claim:
        """The claim of an eligible submission."""
        return cls(
            content.received_at,
            submission_id,
            content.unit,
            content.collected_on,
            content.point,
            content.cells,
        )


@dataclass(frozen=True, slots=True)
class Days:
    """Tells the day, in the time zone of a campaign, of a moment (RFC 3339)."""

    timezone: ZoneInfo
    has_whole_hours: bool
    """Whether the zone's clocks show whole hours beside UTC, for as long as the campaign lasts: then what a moment has
    after its hour decides no day, and many share that much."""
    _known: dict[str, str] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def of(cls, campaign: Campaign) -> Days:
        """Those of ``campaign``."""
        zone = campaign.timezone
        return cls(zone, all(_is_whole_hours(year, zone) for year in _years_of(campaign)))

    def __call__(self, moment: str) -> str:
        """The day of ``moment``. Raises ValueError where that is none."""
        until_hour = moment[:13] if moment[-1:] == "Z" else moment[:13] + moment[-6:]
        day = self._known.get(until_hour)
        return self._found(moment, until_hour) if day is None else day

    def _found(self, moment: str, until_hour: str) -> str:
        zone = "Z" if moment[-1:] in "Zz" else moment[-6:]
        if not (self.has_whole_hours and zone[-3:] in _WHOLE_HOURS):
            return _day_of(moment[:16], zone, self.timezone)
        if len(self._known) >= _MOST_KNOWN:
            self._known.clear()
        day = self._known[until_hour] = _day_of(moment[:13], zone, self.timezone)
        return day


@dataclass(frozen=True, slots=True)
class Rules:
    """What of the campaign decides buckets, looked up once."""

    units: frozenset[str]
    lines: Mapping[str, QuotaLine]
    eligible_bands: frozenset[str]
    timezone: ZoneInfo
    day_of: Days
    counting: Counting
    groups: Groups

    @classmethod
    def of(cls, campaign: Campaign) -> Rules:
        """The rules of ``campaign``; ``lines`` by unit, of those that owe interviews."""
        bands = (b.label for b in campaign.age.bands if b.highest <= campaign.age.eligible_max)
        return cls(
            units=frozenset(campaign.units),
            lines={unit.id: line for unit, line in campaign.owing_units()},
            eligible_bands=frozenset(bands),
            timezone=campaign.timezone,
            day_of=Days.of(campaign),
            counting=campaign.counting,
            groups=Groups.of(campaign),
        )

    def tally(self, claims: Iterable[Claim]) -> list[tuple[Claim, Fields]]:
        """What each of one person's claims is added to.

        Of those that compete, the first counts and the others are duplicates; competing are all of the person's
        claims, or those of a quota line, or of a unit.
        """
        ordered = sorted(claims)
        if len(ordered) < 2:
            return [(claim, FIRST_OF_ALL) for claim in ordered]
        seen: set[tuple[Persons, str]] = set()
        tallied = []
        for claim in ordered:
            places = self._scopes(claim)
            firsts = tuple(place[0] for place in places if place not in seen)
            seen.update(places)
            counts = _COMPETING[self.counting.person_once_per] in firsts
            tallied.append((claim, (ELIGIBLE if counts else Bucket.DUPLICATE_PERSON, *firsts)))
        return tallied

    def first_of(self, claim: Claim, claims: Iterable[Claim]) -> Claim:
        """The claim that counts among those of ``claims`` that ``claim`` competes with."""
        scope = _COMPETING[self.counting.person_once_per]
        place = dict(self._scopes(claim))[scope]
        return min(other for other in claims if dict(self._scopes(other))[scope] == place)

    def _scopes(self, claim: Claim) -> tuple[tuple[Persons, str], ...]:
        """Where the claim's person is looked for: in the campaign, in the line, in the unit."""
        line = self.lines[claim.unit].id
        return (Persons.OF_CAMPAIGN, ""), (Persons.OF_LINE, line), (Persons.OF_UNIT, claim.unit)

    def lies_in(self, standing: Standing) -> str | None:
        """The bucket of ``standing``, ``ELIGIBLE`` where its person and line decide, None without content.

        The first rule that fits holds, in the order: withdrawn, channel, consent, age, edition, sign-off.
        """
        content = standing.content
        if content is None:
            return None
        line = self.lines.get(content.unit)
        if standing.is_withdrawn:
            return Bucket.WITHDRAWN
        if content.channel not in self.counting.channels:
            return Bucket.ONLINE
        if content.consent not in self.counting.consents:
            return Bucket.CONSENT_NOT_COUNTED
        if content.age_band not in self.eligible_bands:
            return Bucket.INELIGIBLE_AGE
        if line is None or content.edition != line.edition:
            return Bucket.WRONG_EDITION
        if line.is_sign_off_required and not standing.is_signed_off:
            return Bucket.AWAITING_SIGN_OFF
        return ELIGIBLE


def _is_whole_hours(year: int, timezone: ZoneInfo) -> bool:
    """Whether the zone's clocks show whole hours beside UTC all that year: in summer and in winter."""
    moments = (datetime(year, month, 1, tzinfo=timezone) for month in range(1, 13))
    return all((moment.utcoffset() or timedelta()) % timedelta(hours=1) == timedelta() for moment in moments)


def _years_of(campaign: Campaign) -> range:
    return range(campaign.starts_on.year, campaign.ends_on.year + 1)


_WHOLE_HOURS = ("Z", ":00")
_MOST_KNOWN = 65_536
_COMPETING = {"campaign": Persons.OF_CAMPAIGN, "quota_line": Persons.OF_LINE, "unit": Persons.OF_UNIT}


@lru_cache(maxsize=_MOST_KNOWN)
def _day_of(beginning: str, zone: str, timezone: ZoneInfo) -> str:
    """Of a moment up to its hour or minute."""
    return datetime.fromisoformat(beginning + zone).astimezone(timezone).date().isoformat()


def split_by_target(sums: Mapping[str, int], target_count: int) -> dict[Bucket, int]:
    """The named buckets from a line's sums: of the eligible, those up to the target are counted."""
    eligible = sums.get(ELIGIBLE, 0)
    counted = min(eligible, target_count)
    buckets = {bucket: sums.get(bucket, 0) for bucket in Bucket}
    return {**buckets, Bucket.COUNTED: counted, Bucket.OVER_TARGET: eligible - counted}


def milestones_reached(eligible: int, target_count: int, percents: Iterable[int]) -> list[int]:
    """The percentages of the target that ``eligible`` interviews reach."""
    return [percent for percent in percents if eligible * 100 >= percent * target_count]
