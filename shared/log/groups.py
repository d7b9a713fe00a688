"""Consumer groups within one process: who reads which partition, and who is told when that changes."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from time import monotonic
from typing import Any, Protocol

from shared.log.port import TopicPartition

Partitions = frozenset[TopicPartition]


class Member(Protocol):
    """What a group needs of one of its members."""

    @property
    def wanted(self) -> Partitions:
        """All partitions of the topics it reads."""

    @property
    def idle_since(self) -> float | None:
        """When (``monotonic``) its last poll ended; None while one is under way."""

    async def gain(self, partitions: Partitions) -> None:
        """Take over ``partitions``. The listener has been told on return."""

    async def lose(self, partitions: Partitions) -> None:
        """Give ``partitions`` up. The listener has been told on return."""

    def learn_later(self, partitions: Partitions) -> None:
        """``partitions`` were taken away; find that out at the next poll."""


def shared_out(members: Mapping[Member, Partitions]) -> dict[Member, Partitions]:
    """Balance partitions between ``members``, given with what each has now, moving as few as possible.

    Every wanted partition goes to one member that wants it; no member has two more than another that could
    take one of them.
    """
    has = {member: set(owned) for member, owned in members.items()}
    wanted = frozenset[TopicPartition]().union(*(member.wanted for member in members))
    for partition in sorted(wanted.difference(*has.values())):
        takers = [member for member in has if partition in member.wanted]
        has[min(takers, key=lambda member: len(has[member]))].add(partition)
    while move := _next_move(has):
        partition, giver, taker = move
        has[giver].remove(partition)
        has[taker].add(partition)
    return {member: frozenset(partitions) for member, partitions in has.items()}


def _next_move(has: Mapping[Member, set[TopicPartition]]) -> tuple[TopicPartition, Member, Member] | None:
    by_count = sorted(has, key=lambda member: len(has[member]))
    for giver in reversed(by_count):
        for taker in by_count:
            if len(has[giver]) - len(has[taker]) < 2:
                break
            if movable := has[giver] & taker.wanted:
                return max(movable), giver, taker
    return None


class Group:
    """The members of one group.

    ``max_poll_interval_s``: a member that polls less often loses its partitions to others without being
    asked, until its next poll; and nobody waits longer than that for a listener to finish.
    """

    def __init__(self, max_poll_interval_s: float) -> None:
        self._max_poll_interval_s = max_poll_interval_s
        self._owned: dict[Member, Partitions] = {}
        self._lock = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()

    def owned_by(self, member: Member) -> Partitions:
        """What ``member`` has, whether it knows or not."""
        return self._owned.get(member, frozenset())

    async def join(self, member: Member) -> None:
        """Let ``member`` have its share, which its listener has been told of on return."""
        self._owned.setdefault(member, frozenset())
        await self._finish(self._balance())

    async def leave(self, member: Member) -> None:
        """Share out what ``member`` had; it isn't told."""
        self._owned.pop(member, None)
        await self._finish(self._balance())

    async def force_revoke(self, member: Member, partitions: Partitions) -> None:
        """Take ``partitions`` from ``member`` without its knowledge and give them to others.

        What nobody else can take, ``member`` itself gets again once it has found out.
        """
        partitions &= self.owned_by(member)
        if partitions:
            self._owned[member] -= partitions
            member.learn_later(partitions)
            await self._finish(self._give_to_others(member, partitions))

    async def expel_silent(self) -> None:
        """Take from members that stopped polling what livelier ones can read."""
        since = monotonic() - self._max_poll_interval_s
        silent = [m for m in self._owned if m.idle_since is not None and m.idle_since < since]
        lively = [m for m in self._owned if m not in silent]
        expelled = [m for m in silent if any(m.wanted & other.wanted for other in lively)]
        for member in expelled:
            member.learn_later(self._owned.pop(member))
        if expelled:
            await self._finish(self._balance())

    def close(self) -> None:
        """Tell nobody anything any more."""
        for task in self._tasks:
            task.cancel()

    async def _finish(self, work: Coroutine[Any, Any, None]) -> None:
        """Do ``work`` to its end, even when whoever asked for it is cancelled."""
        await asyncio.shield(self._start(work))

    def _start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _balance(self) -> None:
        async with self._lock:
            target = shared_out(self._owned)
            lost = {m: owned - target[m] for m, owned in self._owned.items() if owned - target[m]}
            for member, partitions in lost.items():
                self._owned[member] -= partitions
            await self._tell([member.lose(partitions) for member, partitions in lost.items()])
            await self._give(target)

    async def _give_to_others(self, member: Member, partitions: Partitions) -> None:
        async with self._lock:
            others = {m: owned for m, owned in self._owned.items() if m != member}
            for partition in sorted(partitions):
                takers = [m for m in others if partition in m.wanted]
                if takers:
                    others[min(takers, key=lambda m: len(others[m]))] |= {partition}
            await self._give(others)

    async def _give(self, target: Mapping[Member, Partitions]) -> None:
        """Hand out what is free. Members that left in the meantime get nothing."""
        free = {m: owned - frozenset().union(*self._owned.values()) for m, owned in target.items()}
        gained = {m: partitions for m, partitions in free.items() if partitions and m in self._owned}
        for member, partitions in gained.items():
            self._owned[member] |= partitions
        await self._tell([member.gain(partitions) for member, partitions in gained.items()])

    async def _tell(self, messages: Sequence[Coroutine[Any, Any, None]]) -> None:
        if messages:
            tasks = [self._start(message) for message in messages]
            await asyncio.wait(tasks, timeout=self._max_poll_interval_s)
