"""The delivery of a mail, walked through pair by pair."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations, product

import pytest

from services.notify.model import (
    CLAIM_HOLDS_FOR,
    GIVE_UP_AFTER,
    TRANSITIONS,
    Delivery,
    DeliveryAction,
    DeliveryState,
    Refusal,
    Step,
    retry_after,
    state_diagram,
)

NOW = datetime(2024, 6, 1, 1, 0, tzinfo=UTC)
PENDING = Delivery("n1", "e1", due_at=NOW)
PAIRS = list(product(DeliveryState, DeliveryAction))

LEADS_TO = {
    (DeliveryState.PENDING, DeliveryAction.CLAIM): DeliveryState.SENDING,
    (DeliveryState.PENDING, DeliveryAction.HEAR_SENT): DeliveryState.SENT,
    (DeliveryState.PENDING, DeliveryAction.HEAR_FAILED): DeliveryState.FAILED,
    (DeliveryState.SENDING, DeliveryAction.ACCEPT): DeliveryState.SENT,
    (DeliveryState.SENDING, DeliveryAction.DEFER): DeliveryState.PENDING,
    (DeliveryState.SENDING, DeliveryAction.REFUSE): DeliveryState.FAILED,
    (DeliveryState.SENDING, DeliveryAction.LOSE): DeliveryState.UNCONFIRMED,
    (DeliveryState.SENDING, DeliveryAction.HEAR_SENT): DeliveryState.SENT,
    (DeliveryState.SENDING, DeliveryAction.HEAR_FAILED): DeliveryState.FAILED,
    (DeliveryState.UNCONFIRMED, DeliveryAction.ACCEPT): DeliveryState.SENT,
    (DeliveryState.UNCONFIRMED, DeliveryAction.REFUSE): DeliveryState.FAILED,
    (DeliveryState.UNCONFIRMED, DeliveryAction.HEAR_SENT): DeliveryState.SENT,
    (DeliveryState.FAILED, DeliveryAction.HEAR_SENT): DeliveryState.SENT,
}
"""Everything that is possible, said a second time; what isn't here must be refused."""


def claimed(at: datetime = NOW) -> Delivery:
    delivery = PENDING.after(Step(DeliveryAction.CLAIM, at, by="sender-1"))
    assert isinstance(delivery, Delivery)
    return delivery


def test_the_table_is_total() -> None:
    assert set(TRANSITIONS) == set(PAIRS)


@pytest.mark.parametrize(("state", "action"), PAIRS)
def test_each_action_in_each_state_leads_on_or_is_refused_with_a_reason(
    state: DeliveryState, action: DeliveryAction
) -> None:
    after = replace(PENDING, state=state, attempts_count=1).after(Step(action, NOW, reason="because"))
    if (state, action) in LEADS_TO:
        assert isinstance(after, Delivery)
        assert after.state is LEADS_TO[state, action]
    else:
        assert isinstance(after, Refusal)
        assert after.reason


def test_nothing_that_may_have_been_delivered_becomes_pending_again() -> None:
    may_be_delivered = {DeliveryState.SENT, DeliveryState.UNCONFIRMED}
    for (state, _), following in TRANSITIONS.items():
        if state in may_be_delivered:
            assert following not in (DeliveryState.PENDING, DeliveryState.SENDING)


def test_a_claim_names_its_sender_and_ends() -> None:
    delivery = claimed()
    assert (delivery.claimed_by, delivery.attempts_count, delivery.first_attempt_at) == ("sender-1", 1, NOW)
    assert delivery.due_at == NOW + CLAIM_HOLDS_FOR


def test_a_mail_put_off_waits_longer_each_time_but_never_over_an_hour() -> None:
    waits = [retry_after(attempt) for attempt in range(1, 200)]
    assert waits[:3] == [timedelta(minutes=1), timedelta(minutes=2), timedelta(minutes=4)]
    assert waits == sorted(waits)
    assert max(waits) == timedelta(hours=1)


def test_a_mail_put_off_for_a_day_is_given_up() -> None:
    delivery, now = PENDING, NOW
    while delivery.state is DeliveryState.PENDING:
        taken = delivery.after(Step(DeliveryAction.CLAIM, now, by="s"))
        assert isinstance(taken, Delivery)
        put_off = taken.after(Step(DeliveryAction.DEFER, now, reason="450 busy"))
        assert isinstance(put_off, Delivery)
        delivery, now = put_off, max(put_off.due_at, now)
    assert (delivery.state, delivery.reason) == (DeliveryState.FAILED, "450 busy")
    assert GIVE_UP_AFTER <= now - NOW <= GIVE_UP_AFTER + timedelta(hours=1)
    assert 20 <= delivery.attempts_count <= 40


def test_what_the_log_says_holds_in_any_order() -> None:
    steps = [Step(DeliveryAction.HEAR_SENT, NOW), Step(DeliveryAction.HEAR_FAILED, NOW, reason="lost")]
    for order in permutations([*steps, *steps]):
        delivery = PENDING
        for step in order:
            after = delivery.after(step)
            delivery = after if isinstance(after, Delivery) else delivery
        assert delivery.state is DeliveryState.SENT


def test_the_diagram_shows_every_transition() -> None:
    lines = {line.strip() for line in state_diagram().splitlines()}
    for (state, action), following in TRANSITIONS.items():
        assert (f"{state} --> {following}: {action}" in lines) == isinstance(following, DeliveryState)
