"""Invented submissions in the shape that channels post."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from random import Random
from typing import Any

from services.demo.answering import answer_all
from services.demo.moments import Moments
from services.demo.population import Person, Population
from services.demo.texts import free_text
from shared.campaign import Campaign, Unit

_TABLETS_PER_UNIT = 3
_INTERVIEWERS_PER_UNIT = 8
_OFFLINE_NAMED_SHARE = 0.93
_ONLINE_NAMED_SHARE = 0.3


class Forms:
    """Fills in forms of one campaign; numbers them as tablets and channel frontends would."""

    def __init__(self, campaign: Campaign, random: Random, population: Population, moments: Moments) -> None:
        self._campaign = campaign
        self._random = random
        self._moments = moments
        self._unit_numbers = {id: number for number, id in enumerate(campaign.units)}
        self._counts: dict[str, int] = {}
        self._interviewers = {
            id: [population.name() for _ in range(_INTERVIEWERS_PER_UNIT)] for id in campaign.units
        }

    def offline(
        self, person: Person, unit: Unit, channel: str, *, is_named: bool | None = None
    ) -> dict[str, Any]:
        """One interview. Who is asked mostly registers, unless ``is_named`` decides it."""
        if is_named is None:
            is_named = self._random.random() < _OFFLINE_NAMED_SHARE
        tablet = self._unit_numbers[unit.id] * _TABLETS_PER_UNIT + self._random.randint(1, _TABLETS_PER_UNIT)
        at = self._moments.interview(unit)
        form = self._form(person, unit.id, channel, self._source_id(f"tablet-{tablet}"), at)
        if unit.points:
            form["point"] = self._random.choice(unit.points).id
        form["interviewer"] = self._random.choice(self._interviewers[unit.id])
        form["respondent"] = self._respondent(person, is_named=is_named, tells_sex=True)
        form["answers"] = self._answers(person, skip_share=0.02, text_share=0.6)
        self._add_message(form, person, share=0.1)
        return form

    def online(self, person: Person, unit: Unit, channel: str) -> dict[str, Any]:
        """One online questionnaire; few people name themselves."""
        form = self._form(person, unit.id, channel, self._source_id(channel), self._moments.awake())
        is_named = self._random.random() < _ONLINE_NAMED_SHARE
        tells_sex = self._random.random() < 0.85
        form["respondent"] = self._respondent(person, is_named=is_named, tells_sex=tells_sex)
        form["answers"] = self._answers(person, skip_share=0.07, text_share=0.25)
        self._add_message(form, person, share=0.12)
        return form

    def _form(
        self, person: Person, unit_id: str, channel: str, source_id: str, at: datetime
    ) -> dict[str, Any]:
        given_at = at - timedelta(minutes=self._random.randint(5, 40))
        return {
            "campaign": self._campaign.id,
            "channel": channel,
            "source_id": source_id,
            "edition": person.edition,
            "unit": unit_id,
            "collected_at": at.isoformat(),
            "consent": {"version": self._campaign.consents.current, "given_at": given_at.isoformat()},
        }

    def _source_id(self, source: str) -> str:
        self._counts[source] = self._counts.get(source, 0) + 1
        return f"{source}:{self._counts[source]:06d}"

    def _answers(self, person: Person, *, skip_share: float, text_share: float) -> dict[str, Any]:
        questionnaire = self._campaign.questionnaire(person.edition)
        return answer_all(self._random, person, questionnaire, skip_share=skip_share, text_share=text_share)

    def _respondent(self, person: Person, *, is_named: bool, tells_sex: bool) -> dict[str, Any]:
        respondent: dict[str, Any] = {"age": person.age}
        if is_named:
            respondent |= {"name": person.name, "employer": person.employer, "phone": person.phone}
        if tells_sex:
            respondent["sex"] = person.sex
        return respondent

    def _add_message(self, form: dict[str, Any], person: Person, *, share: float) -> None:
        if self._random.random() < share:
            form["message"] = free_text(self._random, person)


def changed(form: Mapping[str, Any]) -> dict[str, Any]:
    """The same form with an addition to its message: content that differs for certain."""
    return {**form, "message": f"{form.get('message', '')}补充：希望尽快答复。"}
