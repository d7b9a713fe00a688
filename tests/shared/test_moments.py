"""Times that people tell."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from shared.moments import Moment
from shared.possible_times import EARLIEST, LATEST, is_possible

MOMENT = TypeAdapter(Moment)
ZONES = st.integers(-23, 23).map(lambda hours: timezone(timedelta(hours=hours)))


@given(st.datetimes(timezones=ZONES), ZONES)
def test_what_is_taken_is_a_time_in_every_zone_and_nothing_else_is_taken(
    moment: datetime, zone: timezone
) -> None:
    if is_possible(moment):
        assert MOMENT.validate_json(f'"{moment.isoformat()}"').astimezone(zone) == moment
    else:
        with pytest.raises(ValidationError):
            MOMENT.validate_json(f'"{moment.isoformat()}"')


def test_the_range_is_told_where_it_ends() -> None:
    assert is_possible(EARLIEST)
    assert is_possible(LATEST - timedelta.resolution)
    assert not is_possible(LATEST)
    assert not is_possible(EARLIEST - timedelta.resolution)
    assert not is_possible(datetime.min.replace(tzinfo=UTC))
    assert not is_possible(datetime.max.replace(tzinfo=UTC))
