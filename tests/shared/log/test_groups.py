"""How a group shares out, and how it treats members that fall silent."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from time import monotonic

from hypothesis import given
from hypothesis import strategies as st

from shared.log.groups import Group, Member, Partitions, shared_out
from shared.log.port import TopicPartition

ALL = [TopicPartition(topic, partition) for topic in "ab" for partition in range(5)]


class Fake:
    """A member that notes what it is told."""

    def __init__(self, wanted: Partitions) -> None:
        self.wanted = wanted
        self.idle_since: float | None = None
        self.has: Partitions = frozenset()
        self.unlearned: Partitions = frozenset()
        self.may_lose = asyncio.Event()
        self.may_lose.set()
        self.is_losing = asyncio.Event()
        self.has_gained = asyncio.Event()

    async def gain(self, partitions: Partitions) -> None:
        self.has |= partitions
        self.has_gained.set()

    async def lose(self, partitions: Partitions) -> None:
        self.is_losing.set()
        await self.may_lose.wait()
        self.has -= partitions

    def learn_later(self, partitions: Partitions) -> None:
        self.unlearned |= partitions


wants = st.lists(st.frozensets(st.sampled_from(["a", "b"]), min_size=1), min_size=1, max_size=7)


def members_for(topics_of_members: Sequence[frozenset[str]]) -> list[Fake]:
    return [Fake(frozenset(tp for tp in ALL if tp.topic in topics)) for topics in topics_of_members]


@given(wants, st.integers(0, 7), st.data())
def test_sharing_out_is_complete_exclusive_and_balanced(
    topics_of_members: list[frozenset[str]], gone_count: int, data: st.DataObject
) -> None:
    members = members_for(topics_of_members)
    before: dict[Member, Partitions] = shared_out(dict.fromkeys(members, frozenset()))
    left = data.draw(st.permutations(members))[gone_count:]
    for after in (before, shared_out({member: before[member] for member in left})):
        wanted = frozenset[TopicPartition]().union(*(member.wanted for member in after))
        assert sorted(tp for has in after.values() for tp in has) == sorted(wanted)
        for giver, has in after.items():
            assert has <= giver.wanted
            assert all(len(has) - len(after[taker]) < 2 for taker in after if has & taker.wanted)


def test_sharing_out_moves_no_more_than_it_must() -> None:
    one, two, three = members_for([frozenset("ab")] * 3)
    before: dict[Member, Partitions] = shared_out({one: frozenset(), two: frozenset()})
    after = shared_out({**before, three: frozenset()})
    assert len(after[one] & before[one]) + len(after[two] & before[two]) == len(ALL) - 3
    assert shared_out(after) == after


async def test_a_listener_that_never_ends_holds_the_others_up_for_a_while_only() -> None:
    group = Group(max_poll_interval_s=0.1)
    slow, quick = members_for([frozenset("ab")] * 2)
    slow.may_lose.clear()
    await group.join(slow)
    await asyncio.wait_for(group.join(quick), 10)
    assert len(quick.has) == len(ALL) / 2
    group.close()


async def test_a_cancelled_join_goes_on_to_its_end() -> None:
    group = Group(max_poll_interval_s=10)
    first, second = members_for([frozenset("ab")] * 2)
    await group.join(first)
    first.may_lose.clear()
    joining = asyncio.create_task(group.join(second))
    await first.is_losing.wait()
    joining.cancel()
    await asyncio.wait({joining})
    first.may_lose.set()
    await second.has_gained.wait()
    assert first.has == group.owned_by(first)
    assert second.has == group.owned_by(second)


async def test_a_silent_member_loses_its_partitions_to_lively_ones() -> None:
    group = Group(max_poll_interval_s=10)
    silent, lively = members_for([frozenset("ab")] * 2)
    await group.join(silent)
    await group.join(lively)
    silent.idle_since = monotonic() - 11
    lively.idle_since = monotonic() - 9
    await group.expel_silent()
    assert lively.has == frozenset(ALL)
    assert silent.unlearned == silent.has
    assert len(silent.has) == len(ALL) / 2
    assert group.owned_by(silent) == frozenset()


async def test_a_silent_member_that_nobody_can_replace_stays() -> None:
    group = Group(max_poll_interval_s=10)
    silent, other = members_for([frozenset("a"), frozenset("b")])
    await group.join(silent)
    await group.join(other)
    silent.idle_since = monotonic() - 11
    await group.expel_silent()
    assert group.owned_by(silent) == silent.wanted
    other.idle_since = monotonic() - 11
    await group.expel_silent()
    assert group.owned_by(silent) == silent.wanted
