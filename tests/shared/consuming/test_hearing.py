"""Messages are read ahead once, whatever comes between that and their turn."""

from __future__ import annotations

from shared.consuming.hearing import AT_ONCE, Hearing
from shared.errors import RejectEvent
from shared.log.port import Batch, LoggedMessage, TopicPartition

PARTITION = TopicPartition("submissions", 0)


class Reader:
    """Counts how often it reads."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, message: LoggedMessage) -> int:
        self.count += 1
        if message.key == "bad":
            raise RejectEvent("unreadable")
        return message.offset


def a_batch(start: int, count: int) -> Batch:
    keys = ["bad" if offset % 7 == 0 else "good" for offset in range(start, start + count)]
    return {PARTITION: [LoggedMessage(at, key, (), b"") for at, key in enumerate(keys, start)]}


async def test_a_batch_is_read_once_also_when_the_next_one_is_read_before_its_turn() -> None:
    reader = Reader()
    hearing = Hearing(reader)
    first, second = a_batch(0, 2 * AT_ONCE + 1), a_batch(2 * AT_ONCE + 1, 10)
    await hearing.read_ahead(first)
    await hearing.read_ahead(second)
    heard, rejections = hearing.of(first)
    assert heard == [at for at in range(2 * AT_ONCE + 1) if at % 7]
    assert [r.message.offset for r in rejections] == [at for at in range(2 * AT_ONCE + 1) if at % 7 == 0]
    assert hearing.of(second)[0] == [m.offset for m in second[PARTITION] if m.key == "good"]
    assert reader.count == 2 * AT_ONCE + 1 + 10


async def test_what_is_due_of_a_batch_is_read_anew_where_it_isnt_the_whole_of_it() -> None:
    reader = Reader()
    hearing = Hearing(reader)
    batch = a_batch(0, 10)
    await hearing.read_ahead(batch)
    assert hearing.of({PARTITION: batch[PARTITION][5:]})[0] == [5, 6, 8, 9]
