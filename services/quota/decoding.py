"""From a logged message to the step that it means for a submission's standing: the hot path of quota."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, cast

import msgspec

from services.quota.model import Content, Rules, Standing
from shared.errors import RejectEvent
from shared.events.envelope import in_binary_mode, type_of
from shared.events.names import (
    SUBMISSION_AMENDED,
    SUBMISSION_RECEIVED,
    SUBMISSION_SIGNED_OFF,
    SUBMISSION_WITHDRAWN,
)
from shared.log.port import LoggedMessage

_TOLD = frozenset({SUBMISSION_RECEIVED.encode(), SUBMISSION_AMENDED.encode()})
_WITHDRAWN = SUBMISSION_WITHDRAWN.encode()
_SIGNED_OFF = SUBMISSION_SIGNED_OFF.encode()


class _Consent(msgspec.Struct):
    version: str | None = None


class _Told(msgspec.Struct):
    """The fields of a received or amended submission that quotas care for."""

    submission_id: str
    campaign: str
    channel: str
    unit: str
    received_at: str
    collected_at: str
    edition: str | None = None
    revision: int = 0
    age_band: str | None = None
    sex: str | None = None
    person: str | None = None
    point: str | None = None
    consent: _Consent | None = None


class _About(msgspec.Struct):
    """What every event about a submission says."""

    submission_id: str
    campaign: str


_decode_about = msgspec.json.Decoder(_About).decode


class Step(msgspec.Struct, frozen=True, gc=False):
    """What one event does to a standing: ``content`` where it tells some, which arrived on the day ``received_on``;
    else ``event_type`` decides."""

    submission_id: str
    content: Content | None = None
    revision: int = 0
    received_on: str = ""
    event_type: bytes = b""

    def applied_to(self, standing: Standing) -> Standing:
        """The standing after this step."""
        if self.content is not None:
            return standing.told(self.content, self.revision)
        return standing.withdrawn() if self.event_type == _WITHDRAWN else standing.signed_off()


class StepReader:
    """Reads steps of the campaigns whose ``rules`` are known; of the answers, those that quotas are held beside."""

    def __init__(self, rules: Mapping[str, Rules]) -> None:
        self._rules = rules
        self._questions = sorted(frozenset[str]().union(*(its.groups.questions for its in rules.values())))
        self._decode_told = msgspec.json.Decoder(_told_with(self._questions)).decode
        self._cells = lru_cache(maxsize=65_536)(self._cells_of)

    def read(self, message: LoggedMessage) -> Step:
        """The step that ``message`` means. Raises RejectEvent for what can't be read or is of no campaign here."""
        try:
            message = in_binary_mode(message)
            event_type = type_of(message)
            if event_type in _TOLD:
                return self._told(self._decode_told(message.value))
            if event_type in (_WITHDRAWN, _SIGNED_OFF):
                about = _decode_about(message.value)
                self._rules_of(about.campaign)
                return Step(about.submission_id, event_type=event_type)
        except (ValueError, RecursionError) as error:  # of msgspec, and of UTF-8; nesting without end
            raise RejectEvent(f"data: {error}") from error
        raise RejectEvent(f"ce_type: not a submission event: {event_type!r}")

    def _told(self, told: _Told) -> Step:
        rules = self._rules.get(told.campaign) or self._rules_of(told.campaign)
        if told.unit not in rules.units:
            raise RejectEvent(f"unit: {told.unit!r} is not in the campaign {told.campaign!r}")
        received_on = rules.day_of(told.received_at)  # raises where that is none
        content = Content(  # by place: there is one for each event
            told.unit,
            told.channel,
            told.edition,
            told.received_at,
            told.age_band,
            told.person,
            rules.day_of(told.collected_at),
            told.campaign,
            told.point,
            None if told.consent is None else told.consent.version,
            self._cells(*_known_of(told)) if told.channel in rules.counting.channels else (),
        )
        return Step(told.submission_id, content, told.revision, received_on)

    def _cells_of(
        self, campaign: str, edition: str | None, age_band: str | None, sex: str | None, *answers: str | None
    ) -> tuple[str, ...]:
        """The cells of whoever is of these categories; ``answers`` to the questions that are dimensions, in order."""
        categories: dict[str, object] = {"age_band": age_band, "sex": sex}
        categories |= {
            f"{edition}.{question}": code for question, code in zip(self._questions, answers, strict=False)
        }
        return self._rules[campaign].groups.cells_of(categories)

    def _rules_of(self, campaign: str) -> Rules:
        try:
            return self._rules[campaign]
        except KeyError:
            raise RejectEvent(f"campaign: {campaign!r} is not defined here") from None


def _told_with(questions: Sequence[str]) -> type[_Told]:
    """``_Told`` with the answers to ``questions``, whatever they are; the other answers are passed over."""
    if not questions:
        return _Told
    fields = {f"answer_{number}": question for number, question in enumerate(questions)}
    answers = msgspec.defstruct("_Answers", [(field, Any, None) for field in fields], rename=fields)
    told = msgspec.defstruct("_ToldWithAnswers", [("answers", answers | None, None)], bases=(_Told,))
    return cast(type[_Told], told)


def _known_of(told: _Told) -> tuple[Any, ...]:
    """What is known of the respondent: the arguments of ``_cells_of``."""
    known = (told.campaign, told.edition, told.age_band, told.sex)
    answers = getattr(told, "answers", None)
    if answers is None:
        return known
    values = msgspec.structs.astuple(answers)
    return *known, *(value if isinstance(value, str) else None for value in values)
