"""What was acknowledged survives whoever is killed."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from contextlib import suppress
from itertools import count
from pathlib import Path

import pytest

from deploy.local import KafkaServer
from shared.errors import RetryLater
from shared.log.kafka import KafkaEventLog
from shared.log.port import EventLog, TopicPartition
from tests.contracts.event_log import appending_writer
from tests.contracts.event_log.conftest import MakeLog
from tests.contracts.event_log.things import Listener, Reader, is_in_order, message, until

ROOT = Path(__file__).parents[3]
ROUNDS = 5


async def start_writer(url: str, prefix: str, name: str) -> Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        appending_writer.__file__,
        url,
        prefix,
        name,
        stdout=PIPE,
        cwd=ROOT,
        env=dict(os.environ, PYTHONPATH=str(ROOT)),
    )


async def acknowledged_before_kill(writer: Process, wanted: int) -> dict[tuple[int, int], str]:
    """Kill the writer after so many acknowledgements; return all that it had, by place."""
    assert writer.stdout is not None
    lines = [await writer.stdout.readline() for _ in range(wanted)]
    writer.send_signal(signal.SIGKILL)
    lines += (await writer.stdout.read()).splitlines(keepends=True)
    await writer.wait()
    whole = [line.decode().split() for line in lines if line.endswith(b"\n")]
    return {(int(partition), int(offset)): value for value, partition, offset in whole}


async def everything(log: EventLog) -> Reader:
    reader = Reader(await log.subscribe(["submissions"], group=None, listener=Listener()))
    await reader.until_count(sum((await log.ends("submissions")).values()))
    return reader


async def test_what_a_killed_process_had_acknowledged_is_there(
    make_log: MakeLog, log_url: str, log_prefix: str
) -> None:
    acknowledged: dict[tuple[int, int], str] = {}
    for i in range(ROUNDS):
        writer = await start_writer(log_url, log_prefix, f"round{i}")
        acknowledged |= await acknowledged_before_kill(writer, 50 + 211 * i)
        log = make_log()
        await log.open(["submissions"], partition_count=4)
        reader = await everything(log)
        assert is_in_order(reader.found.values())
        assert len(set(reader.values)) == len(reader.values)
        for (partition, offset), value in acknowledged.items():
            found = reader.found[TopicPartition("submissions", partition)][offset]
            assert found.value.decode().rstrip(".") == value
        await log.close()


async def test_two_processes_append_to_one_log(log: EventLog, log_url: str, log_prefix: str) -> None:
    writers = [await start_writer(log_url, log_prefix, name) for name in ("a", "b")]
    ours = [await log.append("submissions", [message(f"ours{i}")]) for i in range(200)]
    theirs = [await acknowledged_before_kill(writer, 400) for writer in writers]
    reader = await everything(log)
    assert is_in_order(reader.found.values())
    assert len(set(reader.values)) == len(reader.values)
    places = [*theirs[0], *theirs[1], *((p.partition, p.next_offset - 1) for (p,) in ours)]
    assert len(set(places)) == len(places), "two appends were told that they stand in the same place"


@pytest.mark.kafka
async def test_what_a_killed_broker_had_acknowledged_is_there(
    kafka_server: KafkaServer, topic_prefix: str
) -> None:
    log = KafkaEventLog(kafka_server.bootstrap, topic_prefix=topic_prefix)
    await log.open(["submissions"], partition_count=4)
    acknowledged: set[bytes] = set()

    async def keep_appending(name: str) -> None:
        for i in count():
            with suppress(RetryLater):
                await log.append("submissions", [message(f"{name}-{i}")])
                acknowledged.add(f"{name}-{i}".encode())

    async def has_acknowledged(wanted: int) -> bool:
        await asyncio.sleep(0.02)
        return len(acknowledged) >= wanted

    appending = [asyncio.create_task(keep_appending(f"k{n}")) for n in range(30)]
    await until(lambda: has_acknowledged(500))
    kafka_server.kill()
    before = len(acknowledged)
    kafka_server.start()
    await asyncio.to_thread(kafka_server.wait_ready)
    await until(lambda: has_acknowledged(before + 500))
    for task in appending:
        task.cancel()
    reader = await everything(log)
    assert acknowledged <= set(reader.values)
    await log.close()
