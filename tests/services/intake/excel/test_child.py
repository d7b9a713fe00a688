"""The reading process: whatever a workbook does to it, the service goes on and says why."""

import asyncio
import sys

import pytest

from services.intake.channels.excel import child, reading
from services.intake.channels.excel.errors import WorkbookRefused
from services.intake.channels.excel.messages import Opened, Task
from tests.services.intake.excel.workbooks import LAYOUT, row, workbook

TASK = Task([LAYOUT], False)


async def parts(content):
    for place in range(0, len(content), 10_000):
        yield content[place : place + 10_000]


async def read(content):
    return [message async for message in reading.read(TASK, parts(content))]


def instead(monkeypatch, code):
    """Have another program run in its place."""
    monkeypatch.setattr(reading, "_COMMAND", ("-c", code))


async def test_it_reads_what_it_is_given():
    opened, rows = await read(workbook([row(1), row(2)]))
    assert isinstance(opened, Opened)
    assert [each.number for each in rows.rows] == [2, 3]


async def test_many_rows_come_in_groups_that_are_not_large():
    _, *groups = await read(workbook([row(number, message="长" * 5000) for number in range(400)]))
    assert sum(len(group.rows) for group in groups) == 400
    assert max(len(group.rows) for group in groups) < 100


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("import os; os.kill(os.getpid(), 9)", "内存或时间超过了上限"),
        ("import os; os.abort()", "内存或时间超过了上限"),
        (f"import sys; sys.exit({child.OUT_OF_MEMORY})", "内存或时间超过了上限"),
        ("raise RuntimeError('沈晓燕')", "内容异常"),
        ("print('nonsense' * 1000)", "内容异常"),
        ("pass", "内容异常"),
    ],
)
async def test_one_that_dies_is_a_reason_and_no_crash(monkeypatch, code, reason):
    instead(monkeypatch, code)
    with pytest.raises(WorkbookRefused, match=reason):
        await read(workbook([row(1)]) * 50)


async def test_one_that_takes_too_much_memory_is_ended(monkeypatch):
    instead(
        monkeypatch,
        "from services.intake.channels.excel import child; child._work = lambda a, b: bytearray(3 * 10**9);"
        "import sys; sys.exit(child.main())",
    )
    with pytest.raises(WorkbookRefused, match="内存或时间超过了上限"):
        await read(b"x")


async def test_one_that_takes_too_long_is_ended(monkeypatch):
    instead(
        monkeypatch,
        "from services.intake.channels.excel import child; child.CPU_LIMIT_S = 1;"
        "child._work = lambda a, b: [0 for _ in iter(int, 1)];"
        "import sys; sys.exit(child.main())",
    )
    with pytest.raises(WorkbookRefused, match="内存或时间超过了上限"):
        await read(b"x")


async def test_it_is_ended_when_nobody_wants_the_rest(monkeypatch):
    started = []
    original = asyncio.create_subprocess_exec

    async def noted(*args, **options):
        started.append(await original(*args, **options))
        return started[0]

    monkeypatch.setattr(asyncio, "create_subprocess_exec", noted)
    messages = reading.read(TASK, parts(workbook([row(number) for number in range(2000)])))
    await anext(messages)
    await messages.aclose()
    assert started[0].returncode is not None


async def test_it_gets_no_environment_of_ours(monkeypatch):
    monkeypatch.setenv("DAFANGTAN_SECRET", "x")
    instead(monkeypatch, "import os, sys; sys.stderr.write(','.join(os.environ)); sys.exit(1)")
    told = []
    monkeypatch.setattr(reading._log, "warning", lambda event, **fields: told.append(fields["where"]))
    with pytest.raises(WorkbookRefused):
        await read(b"x")
    assert "DAFANGTAN_SECRET" not in told[0]
    assert "PYTHONPATH" in told[0]


def test_a_bug_of_it_is_told_without_what_was_in_the_cell(capsys):
    try:
        raise ValueError("沈晓燕")
    except ValueError as error:
        child._tell_where(type(error), error, sys.exc_info()[2])
    told = capsys.readouterr().err
    assert told.startswith("ValueError at test_a_bug_of_it")
    assert "沈晓燕" not in told


async def test_it_starts_without_what_it_has_no_use_for():
    code = (
        "import sys; from services.intake.channels.excel import child, messages, workbook;"
        "print(*{'pydantic', 'fastapi', 'asyncio', 'python_calamine'} & sys.modules.keys())"
    )
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE)
    assert (await process.communicate())[0].split() == []
