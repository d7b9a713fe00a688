"""What another generation would change, by line and by unit."""

from __future__ import annotations

from dataclasses import replace

from services.quota.recount.difference import Counted, Moved, moved_by_line, moved_by_unit
from tests.suzhou import suzhou

BUREAUS = suzhou().quota_lines["bureaus"]
FIRST, SECOND, *_ = BUREAUS.units


def test_a_line_is_all_its_units_and_its_target_splits_them() -> None:
    lines = {**suzhou().quota_lines, "bureaus": replace(BUREAUS, target_count=5)}
    campaign = replace(suzhou(), quota_lines=lines)
    before = Counted(campaign, {FIRST: {"eligible": 3, "duplicate_person": 2}, SECOND: {"eligible": 1}})
    after = Counted(campaign, {FIRST: {"eligible": 5}, SECOND: {"eligible": 2}})
    assert moved_by_line(before, after) == [
        Moved(BUREAUS.name, "counted", 4, 5),
        Moved(BUREAUS.name, "over_target", 0, 2),
        Moved(BUREAUS.name, "duplicate_person", 2, 0),
    ]
    assert moved_by_unit(before, after) == [
        Moved(campaign.units[FIRST].name, "eligible", 3, 5),
        Moved(campaign.units[FIRST].name, "duplicate_person", 2, 0),
        Moved(campaign.units[SECOND].name, "eligible", 1, 2),
    ]


def test_units_that_owe_nothing_are_told_together_and_a_unit_that_is_gone_too() -> None:
    before = Counted(suzhou(), {"city": {"online": 2}, "gone": {"online": 1}, "taicang": {"online": 7}})
    after = Counted(suzhou(), {"city": {"online": 4}, "taicang": {"online": 7}})
    assert moved_by_line(before, after) == [Moved("不承担名额的单位", "online", 3, 4)]
    city = suzhou().units["city"].name
    assert moved_by_unit(before, after) == [Moved(city, "online", 2, 4), Moved("gone", "online", 1, 0)]


def test_a_unit_that_moves_to_another_line_moves_its_interviews() -> None:
    lines = dict(suzhou().quota_lines)
    lines["bureaus"] = replace(BUREAUS, units=tuple(unit for unit in BUREAUS.units if unit != FIRST))
    lines["taicang"] = replace(lines["taicang"], units=("taicang", FIRST))
    sums = {FIRST: {"eligible": 3}}
    moved = moved_by_line(Counted(suzhou(), sums), Counted(replace(suzhou(), quota_lines=lines), sums))
    assert [(each.name, each.before, each.after) for each in moved] == [
        (lines["taicang"].name, 0, 3),
        (BUREAUS.name, 3, 0),
    ]


def test_the_same_counts_are_no_difference() -> None:
    counted = Counted(suzhou(), {"taicang": {"eligible": 3, "online": 0}})
    same = Counted(suzhou(), {"taicang": {"eligible": 3}})
    assert moved_by_line(counted, same) == moved_by_unit(counted, same) == []
