"""While Kafka is away everything says so, and all is well by itself once it is back."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from time import monotonic

import pytest

from deploy.local import KafkaServer
from shared.errors import RetryLater
from shared.log.kafka import KafkaEventLog
from shared.log.port import Message
from tests.contracts.event_log.things import (
    PARTITION_COUNT,
    Listener,
    Reader,
    message,
    messages,
    open_patiently,
    partitions_of,
    until,
)

pytestmark = pytest.mark.kafka
TIMEOUT_S = 3.0


@pytest.fixture
async def log(kafka_server: KafkaServer, topic_prefix: str) -> AsyncIterator[KafkaEventLog]:
    log = KafkaEventLog(kafka_server.bootstrap, topic_prefix=topic_prefix, append_timeout_s=TIMEOUT_S)
    await open_patiently(log, ["submissions"], PARTITION_COUNT)
    yield log
    await log.close()


async def come_back(server: KafkaServer) -> None:
    server.start()
    await asyncio.to_thread(server.wait_ready)


async def fails(call: Callable[[], Awaitable[object]]) -> bool:
    """Whether a call says RetryLater."""
    try:
        await call()
    except RetryLater:
        return True
    return False


async def works(call: Callable[[], Awaitable[object]]) -> bool:
    return not await fails(call)


async def test_every_call_says_that_kafka_is_away_and_works_when_it_is_back(
    kafka_server: KafkaServer, log: KafkaEventLog
) -> None:
    subscription = await log.subscribe(["submissions"], group="g", listener=Listener())
    reader = Reader(subscription)
    await log.append("submissions", messages(50))
    await reader.until_count(50)
    positions = {partition: found[-1].offset + 1 for partition, found in reader.found.items()}

    calls: list[Callable[[], Awaitable[object]]] = [
        lambda: log.append("submissions", [message("away")]),
        lambda: log.ends("submissions"),
        lambda: log.committed("submissions", group="g"),
        lambda: log.open(["submissions", "notices"], partition_count=1),
        lambda: subscription.poll(10, 0.2),
        lambda: subscription.commit(positions),
        lambda: subscription.lag(),
    ]
    kafka_server.kill()
    for call in calls:
        await until(lambda call=call: fails(call))  # type: ignore[misc]
    await come_back(kafka_server)
    for call in calls:
        await until(lambda call=call: works(call))  # type: ignore[misc]
    await log.append("submissions", [message("back")])
    await reader.until(lambda: b"back" in reader.values)


async def test_an_append_is_refused_in_time(kafka_server: KafkaServer, log: KafkaEventLog) -> None:
    await log.append("submissions", messages(1))
    kafka_server.kill()
    start = monotonic()
    results = await asyncio.gather(
        *(log.append("submissions", [m]) for m in messages(200)), return_exceptions=True
    )
    assert all(isinstance(result, RetryLater) for result in results)
    assert monotonic() - start < 3 * TIMEOUT_S
    start = monotonic()
    with pytest.raises(RetryLater):
        await log.append("submissions", messages(1))
    assert monotonic() - start < 1.5 * TIMEOUT_S


async def test_retried_appends_stand_once_kafka_is_back(
    kafka_server: KafkaServer, log: KafkaEventLog
) -> None:
    async def stands(message: Message) -> bool:
        return await works(lambda: log.append("submissions", [message]))

    kafka_server.kill()
    appending = [asyncio.create_task(until(partial(stands, m))) for m in messages(50)]
    await until(lambda: fails(lambda: log.append("submissions", [message("probe")])))
    await come_back(kafka_server)
    await asyncio.gather(*appending)
    reader = Reader(await log.subscribe(["submissions"], group=None, listener=Listener()))
    await reader.until(lambda: {m.value for m in messages(50)} <= set(reader.values))


async def test_a_member_goes_on_after_a_restart_without_a_gap(
    kafka_server: KafkaServer, log: KafkaEventLog
) -> None:
    listener = Listener()
    subscription = await log.subscribe(["submissions"], group="g", listener=listener)
    reader = Reader(subscription)
    await log.append("submissions", messages(100))
    await reader.until_count(100)
    await subscription.commit(await log.ends("submissions"))
    kafka_server.kill()
    await until(lambda: fails(lambda: subscription.poll(10, 0.2)))
    await come_back(kafka_server)
    await until(lambda: works(lambda: log.append("submissions", messages(100, name="after"))))
    await until(lambda: works(reader.turn))
    await reader.until(lambda: {m.value for m in messages(100, name="after")} <= set(reader.values))
    assert {m.value for m in messages(100)} <= set(reader.values)
    assert subscription.assignment() == partitions_of("submissions")


async def test_closing_while_kafka_is_away_takes_no_longer_than_the_deadlines(
    kafka_server: KafkaServer, topic_prefix: str
) -> None:
    log = KafkaEventLog(kafka_server.bootstrap, topic_prefix=topic_prefix, append_timeout_s=TIMEOUT_S)
    await log.open(["submissions"], partition_count=1)
    subscription = await log.subscribe(["submissions"], group="g", listener=Listener())
    await subscription.poll(1, 0.5)
    kafka_server.kill()
    appending = asyncio.create_task(log.append("submissions", messages(1)))
    await asyncio.sleep(0)
    start = monotonic()
    await log.close()
    assert monotonic() - start < 5 * TIMEOUT_S
    with pytest.raises(RetryLater):
        await appending


async def test_a_log_that_was_never_reached_can_be_opened_later(
    kafka_server: KafkaServer, topic_prefix: str
) -> None:
    log = KafkaEventLog(kafka_server.bootstrap, topic_prefix=topic_prefix, append_timeout_s=TIMEOUT_S)
    kafka_server.kill()
    with pytest.raises(RetryLater):
        await log.open(["submissions"], partition_count=1)
    await come_back(kafka_server)
    await until(lambda: works(lambda: log.open(["submissions"], partition_count=1)))
    await log.append("submissions", messages(1))
    await log.close()


async def test_a_broker_that_hangs_is_no_reason_to_hang(
    kafka_server: KafkaServer, log: KafkaEventLog
) -> None:
    await log.append("submissions", messages(1))
    pid = kafka_server.pid()
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    try:
        # its threads stop one by one: an append of this moment may still be answered
        await until(lambda: fails(lambda: log.append("submissions", [message("stopping")])))
        for _ in range(3):  # each drops the producer of the one before, with what is queued in it
            start = monotonic()
            assert await fails(lambda: log.append("submissions", [message("stopped")]))
            assert monotonic() - start < 3 * TIMEOUT_S
    finally:
        os.kill(pid, signal.SIGCONT)
    await until(lambda: works(lambda: log.append("submissions", [message("going")])))
    reader = Reader(await log.subscribe(["submissions"], group=None, listener=Listener()))
    await reader.until(lambda: b"going" in reader.values)
    assert reader.values.count(b"stopped") <= 1, "what was refused went on waiting to be sent"
