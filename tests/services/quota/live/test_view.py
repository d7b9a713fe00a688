"""What each scope sees of the board, what changes tell, and that nothing else gets through."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.quota.live.picture import Picture, draw
from services.quota.live.scope import Scope
from services.quota.live.view import View, view_of
from services.quota.store import Sums
from shared.events import QuotaStatus
from tests.services.quota.live.boards import BUREAUS, SUZHOU, TODAY, merged, picture, told, with_common

ALL = Scope(sees_all=True)
COMMON = Scope(common=SUZHOU.common)
BOTH = SUZHOU.common
UNITS = ["taicang", "kunshan", "city", *BUREAUS[:2]]
SCOPES = [ALL, COMMON, Scope(unit="taicang"), Scope(unit=BUREAUS[0], common=BOTH), Scope(unit="city")]


def body(view: View) -> dict[str, Any]:
    read: dict[str, Any] = orjson.loads(view.body)
    return read


def seen(sums: Sums, scope: Scope) -> dict[str, Any]:
    return body(view_of(picture(sums), scope, None))


def test_whoever_sees_all_sees_lines_units_and_days() -> None:
    days = {"2024-05-01": {"taicang": {"eligible": 3}}, "2024-05-31": {"taicang": {"eligible": 7}}}
    sums = {"taicang": {"eligible": 10, "online": 2}, "city": {"online": 5}}
    board = body(view_of(picture(sums, days=days), ALL, None))
    assert board["totals"] == {
        **{"target": 10000, "counted": 10, "share": 0.001, "accepted": 17, "interviews": 10, "persons": 0},
        "buckets": {**dict.fromkeys(board["totals"]["buckets"], 0), "counted": 10, "online": 7},
    }
    taicang = next(line for line in board["lines"] if line["quota_line"] == "taicang")
    assert (taicang["counted"], taicang["share"], taicang["buckets"]["online"]) == (10, 0.01, 2)
    assert taicang["schedule"]["rate_needed"] == pytest.approx(990 / taicang["schedule"]["days_left"])
    assert taicang["forecast"]["final_low"] <= taicang["forecast"]["final_high"]
    units = {unit["unit"]: unit for unit in board["units"]}
    assert units.keys() == SUZHOU.units.keys()
    assert (units["taicang"]["share"], units["city"]["share"], units["city"]["quota_line"]) == (
        0.01,
        None,
        None,
    )
    assert [(day["eligible"], day["eligible_total"]) for day in board["days"]] == [
        *[(0, 3)] * 12,
        *[(7, 10), (0, 10)],
    ]
    assert board["days"][-1]["day"] == TODAY.isoformat()


def test_a_unit_sees_itself_and_of_the_others_what_is_common() -> None:
    sums = {"taicang": {"eligible": 10, "online": 2}, "kunshan": {"eligible": 4, "online": 9}}
    board = seen(sums, Scope(unit="taicang", common=BOTH))
    assert board["sees"] == "unit"
    assert not {"units", "days", "revision"} & board.keys()
    assert board["totals"] == {"target": 10000, "counted": 14, "share": 0.0014}
    assert {name for line in board["lines"] for name in line} == {
        *("quota_line", "name", "edition", "target", "counted", "share", "status", "status_name")
    }
    assert board["own"]["unit"]["buckets"]["online"] == 2
    assert board["own"]["line"]["buckets"]["counted"] == 10


def test_a_unit_sees_itself_alone_where_nothing_is_common() -> None:
    board = seen({}, Scope(unit="taicang"))
    assert board["own"]["line"]["quota_line"] == "taicang"
    assert not {"totals", "lines", "units", "days"} & board.keys()


def test_who_shares_a_line_doesnt_see_the_others_buckets_in_it() -> None:
    own = seen({BUREAUS[1]: {"eligible": 5, "online": 9}}, Scope(unit=BUREAUS[0], common=BOTH))["own"]
    assert own["line"]["counted"] == 5
    assert "buckets" not in own["line"]
    assert own["unit"]["eligible"] == own["unit"]["buckets"]["online"] == 0


def test_a_units_days_are_its_own_and_not_those_of_its_line_or_of_all() -> None:
    days = {
        "2024-05-31": {BUREAUS[0]: {"eligible": 2}, BUREAUS[1]: {"eligible": 5}, "taicang": {"eligible": 7}}
    }
    board = body(view_of(picture({}, days=days), Scope(unit=BUREAUS[0], common=BOTH), None))
    assert [(day["eligible"], day["eligible_total"]) for day in board["own"]["days"][-2:]] == [(2, 2), (0, 2)]


def test_a_unit_that_owes_nothing_has_no_line() -> None:
    own = seen({"city": {"online": 3}}, Scope(unit="city"))["own"]
    assert (own["line"], own["unit"]["buckets"]["online"]) == (None, 3)


@pytest.mark.parametrize("scope", [COMMON, Scope(unit="kunshan", common=BOTH), Scope(unit="city")])
def test_what_one_may_not_see_moves_neither_the_answer_nor_its_etag(scope: Scope) -> None:
    first = picture({"taicang": {"eligible": 1}})
    view = view_of(first, scope, None)
    second = picture({"taicang": {"eligible": 1, "online": 50, "withdrawn": 3}}, first, at="t2")
    assert view_of(second, scope, view) is view
    assert view_of(second, ALL, view_of(first, ALL, None)).computed_at == "t2"


def test_only_what_is_common_is_seen_by_those_without_a_unit() -> None:
    assert not {"own", "units", "days"} & seen({}, COMMON).keys()
    board = body(
        view_of(picture({}, campaign=with_common("totals")), Scope(common=frozenset({"totals"})), None)
    )
    assert "totals" in board
    assert "lines" not in board


def test_an_etag_is_of_one_encoding_and_one_state() -> None:
    first = picture({})
    view = view_of(first, ALL, None)
    again = view_of(picture({}), ALL, None)
    later = view_of(picture({}, at="t2"), ALL, None)
    moved = view_of(picture({"taicang": {"eligible": 1}}, first), ALL, view)
    etags = [each.etag(is_zipped=zipped) for each in (view, later, moved) for zipped in (False, True)]
    assert len({*etags}) == 6
    assert view.etag(is_zipped=False) == again.etag(is_zipped=False)
    assert view.id == later.id != moved.id


buckets = st.dictionaries(st.sampled_from(["eligible", "online", "withdrawn"]), st.integers(0, 1200))
moments = st.tuples(
    st.dictionaries(st.sampled_from(UNITS), buckets),
    st.integers(0, 1),
    st.none() | st.just({"2024-05-30": {"taicang": {"eligible": 9}}}),
)


@settings(deadline=None)
@given(st.lists(moments, min_size=2, max_size=5))
def test_a_page_that_merges_every_change_has_the_board_as_drawn_from_nothing(
    drawn: list[tuple[Sums, int, dict[str, Sums] | None]],
) -> None:
    before: Picture | None = None
    views: dict[Scope, View] = {}
    pages: dict[Scope, dict[str, Any]] = {}
    day: date = TODAY
    for number, (sums, days_later, days) in enumerate(drawn):
        day += timedelta(days_later)
        before = picture(sums, before, days=days, at=f"t{number}", today=day)
        fresh = draw(SUZHOU, before.counts, before.ahead, None)
        for scope in SCOPES:
            known = views.get(scope)
            view = views[scope] = view_of(before, scope, known)
            if known is None:
                pages[scope] = told(view.snapshot)[2]
            elif view is not known:
                pages[scope] = merged(pages[scope], told(view.change)[2])
            expected = body(view_of(fresh, scope, None))
            stamps = {
                name: pages[scope][name] for name in ("computed_at", "revision") if name in pages[scope]
            }
            assert pages[scope] == body(view) == expected | stamps


def test_a_change_tells_the_lines_and_units_that_moved_alone() -> None:
    first = picture({})
    view = view_of(first, ALL, None)
    moved = view_of(picture({"taicang": {"eligible": 1}}, first, at="t2"), ALL, view)
    name, id, change = told(moved.change)
    assert (name, id, moved.before) == ("change", moved.id, view.id)
    assert [line["quota_line"] for line in change["lines"]] == ["taicang"]
    assert [unit["unit"] for unit in change["units"]] == ["taicang"]
    assert change.keys() == {"computed_at", "revision", "totals", "lines", "units"}


def test_a_status_that_was_judged_is_told_though_nothing_was_counted() -> None:
    sums = {"taicang": {"eligible": 10}}
    first = picture(sums, statuses={"taicang": QuotaStatus.ON_TRACK})
    view = view_of(first, ALL, None)
    second = picture(sums, first, statuses={"taicang": QuotaStatus.BEHIND}, at="t2")
    name, _, data = told(view_of(second, ALL, view).change)
    assert name == "change"
    assert [(line["quota_line"], line["status"], line["status_name"]) for line in data["lines"]] == [
        ("taicang", "behind", "滞后")
    ]
