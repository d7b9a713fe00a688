"""Submissions become rows, in whatever order and however often their events come."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.analytics.coding import Coding
from services.analytics.columns import FIRST_CAPACITY_ROWS, Books
from services.analytics.consumer import SubmissionColumns
from services.analytics.model import TableQuery
from services.analytics.tabulation import tabulate
from shared.campaign import Earlier
from shared.events import EventData
from tests.services.analytics.making import (
    SUZHOU,
    amended,
    batch_of,
    grant_of,
    received,
    signed_off,
    withdrawn,
)

STORIES: list[list[EventData]] = [
    [received("plain")],
    [received("signed"), signed_off("signed")],
    [received("amended"), amended("amended", 1, answers={"q01": "c"}), amended("amended", 2, sex="male")],
    [received("gone"), withdrawn("gone")],
    [received("amended-gone"), amended("amended-gone", 1), withdrawn("amended-gone")],
    [received("online", channel="wechat", mode="online", unit="kunshan", age_band=None)],
    [withdrawn("never-seen")],
]
EVENTS = [event for story in STORIES for event in story]
QUERIES = [
    TableQuery(SUZHOU.id, ("unit",), ("general.q01",), {}),
    TableQuery(SUZHOU.id, ("general.q07",), ("sex",), {}),
    TableQuery(SUZHOU.id, ("channel",), (), {}),
]


def folded(events: list[EventData], batch_length: int = 100) -> SubmissionColumns:
    fold = SubmissionColumns({SUZHOU.id: SUZHOU})
    for start in range(0, len(events), batch_length):
        assert fold.apply(batch_of(events[start : start + batch_length])) == []
    return fold


def seen(fold: SubmissionColumns) -> tuple[object, ...]:
    """Everything that can be had from the columns."""
    columns = fold.campaigns[SUZHOU.id]
    tables = [tuple(tabulate(grant_of(), query, columns).counts) for query in QUERIES]
    return fold.books(SUZHOU.id), tables


IN_ORDER = seen(folded(EVENTS))


@settings(deadline=None)
@given(
    st.lists(st.sampled_from(EVENTS), max_size=12).flatmap(lambda more: st.permutations(EVENTS + more)),
    st.integers(1, 8),
)
def test_neither_order_nor_repeats_nor_batches_change_the_result(events, batch_length):
    assert seen(folded(events, batch_length)) == IN_ORDER


def test_accepted_is_standing_and_withdrawn():
    assert IN_ORDER[0] == {"accepted": 6, "standing": 4, "withdrawn": 2}


def test_a_withdrawal_that_comes_first_is_no_submission_until_there_is_content():
    fold = folded([withdrawn("s")])
    assert fold.campaigns[SUZHOU.id].books() == Books(accepted=0, standing=0, withdrawn=0)
    fold.apply(batch_of([received("s")]))
    assert fold.campaigns[SUZHOU.id].books() == Books(accepted=1, standing=0, withdrawn=1)


def test_nothing_is_left_of_a_withdrawn_row():
    columns = folded([received("s"), withdrawn("s")]).campaigns[SUZHOU.id]
    for name, coded in columns.coding.variables.items():
        numbers = columns.masks(name) if coded.variable.is_multiple else columns.numbers(name)
        assert not np.any(numbers)


def test_the_higher_revision_stands_as_a_whole():
    columns = folded([amended("s", 2, answers={"q01": "e"}), received("s"), amended("s", 1)])
    [number] = columns.campaigns[SUZHOU.id].numbers("general.q01")
    assert number == 5
    [mask] = columns.campaigns[SUZHOU.id].masks("general.q07")
    assert mask == 0, "the second revision left the question out"


def test_the_columns_grow():
    count = FIRST_CAPACITY_ROWS + 1
    fold = folded([received(str(number)) for number in range(count)], batch_length=1000)
    assert fold.books(SUZHOU.id) == {"accepted": count, "standing": count, "withdrawn": 0}
    assert np.all(fold.campaigns[SUZHOU.id].numbers("unit") == 1)


@pytest.mark.parametrize(
    "changes",
    [
        {"answers": {"q01": "vanished", "q07": ["vanished"], "q99": "a"}},
        {"answers": {"q01": ["a"], "q07": "vanished"}},
        {"edition": "vanished", "unit": "vanished", "channel": "vanished", "age_band": "7-8"},
    ],
)
def test_a_code_that_the_definition_does_not_have_counts_as_no_answer(changes):
    columns = folded([received("s", **changes)]).campaigns[SUZHOU.id]
    assert columns.books().standing == 1
    assert not np.any(columns.numbers("general.q01"))
    assert not np.any(columns.masks("general.q07"))


def test_a_choice_that_is_told_twice_counts_once():
    columns = folded([received("s", answers={"q07": ["c", "a", "c"]})]).campaigns[SUZHOU.id]
    assert list(columns.masks("general.q07")) == [0b101]


def test_every_code_has_a_number_of_its_own():
    for coded in Coding(SUZHOU).variables.values():
        numbers = list(coded.numbers.values())
        assert len(set(numbers)) == len(coded.variable.labels)
        assert all(number > 0 for number in numbers)


def test_the_quota_line_follows_from_the_unit():
    columns = folded([received("s", unit="financial")]).campaigns[SUZHOU.id]
    coded = columns.coding.variables["quota_line"]
    assert list(columns.numbers("quota_line")) == [coded.numbers["financial"]]


def test_of_a_ranking_the_first_place_is_the_answer_and_of_a_scale_the_number():
    answers = ({"q28": "4", "q36": ["c", "a"]}, {"q36": []}, {"q28": "11"})
    columns = folded([received(f"s{n}", answers=each) for n, each in enumerate(answers)]).campaigns[SUZHOU.id]
    assert list(columns.numbers("general.q28")) == [4, 0, 0]
    assert list(columns.numbers("general.q36")) == [3, 0, 0]
    assert columns.coding.variables["general.q36"].variable.title.endswith("（排在第一的）")


def test_what_was_logged_under_an_earlier_version_counts_as_todays_answers():
    edition = SUZHOU.editions["general"]
    before = edition.questionnaire
    renamed = (replace(each, id="pay") if each.id == "q01" else each for each in before.questions)
    earlier = Earlier(before, {"q01": "pay"}, {"q01": {"e": "d"}})
    now = replace(before, version="next", questions=tuple(renamed), earlier=earlier)
    campaign = replace(SUZHOU, editions={**SUZHOU.editions, "general": replace(edition, questionnaire=now)})
    fold = SubmissionColumns({campaign.id: campaign})
    stories = [
        received("old", questionnaire_version=before.version, answers={"q01": "e"}),
        received("new", questionnaire_version="next", answers={"pay": "e"}),
        received("untold", answers={"pay": "a"}),
    ]
    assert fold.apply(batch_of(stories)) == []
    assert list(fold.campaigns[campaign.id].numbers("general.pay")) == [4, 5, 1]


def test_a_band_is_a_category_and_a_row_of_a_grid_has_one_answer():
    columns = folded([received("s", answers={"q04": "c", "q26_rest": "f", "q23": "b"})]).campaigns[SUZHOU.id]
    found = {name: list(columns.numbers(f"general.{name}")) for name in ("q04", "q26_rest", "q23", "q43")}
    assert found == {"q04": [3], "q26_rest": [6], "q23": [2], "q43": [0]}
