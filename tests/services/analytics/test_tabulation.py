"""Counts from the columns, compared with counting the submissions one by one."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.analytics.columns import CampaignColumns
from services.analytics.consumer import SubmissionColumns
from services.analytics.disclosure import Rule, Status, protect
from services.analytics.layout import HeaderKind
from services.analytics.model import Population, TableQuery
from services.analytics.tabulation import ExactTable, tabulate
from shared.access import Grant
from shared.errors import Invalid
from shared.events import SubmissionReceived
from tests.services.analytics.making import SUZHOU, batch_of, grant_of, received, withdrawn

CHANNELS = {"offline": "offline", "wechat": "online", "app": "online"}


@st.composite
def submissions(draw: st.DrawFn) -> SubmissionReceived:
    channel = draw(st.sampled_from(sorted(CHANNELS)))
    answers: dict[str, object] = {}
    if draw(st.booleans()):
        answers["q01"] = draw(st.sampled_from("abc"))
    if draw(st.booleans()):
        answers["q07"] = draw(st.lists(st.sampled_from("abcd"), max_size=3, unique=True))
    return received(
        str(draw(st.uuids())),
        channel=channel,
        mode=CHANNELS[channel],
        edition=draw(st.sampled_from(["general", "general", "new_employment"])),
        unit=draw(st.sampled_from(["zhangjiagang", "kunshan", "financial", "vanished"])),
        sex=draw(st.sampled_from(["male", "female", None])),
        answers=answers,
    )


MANY = st.lists(submissions(), max_size=40)


def columns_of(events: Sequence[object]) -> CampaignColumns:
    fold = SubmissionColumns({SUZHOU.id: SUZHOU})
    assert fold.apply(batch_of(events)) == []
    return fold.campaigns[SUZHOU.id]


def answer(submission: SubmissionReceived, variable: str) -> object:
    edition, dot, question = variable.partition(".")
    if dot:
        return submission.answers.get(question) if submission.edition == edition else None
    if variable == "quota_line":
        unit = SUZHOU.units.get(submission.unit)
        return unit.quota_line if unit else None
    return getattr(submission, variable)


def cells_of(table: ExactTable) -> dict[tuple[tuple[str, ...], tuple[str, ...]], int]:
    counts = iter(table.counts)
    return {
        (row.codes, column.codes): next(counts)
        for row in table.layout.rows.headers
        for column in table.layout.columns.headers
    }


def ask(rows=(), columns=(), filters=None, population=Population.ALL) -> TableQuery:
    return TableQuery(SUZHOU.id, tuple(rows), tuple(columns), filters or {}, population)


QUERIES = [
    ask(["sex"]),
    ask(columns=["unit"]),
    ask(["unit"], ["sex"]),
    ask(["quota_line", "sex"], ["general.q01"]),
    ask(["channel"], ["unit"], population=Population.ONLINE),
    ask(["unit"], ["general.q01"], {"sex": ("female",), "unit": ("kunshan", "financial")}),
    ask(["sex"], ["unit"], {"general.q07": ("a", "d")}),
    ask(["sex"], ["general.q01"], {"quota_line": ("kunshan", "zhangjiagang")}),
]


def is_counted(submission: SubmissionReceived, query: TableQuery, grant: Grant) -> bool:
    if not grant.has_all_units and submission.unit not in grant.units:
        return False
    if query.population is not Population.ALL and submission.mode != query.population:
        return False
    for name, codes in query.filters.items():
        given_answer = answer(submission, name)
        chosen = given_answer if isinstance(given_answer, list) else [given_answer]
        if not set(chosen) & set(codes):
            return False
    labels = {name: SUZHOU.variables()[name].labels for name in (*query.rows, *query.columns)}
    return all(answer(submission, name) in labels[name] for name in labels)


@settings(max_examples=60, deadline=None)
@given(MANY, st.sampled_from(QUERIES), st.sampled_from([("*",), ("kunshan", "financial")]))
def test_every_cell_is_the_number_of_submissions_that_are_in_it(many, query, units):
    grant = grant_of(units)
    table = tabulate(grant, query, columns_of(many))
    counted = [each for each in many if is_counted(each, query, grant)]
    for (row, column), count in cells_of(table).items():
        inside = [
            each
            for each in counted
            if all(answer(each, name) == code for name, code in zip(query.rows, row, strict=False))
            and all(answer(each, name) == code for name, code in zip(query.columns, column, strict=False))
        ]
        assert count == len(inside), (row, column)


@settings(max_examples=60, deadline=None)
@given(MANY)
def test_a_multiple_choice_splits_those_who_answered_by_each_option(many):
    table = tabulate(grant_of(), ask(["general.q07"], ["sex"]), columns_of(many))
    asked = [each for each in many if answer(each, "general.q07") and each.sex is not None]
    cells = cells_of(table)
    for sex in ("male", "female"):
        answered = [each.answers["q07"] for each in asked if each.sex == sex]
        assert cells[((), (sex,))] == len(answered)
        for option in "abcdefgh":
            chosen = sum(option in answers for answers in answered)
            assert cells[((option, "chosen"), (sex,))] == chosen
            assert cells[((option, "not-chosen"), (sex,))] == len(answered) - chosen


@pytest.mark.parametrize("query", [*QUERIES, ask(["general.q07"], ["unit"])])
@settings(max_examples=30, deadline=None)
@given(many=MANY)
def test_what_everybody_knows_of_a_table_is_true(many, query):
    table = tabulate(grant_of(), query, columns_of(many))
    for relation in table.layout.relations():
        total = sum(coefficient * table.counts[cell] for cell, coefficient in relation.terms)
        assert relation.low <= total <= relation.high


def test_withdrawn_submissions_are_not_counted():
    table = tabulate(grant_of(), ask(["sex"]), columns_of([received("a"), received("b"), withdrawn("b")]))
    assert cells_of(table)[((), ())] == 1


def test_two_row_variables_are_nested():
    table = tabulate(grant_of(), ask(["mode", "sex"]), columns_of([]))
    kinds = [(str(header.kind), header.codes) for header in table.layout.rows.headers]
    assert kinds == [
        ("subtotal", ("offline",)),
        ("category", ("offline", "male")),
        ("category", ("offline", "female")),
        ("subtotal", ("online",)),
        ("category", ("online", "male")),
        ("category", ("online", "female")),
        ("total", ()),
    ]


def test_headers_are_labelled_as_people_call_them():
    table = tabulate(grant_of(), ask(["general.q07"], ["sex"]), columns_of([]))
    rows = [header.labels for header in table.layout.rows.headers]
    assert rows[:2] == [("工资收入", "选择"), ("工资收入", "未选择")]
    assert rows[-1] == ("作答人次",)
    assert [header.labels for header in table.layout.columns.headers] == [("男",), ("女",), ("合计",)]
    assert table.layout.rows.headers[-1].kind is HeaderKind.TOTAL


def test_the_table_says_to_which_units_the_grant_limits_it():
    columns = columns_of([received("a", unit="kunshan"), received("b", unit="taicang")])
    limited = tabulate(grant_of(["kunshan", "taicang"]), ask(["sex"]), columns)
    assert limited.units == ("taicang", "kunshan")
    assert tabulate(grant_of(), ask(["sex"]), columns).units is None


def test_a_grant_that_names_every_unit_does_not_cover_one_that_vanished():
    columns = columns_of([received("a"), received("b", unit="vanished")])
    assert cells_of(tabulate(grant_of(), ask(["sex"]), columns))[((), ())] == 2
    assert cells_of(tabulate(grant_of(SUZHOU.units), ask(["sex"]), columns))[((), ())] == 1


def test_more_choices_than_the_present_definition_allows_are_no_contradiction():
    many = [received(str(n), answers={"q07": list("abcdefgh")}) for n in range(40)]
    table = tabulate(grant_of(), ask(["general.q07"]), columns_of(many))
    cells = protect(table.counts, table.layout.relations(), Rule(10, 5))
    assert cells[-1].count == 40


def test_who_did_not_choose_can_not_be_worked_out_either():
    """438 of 440 chose the first option: shown both, they would tell of the 2 who didn't."""
    others = ["b", "c", "d", "e", "f", "g", "h"]
    chosen = [["a", others[n % 7], others[(n + 1) % 7]] for n in range(438)] + [["b", "c"]] * 2
    events = [received(str(n), answers={"q07": options}) for n, options in enumerate(chosen)]
    table = tabulate(grant_of(), ask(["general.q07"]), columns_of(events))
    cells = protect(table.counts, table.layout.relations(), Rule(10, 5))
    status = {codes: cell.status for (codes, _), cell in zip(cells_of(table), cells, strict=True)}
    assert status[("a", "not-chosen")] is Status.PRIMARY
    assert status[("a", "chosen")] is not status[()]
    assert [status[(option, "chosen")] for option in others] == [Status.SHOWN] * 7


def test_a_table_that_is_too_large_is_refused_before_it_is_made():
    asked = ask(["unit", "quota_line"], ["general.q01"])
    with pytest.raises(Invalid) as caught:
        tabulate(grant_of(), asked, columns_of([]))
    assert caught.value.code == "table-too-large"


def test_no_submission_makes_a_table_of_zeros():
    table = tabulate(grant_of(), ask(["unit"], ["sex"]), columns_of([]))
    assert not np.any(table.counts)
