"""A key's partition is the same everywhere and for ever."""

from hypothesis import given
from hypothesis import strategies as st

from shared.log.partitioning import partition_of


@given(st.text(), st.integers(1, 1000))
def test_every_key_has_a_partition(key: str, count: int) -> None:
    assert 0 <= partition_of(key, count) < count


def test_partitions_do_not_change_between_versions() -> None:
    keys = ["", "a", "受访者", "3f0e7c1e-6f0b-5d3c-9c55-6d7f4a0a4a10"]
    assert [partition_of(key, 12) for key in keys] == [0, 3, 2, 2]
