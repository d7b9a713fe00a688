"""Everything that will be accepted in the scenario: offline interviews, then online questionnaires."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Any, Literal

from services.demo.population import SPECIAL_EDITION, Population
from services.demo.submitting import Forms
from shared.campaign import Campaign, QuotaLine

Standing = Literal["plain", "online", "over_age", "repeated_person", "first_of_person", "wrong_edition"]
"""What the quota will make of it: ``plain`` and ``first_of_person`` count, the others don't."""

FILL_PER_MILLE = (1041, 905, 842, 1058, 931, 786, 710, 887, 968, 681, 804, 536, 414, 534)
"""Interviews per thousand of a line's target, line after line. With Suzhou's 14 lines they make 9,953."""

ONLINE_PER_TARGET = 2.2706
"""Online questionnaires per interview aimed at: 22,706 for 10,000."""

_ONLINE_SHARES = (82, 13, 5)  # of the online channels, in the order of the definition
_OVER_AGE_SHARE = 0.012
_REPEATED_SHARE = 0.005
_WRONG_EDITION_SHARE = 0.004
_MIXED_LINE_MIN_COUNT = 12  # a line with fewer interviews has plain ones alone
_ONLINE_SPECIAL_SHARE = 0.12
_ONLINE_OVER_AGE_SHARE = 0.04
_OF_ONE_PERSON: tuple[Standing, Standing] = ("first_of_person", "repeated_person")
_YOUNG = (18, 40)
_OLDER = (41, 58)


@dataclass(frozen=True, slots=True)
class Entry:
    """A submission that will be accepted, and the quota line of its unit."""

    form: dict[str, Any]
    line: str
    standing: Standing

    @property
    def at(self) -> datetime:
        """When it was collected."""
        return datetime.fromisoformat(self.form["collected_at"])


class Entries:
    """Makes the entries of one campaign."""

    def __init__(self, campaign: Campaign, random: Random, population: Population, forms: Forms) -> None:
        self._campaign = campaign
        self._random = random
        self._population = population
        self._forms = forms
        self._offline = _channels(campaign, "offline")
        self._online = _channels(campaign, "online")
        self._lines = list(campaign.quota_lines.values())
        self._targets = [line.target_count for line in self._lines]

    def all(self, scale: float) -> Iterator[Entry]:
        """All of them, ``scale`` times as many as there were."""
        if self._offline:
            for number, line in enumerate(self._lines):
                fill = FILL_PER_MILLE[number % len(FILL_PER_MILLE)] / 1000
                yield from self._interviews(line, round(line.target_count * fill * scale))
        if self._online:
            for _ in range(round(self._campaign.target_interviews * ONLINE_PER_TARGET * scale)):
                yield self._questionnaire()

    def _interviews(self, line: QuotaLine, count: int) -> Iterator[Entry]:
        is_mixed = count >= _MIXED_LINE_MIN_COUNT
        over_age = math.ceil(count * _OVER_AGE_SHARE) if is_mixed else 0
        repeated = math.ceil(count * _REPEATED_SHARE) if is_mixed else 0
        other = self._other_edition(line.edition)
        wrong_edition = math.ceil(count * _WRONG_EDITION_SHARE) if is_mixed and other else 0
        for _ in range(over_age):
            yield self._interview(line, "over_age", ages=_OLDER)
        for _ in range(wrong_edition):
            yield self._interview(line, "wrong_edition", edition=other)
        for _ in range(repeated):
            yield from self._interviewed_twice(line)
        for _ in range(count - over_age - wrong_edition - 2 * repeated):
            yield self._interview(line, "plain")

    def _interview(
        self,
        line: QuotaLine,
        standing: Standing,
        *,
        edition: str | None = None,
        ages: tuple[int, int] = _YOUNG,
    ) -> Entry:
        person = self._population.person(edition or line.edition, ages=ages)
        unit = self._campaign.unit(self._random.choice(line.units))
        return Entry(self._forms.offline(person, unit, self._offline[0]), line.id, standing)

    def _interviewed_twice(self, line: QuotaLine) -> Iterator[Entry]:
        """Two forms of one named person, of which one counts: the one that is told first."""
        person = self._population.person(line.edition)
        unit = self._campaign.unit(self._random.choice(line.units))
        for standing in _OF_ONE_PERSON:
            form = self._forms.offline(person, unit, self._offline[0], is_named=True)
            yield Entry(form, line.id, standing)

    def _questionnaire(self) -> Entry:
        line = self._random.choices(self._lines, self._targets)[0]
        unit = self._campaign.unit(self._random.choice(line.units))
        edition = line.edition
        if SPECIAL_EDITION in self._campaign.editions and self._random.random() < _ONLINE_SPECIAL_SHARE:
            edition = SPECIAL_EDITION
        ages = _OLDER if self._random.random() < _ONLINE_OVER_AGE_SHARE else _YOUNG
        person = self._population.person(edition, ages=ages)
        shares = _ONLINE_SHARES[: len(self._online)]
        channel = self._random.choices(self._online[: len(shares)], shares)[0]
        return Entry(self._forms.online(person, unit, channel), line.id, "online")

    def _other_edition(self, edition: str) -> str | None:
        return next((other for other in self._campaign.editions if other != edition), None)


def _channels(campaign: Campaign, mode: str) -> list[str]:
    return [channel.id for channel in campaign.channels.values() if channel.mode == mode]
