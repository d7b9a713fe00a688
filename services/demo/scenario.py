"""A campaign as steps to be posted through the HTTP API, and the books that must result.

It is told half-way through, or over its whole length, to be replayed day by day. At scale 1 with the Suzhou
definition it has the size that the press reported of 2024: 9,953 offline interviews and 22,706 online
questionnaires. People, answers and mishaps are invented; the same seed gives the same steps.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

from services.demo.books import LineBook, line_books
from services.demo.entries import Entries, Entry
from services.demo.mishaps import SPOILS, broken_json, too_large
from services.demo.moments import HalfWay, Moments, WholeCampaign
from services.demo.population import Population
from services.demo.steps import Action, Step, Way
from services.demo.submitting import Forms, changed
from services.demo.talks import Talking, Talks
from shared.campaign import Campaign

REPEAT_COUNT, AMENDMENT_COUNT, WITHDRAWAL_COUNT, CONFLICT_COUNT, BAD_COUNT = 300, 200, 60, 20, 150
"""Follow-ups and bad submissions at scale 1."""

SCALE_MIN = 0.002
"""Below this there aren't enough submissions for one follow-up of each kind."""

WAYS: Mapping[str, Way] = {"zhangjiagang": "excel", "kunshan": "openrosa"}
"""Units that send half of their interviews in another way than as JSON."""

_UNSIGNED_SHARE = 0.12
_SENT_AGAIN_AFTER = timedelta(minutes=3)


@dataclass(frozen=True, slots=True)
class Scenario:
    """The steps in their order, and what must stand when all are done.

    ``steps`` are posted as JSON. ``collected`` come from ODK Collect, ``tabulated`` in a unit's workbooks, both in
    any order; ``talks`` are messages. ``expected_forms`` are interviews and questionnaires without the messages.
    """

    campaign: str
    steps: tuple[Step, ...]
    collected: tuple[Step, ...]
    tabulated: tuple[Step, ...]
    talks: Talks
    expected_forms: int
    expected_withdrawn: int
    expected_lines: Mapping[str, LineBook]

    @property
    def expected_accepted(self) -> int:
        """Everything that is accepted."""
        return self.expected_forms + self.talks.message_count

    @property
    def task_count(self) -> int:
        """How much there is to do, for a progress bar."""
        talks = len(self.talks.followers) + len(self.talks.posts) + len(self.talks.calls)
        return len(self.steps) + len(self.collected) + len(self.tabulated) + talks


def build_scenario(campaign: Campaign, seed: int, scale: float = 1.0, *, is_whole: bool = False) -> Scenario:
    """The scenario of ``campaign``, ``scale`` times as large as 2024; half-way through, or over its whole length.

    Raises ValueError for a tiny scale.
    """
    if scale < SCALE_MIN:
        raise ValueError(f"规模不能小于 {SCALE_MIN}，收到 {scale}")
    random = Random(seed)  # noqa: S311 - nothing here is secret
    moments = WholeCampaign(campaign, seed) if is_whole else HalfWay(campaign, random)
    return _Builder(campaign, random, moments, scale).build()


class _Builder:
    """Gathers steps."""

    def __init__(self, campaign: Campaign, random: Random, moments: Moments, scale: float) -> None:
        self._campaign = campaign
        self._random = random
        self._moments = moments
        self._scale = scale
        self._population = Population(random)
        self._forms = Forms(campaign, random, self._population, moments)
        self._steps: list[Step] = []

    def build(self) -> Scenario:
        entries = list(Entries(self._campaign, self._random, self._population, self._forms).all(self._scale))
        ways = self._ways(entries)
        for entry in entries:
            way = ways.get(entry.form["source_id"], "json")
            self._add(entry, entry.at, "submit", "new", 201, form=entry.form, way=way)
        followed = [e for e in entries if self._is_free(e) and e.form["source_id"] not in ways]
        withdrawn = self._follow_up(followed)
        unsigned = self._sign_off([entry for entry in entries if self._needs_sign_off(entry)])
        self._refuse()
        self._steps.sort(key=lambda step: step.at)  # stable: what follows from a step comes after it
        return Scenario(
            campaign=self._campaign.id,
            steps=self._of_way("json"),
            collected=self._of_way("openrosa"),
            tabulated=self._of_way("excel"),
            talks=Talking(self._campaign, self._random, self._population, self._moments).all(self._scale),
            expected_forms=len(entries),
            expected_withdrawn=len(withdrawn),
            expected_lines=line_books(self._campaign, entries, withdrawn, unsigned),
        )

    def _add(
        self,
        entry: Entry,
        at: datetime,
        action: Action,
        case: str,
        status: int,
        *,
        form: Mapping[str, Any] | None = None,
        raw: bytes | None = None,
        way: Way = "json",
    ) -> None:
        step = Step(
            action=action,
            channel=entry.form["channel"],
            source_id=entry.form["source_id"],
            unit=entry.form["unit"],
            case=case,
            expected_status=status,
            at=at,
            form=form,
            raw=raw,
            way=way,
        )
        self._steps.append(step)

    def _of_way(self, way: Way) -> tuple[Step, ...]:
        return tuple(step for step in self._steps if step.way == way)

    def _ways(self, entries: Sequence[Entry]) -> dict[str, Way]:
        """By source id, the interviews of two units that don't travel as JSON: every other one that is free."""
        ways: dict[str, Way] = {}
        for unit, way in WAYS.items():
            free = [
                e for e in entries if e.form["unit"] == unit and e.standing == "plain" and self._is_free(e)
            ]
            ways |= {entry.form["source_id"]: way for entry in free[::2]}
        return ways

    def _is_free(self, entry: Entry) -> bool:
        """Whether its fate may change without changing another's, so that the books are certain."""
        return entry.standing == "online" or (entry.standing == "plain" and not self._needs_sign_off(entry))

    def _needs_sign_off(self, entry: Entry) -> bool:
        return entry.standing != "online" and self._campaign.quota_lines[entry.line].is_sign_off_required

    def _follow_up(self, free: Sequence[Entry]) -> list[Entry]:
        """Repeats, amendments, conflicts and withdrawals, each of other entries; gives the withdrawn ones."""
        counts = [
            self._scaled(count) for count in (REPEAT_COUNT, AMENDMENT_COUNT, CONFLICT_COUNT, WITHDRAWAL_COUNT)
        ]
        chosen = iter(self._random.sample(free, sum(counts)))
        repeats, amendments, conflicts, withdrawals = ([next(chosen) for _ in range(n)] for n in counts)
        for entry in repeats:
            self._add(entry, entry.at + _SENT_AGAIN_AFTER, "submit", "repeat", 200, form=entry.form)
        for entry in amendments:
            form = changed(entry.form)
            self._add(entry, self._later(entry, "amend"), "amend", "amendment", 200, form=form)
        for entry in conflicts:
            form = changed(entry.form)
            self._add(entry, self._later(entry, "submit"), "submit", "conflict", 409, form=form)
        for entry in withdrawals:
            self._add(entry, self._later(entry, "withdraw"), "withdraw", "withdrawal", 200)
        return withdrawals

    def _sign_off(self, entries: Sequence[Entry]) -> list[Entry]:
        """Team leads sign soon after the interview, but not all; gives those not signed."""
        plain = [entry for entry in entries if entry.standing == "plain"]
        unsigned = self._random.sample(plain, round(len(plain) * _UNSIGNED_SHARE))
        unsigned_ids = {entry.form["source_id"] for entry in unsigned}
        for entry in entries:
            if entry.form["source_id"] not in unsigned_ids:
                self._add(entry, self._later(entry, "sign_off"), "sign_off", "sign_off", 200)
        return unsigned

    def _refuse(self) -> None:
        """Bad submissions: at least one of each kind."""
        kinds = ["broken_json", "too_large", *SPOILS]
        for number in range(max(len(kinds), self._scaled(BAD_COUNT))):
            self._bad(kinds[number % len(kinds)])

    def _bad(self, kind: str) -> None:
        unit, line = self._random.choice(list(self._campaign.owing_units()))
        channel = self._random.choice(list(self._campaign.channels))
        form = self._forms.online(self._population.person(line.edition), unit, channel)
        entry = Entry(form, line.id, "plain")
        if kind == "broken_json":
            self._add(entry, entry.at, "submit", kind, 400, raw=broken_json(form))
        elif kind == "too_large":
            self._add(entry, entry.at, "submit", kind, 413, raw=too_large(form))
        else:
            spoiled = SPOILS[kind](self._campaign.questionnaire(line.edition), form)
            if spoiled is not None:
                self._add(entry, entry.at, "submit", kind, 422, form=spoiled)

    def _later(self, entry: Entry, action: Action) -> datetime:
        return self._moments.after(entry.at, action)

    def _scaled(self, count: int) -> int:
        return max(1, round(count * self._scale))
