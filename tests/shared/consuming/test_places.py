"""What of a batch is due, for any batch and any offset."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from shared.consuming.offsets import after
from shared.consuming.places import Places
from shared.log.port import LoggedMessage, TopicPartition

P, Q = TopicPartition("submissions", 0), TopicPartition("submissions", 1)
offsets = st.integers(0, 20)


def messages(first: int, count: int) -> list[LoggedMessage]:
    return [LoggedMessage(offset, "k", (), b"") for offset in range(first, first + count)]


@given(st.dictionaries(st.sampled_from([P, Q]), st.tuples(offsets, st.integers(1, 9))), offsets, offsets)
def test_what_is_due_begins_where_it_has_to_and_has_no_hole(
    shapes: dict[TopicPartition, tuple[int, int]], next_of_p: int, next_of_q: int
) -> None:
    places = Places("test")
    batch = {partition: messages(*shape) for partition, shape in shapes.items()}
    next_offsets = {P: next_of_p, Q: next_of_q}
    due = places.due(batch, next_offsets)
    for partition, came in batch.items():
        expected = [message for message in came if message.offset >= next_offsets[partition]]
        if came[0].offset > next_offsets[partition]:
            expected = []
        assert list(due.get(partition, ())) == expected
        assert partition not in due or due[partition]


@given(offsets, st.integers(1, 9), offsets)
def test_a_partition_is_sought_unless_it_goes_on_where_it_has_to(first: int, count: int, stands: int) -> None:
    places = Places("test")
    to_seek = places.settled(after({P: messages(first, count)}), {P: stands})
    assert to_seek == ({} if stands == first + count else {P: stands})
    assert places.take_uncommitted() == {P: stands}
    assert places.take_uncommitted() == {}


async def test_a_hole_is_believed_only_right_after_the_seek() -> None:
    places = Places("test")
    batch = {P: messages(5, 3)}
    assert not places.due(batch, {P: 2})
    places.sought({P: 2})
    assert places.due(batch, {P: 2}) == batch
    assert not places.due(batch, {P: 1})
    for forgets in (places.assigned, places.revoked):
        places.sought({P: 2})
        await forgets(frozenset({P}))
        assert not places.due(batch, {P: 2})
    places.sought({P: 2})
    places.settled({P: 3}, {P: 3})
    assert not places.due(batch, {P: 2})
    places.sought({P: 2})
    places.doubt({P})
    assert not places.due(batch, {P: 2})


async def test_a_partition_is_in_doubt_from_its_assignment_until_it_is_looked_up_or_lost() -> None:
    places = Places("test")
    await places.assigned(frozenset({P, Q}))
    await places.revoked(frozenset({Q}))
    assert places.take_doubtful() == {P}
    assert places.take_doubtful() == frozenset()


async def test_what_was_not_committed_is_kept_unless_something_newer_came_or_it_was_lost() -> None:
    places = Places("test")
    places.settled({P: messages(0, 2), Q: messages(0, 2)}, {P: 2, Q: 2})
    failed = places.take_uncommitted()
    places.settled({P: messages(2, 2)}, {P: 4})
    places.not_committed(failed)
    await places.revoked(frozenset({Q}))
    assert places.take_uncommitted() == {P: 4}
