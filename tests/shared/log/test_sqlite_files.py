"""What the SQLite log makes of files that aren't as they should be."""

import asyncio
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

from shared.errors import Invalid, RetryLater
from shared.log import sqlite_file
from shared.log.sqlite import SqliteEventLog
from shared.log.sqlite_file import prepare, retrying_later
from shared.log.sqlite_writer import Writer
from tests.contracts.event_log.things import Listener, Reader, is_in_order, messages

ROOT = Path(__file__).parents[3]


async def everything(log: SqliteEventLog) -> Reader:
    reader = Reader(await log.subscribe(["submissions"], group=None, listener=Listener()))
    await reader.until_count(sum((await log.ends("submissions")).values()))
    return reader


def test_only_its_owner_reads_the_file(path: Path) -> None:
    connection = prepare(path)
    for file in path.parent.glob(f"{path.name}*"):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file.name
    connection.close()


def test_a_text_file_is_refused(path: Path) -> None:
    path.write_text("姓名,单位\n" * 1000)
    with pytest.raises(Invalid, match=r"不是大访谈的事件日志"):
        prepare(path)
    assert path.read_text() == "姓名,单位\n" * 1000


def test_another_database_is_refused_and_left_alone(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE theirs (x)")
    before = path.read_bytes()
    with pytest.raises(Invalid, match=r"不是大访谈的事件日志"):
        prepare(path)
    assert path.read_bytes() == before


def test_another_version_is_refused_by_number(path: Path) -> None:
    prepare(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version=99")
    with pytest.raises(Invalid, match="99"):
        prepare(path)


def test_a_place_that_cannot_be_opened_is_tried_again_later(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RetryLater, match=r"file/log\.db"):
        prepare(tmp_path / "file" / "log.db")


@pytest.fixture
def obstacle(path: Path) -> Path:
    """A folder where the file should be."""
    path.mkdir()
    return path


async def test_an_open_that_failed_can_be_repeated(path: Path, obstacle: Path) -> None:
    log = SqliteEventLog(path)
    with pytest.raises(RetryLater):
        await log.open(["submissions"], partition_count=1)
    await asyncio.to_thread(obstacle.rmdir)
    await log.open(["submissions"], partition_count=1)
    await log.append("submissions", messages(1))
    await log.close()


async def test_a_locked_file_is_tried_again_later(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_file, "BUSY_TIMEOUT_S", 0.1)
    log = SqliteEventLog(path)
    await log.open(["submissions"], partition_count=4)
    await log.append("submissions", messages(10))
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(RetryLater, match="另一个程序"):
        await log.append("submissions", messages(10, name="locked"))
    assert len((await everything(log)).values) == 10  # reading goes on
    other.execute("ROLLBACK")
    other.close()
    await log.append("submissions", messages(10, name="free"))
    reader = await everything(log)
    assert sorted(reader.values) == sorted(m.value for m in messages(10) + messages(10, name="free"))
    assert is_in_order(reader.found.values())
    await log.close()


def test_a_read_only_file_is_tried_again_later(path: Path) -> None:
    prepare(path).close()
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    with pytest.raises(RetryLater, match="只读"), retrying_later(path):
        connection.execute("INSERT INTO topics VALUES (1, 't', 1)")
    connection.close()


def test_a_bug_is_not_tried_again(path: Path) -> None:
    connection = prepare(path)
    with pytest.raises(sqlite3.OperationalError), retrying_later(path):
        connection.execute("SELECT * FROM nowhere")
    connection.close()


FILL_THE_DISK = """
import asyncio, resource, sys
from pathlib import Path
from shared.errors import RetryLater
from shared.log.port import Message
from shared.log.sqlite import SqliteEventLog

async def main():
    log = SqliteEventLog(Path(sys.argv[1]))
    await log.open(["submissions"], partition_count=4)
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, hard))
    stood = 0
    try:
        while True:
            await log.append("submissions", [Message(str(stood), (), b"x" * 1500)])
            stood += 1
    except RetryLater as error:
        print(stood, error, file=sys.stderr)
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    for _ in range(10):
        await log.append("submissions", [Message(str(stood), (), b"y" * 1500)])
        stood += 1
    ends = await log.ends("submissions")
    print(stood, sum(ends.values()))
    await log.close()

asyncio.run(main())
"""


def test_a_full_disk_is_tried_again_later_and_loses_nothing(path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FILL_THE_DISK, str(path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    stood, end = map(int, done.stdout.split())
    assert stood == end > 20
    assert "磁盘" in done.stderr


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
async def test_a_bug_in_the_writer_leaves_nobody_waiting(path: Path) -> None:
    writer = Writer(path, prepare(path), lambda progress: None)
    waiting = [writer.call(lambda connection: 1 / 0), writer.call(lambda connection: None)]
    for result in await asyncio.gather(*waiting, return_exceptions=True):
        assert isinstance(result, RuntimeError)
    with pytest.raises(RuntimeError, match="has ended"):
        writer.call(lambda connection: None)
    await writer.stop()


async def test_every_append_is_synced_whatever_was_committed_before(log: SqliteEventLog) -> None:
    """Losing power can't be tried here; SQLite syncs at each commit while this setting is 2 (FULL)."""
    subscription = await log.subscribe(["submissions"], group="g", listener=Listener())
    await subscription.poll(1, 0.1)
    for _ in range(2):
        setting = await log._file._writing().call(lambda c: c.execute("PRAGMA synchronous").fetchone())
        assert setting == (2,)
        await subscription.commit(dict.fromkeys(subscription.assignment(), 1))


async def test_commits_are_timed(log: SqliteEventLog) -> None:
    def count() -> float:
        labels = {"topic": "submissions"}
        return REGISTRY.get_sample_value("dafangtan_log_append_duration_seconds_count", labels) or 0

    before = count()
    await asyncio.gather(*(log.append("submissions", [m]) for m in messages(50)))
    assert before < count() <= before + 50
