"""Totals: whatever was recorded, the sums agree."""

from hypothesis import given
from hypothesis import strategies as st

from services.intake.activities.model import NO_WAY, Activity, Kind, totals_of

ACTIVITIES = st.lists(
    st.builds(
        Activity,
        id=st.uuids().map(str),
        campaign=st.just("c"),
        unit=st.just("u"),
        kind=st.sampled_from(Kind),
        held_on=st.just("2024-06-01"),
        people_count=st.integers(0, 500),
        recorded_by=st.just("lead"),
        recorded_at=st.just("2024-06-01T00:00:00.000Z"),
        content_mac=st.just(""),
        firm_pseudonym=st.sampled_from(["f1", "f2", "f3"]),
        way_of_working=st.sampled_from([None, "网格走访", "1+3+N"]),
        withdrawn_at=st.none() | st.just("2024-06-02T00:00:00.000Z"),
    )
)


@given(ACTIVITIES)
def test_the_sums_by_way_add_up_to_all_but_for_firms_that_were_visited_in_two_ways(activities):
    totals = totals_of(activities)
    for field in totals.all._fields:
        parts = sum(getattr(sums, field) for sums in totals.by_way.values())
        if field == "firms_visited_count":
            assert totals.all.firms_visited_count <= parts
        else:
            assert getattr(totals.all, field) == parts


@given(ACTIVITIES)
def test_what_was_withdrawn_is_as_if_it_had_never_been(activities):
    standing = [activity for activity in activities if activity.withdrawn_at is None]
    assert totals_of(activities) == totals_of(standing)


@given(ACTIVITIES)
def test_every_standing_activity_is_counted_once(activities):
    sums = totals_of(activities).all
    standing = [activity for activity in activities if activity.withdrawn_at is None]
    assert sums.visits_count + sums.meetings_count + sums.others_count == len(standing)
    people = sums.workers_met_count + sums.meeting_people_count + sums.other_people_count
    assert people == sum(activity.people_count for activity in standing)
    assert sums.firms_visited_count <= sums.visits_count


def test_without_a_way_of_working_it_is_counted_as_such():
    activity = Activity("a", "c", "u", Kind.OTHER, "2024-06-01", 3, "lead", "2024-06-01T00:00:00.000Z", "")
    assert set(totals_of([activity]).by_way) == {NO_WAY}
