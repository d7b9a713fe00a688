"""How far a unit is with what it owes, on a day; and that the fold doesn't depend on order or repetition."""

from __future__ import annotations

import json
from datetime import date
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.quota.obligations.decoding import read_told
from services.quota.obligations.doing import Extent, Known
from services.quota.obligations.handlers import merged
from services.quota.obligations.model import (
    STATUS_NAMES,
    STATUSES,
    ObligationStatus,
    Owed,
    When,
    obligations_of,
    when,
)
from services.quota.obligations.store import body_of, facts_in
from services.quota.series import Day
from shared.campaign import ObligationKind
from shared.events import EventData, to_message
from shared.log.port import LoggedMessage
from shared.store.port import Document
from tests.services.quota.obligations.happened import (
    contacts,
    event,
    no_contacts,
    no_point,
    point,
    report,
    totals,
)
from tests.suzhou import suzhou

SUZHOU = suzhou()
TAICANG = SUZHOU.unit("taicang")
POINTS = [each.id for each in TAICANG.points]
BOTH = {"leader": "2024-05-11", "person_in_charge": "2024-05-12"}


def told(data: EventData):
    message = to_message(event(data))
    return read_told(LoggedMessage(0, message.key, message.headers, message.value), {"suzhou-2024": SUZHOU})


def facts_after(*happened: EventData):
    return merged({}, [told(data) for data in happened])


def owed(on: str, *happened: EventData, days: list[Day] | None = None) -> dict[ObligationKind, Owed]:
    known = Known(facts_after(*happened), 1000, days or [])
    found = obligations_of(SUZHOU, TAICANG, known, date.fromisoformat(on))
    return {each.obligation.kind: each for each in found}


def test_the_statuses_are_total_and_each_has_a_name():
    assert STATUSES.keys() == set(product(Extent, When))
    assert set(STATUSES.values()) == set(ObligationStatus) == STATUS_NAMES.keys()


@pytest.mark.parametrize(
    ("day", "expected"),
    [("2024-05-10", "ahead"), ("2024-05-11", "near"), ("2024-05-13", "near"), ("2024-05-14", "past")],
)
def test_an_obligation_begins_to_be_due_some_days_before_and_is_past_after_its_day(day, expected):
    contact_table = SUZHOU.obligations.by_kind[ObligationKind.CONTACTS]
    assert when(contact_table, SUZHOU.obligations.due_soon_days, date.fromisoformat(day)) == expected


@pytest.mark.parametrize(
    ("on", "happened", "status", "to_act", "done_on"),
    [
        ("2024-05-10", [], "not_due", ["unit_admin"], None),
        ("2024-05-13", [contacts(leader="2024-05-11")], "due", ["unit_admin"], None),
        ("2024-05-14", [contacts(leader="2024-05-11")], "overdue", ["unit_admin", "office"], None),
        ("2024-05-14", [contacts(**BOTH)], "done", [], "2024-05-12"),
        ("2024-05-11", [contacts(**BOTH)], "due", ["unit_admin"], None),
        ("2024-05-20", [contacts(leader="2024-05-11", person_in_charge="2024-05-16")], "done_late", [], "2024-05-16"),
        ("2024-05-14", [contacts(**BOTH), no_contacts(1)], "overdue", ["unit_admin", "office"], None),
        ("2024-05-13", [contacts(leader="2024-05-11", chairman="2024-05-11")], "due", ["unit_admin"], None),
    ],
)  # fmt: skip
def test_contacts_are_done_when_every_role_is_registered(on, happened, status, to_act, done_on):
    stands = owed(on, *happened)[ObligationKind.CONTACTS]
    assert (stands.status, [*stands.to_act], stands.done.on) == (status, to_act, done_on)


def all_points_but(count: int) -> list[Any]:
    return [point(id, "2024-05-15") for id in POINTS[: len(POINTS) - count]]


@pytest.mark.parametrize(
    ("on", "happened", "status", "count", "done_on"),
    [
        ("2024-05-17", all_points_but(1), "under_way", 57, None),
        ("2024-05-17", all_points_but(0), "done", 58, "2024-05-15"),
        ("2024-05-17", [*all_points_but(1), point("new", "2024-05-17")], "done", 58, "2024-05-17"),
        # closed before the due day: another one is needed
        ("2024-05-30", [*all_points_but(0), no_point(POINTS[0], "2024-05-15", "2024-05-20")], "overdue", 57, None),
        # closed later: it was there
        ("2024-05-30", [*all_points_but(0), no_point(POINTS[0], "2024-05-15", "2024-05-21")], "done", 58, "2024-05-15"),
        # set up by mistake
        ("2024-05-30", [*all_points_but(1), no_point("new", "2024-05-22", "2024-05-22")], "overdue", 57, None),
        # set up again
        (
            "2024-05-30",
            [*all_points_but(0), no_point(POINTS[0], "2024-05-15", "2024-05-18"), point(POINTS[0], "2024-05-25", 2)],
            "done_late",
            58,
            "2024-05-25",
        ),
    ],
)  # fmt: skip
def test_points_are_done_when_there_are_as_many_as_the_definition_has(on, happened, status, count, done_on):
    stands = owed(on, *happened)[ObligationKind.POINTS]
    assert (stands.status, stands.done.count, stands.done.on) == (status, count, done_on)
    assert stands.done.target == len(POINTS) == 58


def test_it_is_told_how_many_points_are_open_now_and_how_many_were_added():
    happened = [point("new", "2024-05-15"), point(POINTS[0], "2024-05-16"), point(POINTS[1], "2024-05-16")]
    closed = no_point(POINTS[1], "2024-05-16", "2024-06-01")
    assert owed("2024-05-31", *happened, closed)[ObligationKind.POINTS].done.counts == {"open": 3, "added": 1}
    assert owed("2024-06-01", *happened, closed)[ObligationKind.POINTS].done.counts == {"open": 2, "added": 1}


def test_interviews_are_done_on_the_day_when_the_line_had_enough():
    days = [Day("2024-06-01", 600, 600, {}), Day("2024-08-05", 450, 1050, {}), Day("2024-08-12", 1, 1051, {})]
    until = owed("2024-08-04", days=days)[ObligationKind.INTERVIEWS]
    assert (until.status, until.done.count, until.done.target) == (ObligationStatus.UNDER_WAY, 600, 1000)
    after = owed("2024-08-12", days=days)[ObligationKind.INTERVIEWS]
    assert (after.status, after.done.count, after.done.on) == (ObligationStatus.DONE, 1051, "2024-08-05")
    late = owed("2024-08-12", days=[Day("2024-08-11", 1000, 1000, {})])[ObligationKind.INTERVIEWS]
    assert late.status == ObligationStatus.DONE_LATE


def test_totals_and_report_are_done_on_the_day_that_was_told():
    before = owed("2024-08-19", totals(), report())
    assert {before[kind].status for kind in (ObligationKind.TOTALS, ObligationKind.REPORT)} == {"not_due"}
    after = owed("2024-08-28", totals(), report())
    assert after[ObligationKind.TOTALS].done.counts == {"questionnaires": 1050, "paper": 320}
    assert after[ObligationKind.REPORT].done.on == "2024-08-28"


def test_who_owes_no_interviews_owes_nothing():
    assert obligations_of(SUZHOU, SUZHOU.unit("city"), Known({}, 1, []), date(2024, 6, 1)) == []


HAPPENED: list[EventData] = [
    *(contacts(0, leader="2024-05-11"), no_contacts(1), contacts(2, **BOTH)),
    *(point("p", "2024-05-15"), no_point("p", "2024-05-15", "2024-05-16"), point("p", "2024-05-20", 2)),
    *(totals(), totals(1, paper_count=330), totals(1, paper_count=331), report(), report(0, on="2024-08-30")),
]


@given(st.data())
def test_no_order_no_repetition_and_no_cut_changes_what_stands(data):
    again = data.draw(st.lists(st.sampled_from(HAPPENED), max_size=5))
    order = data.draw(st.permutations([*HAPPENED, *again]))
    cut = data.draw(st.integers(0, len(order)))
    first = merged({}, [told(each) for each in order[:cut]])
    kept = facts_in(Document("i", 1, json.loads(body_of(first))))
    assert merged(kept, [told(each) for each in order[cut:]]) == facts_after(*HAPPENED)
