"""Has a workbook read by a process of its own, and tells in words what became of one that didn't survive it."""

from __future__ import annotations

import asyncio
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator
from contextlib import asynccontextmanager, suppress

import msgspec

from services.intake.channels.excel import messages
from services.intake.channels.excel.child import OUT_OF_MEMORY
from services.intake.channels.excel.errors import UnknownVersion, WorkbookRefused
from services.intake.channels.excel.messages import HEAD, Finished, Message, Opened, Refused, Task
from services.intake.channels.excel.told import Rows
from shared.logging import get_logger

_COMMAND = ("-m", "services.intake.channels.excel.child")
_STREAM_LIMIT_BYTES = 1_048_576
_TOO_MUCH = (
    "读取这份工作簿所需的内存或时间超过了上限；请删去数据以外的内容（很远处的空白单元格、图片、样式），"
    "或分成几份后重新上传。"
)
_BROKEN = "工作簿的内容异常，无法读取；请用 Excel 或 WPS 打开，另存为 .xlsx 后重新上传。"
_OUT_OF_BOUNDS = (-signal.SIGKILL, -signal.SIGXCPU, -signal.SIGABRT, OUT_OF_MEMORY)

_log = get_logger("intake.imports")


async def read(task: Task, content: AsyncIterable[bytes]) -> AsyncGenerator[Opened | Rows, None]:
    """What stands in the workbook ``content``: Opened, then its rows. Raises WorkbookRefused, UnknownVersion."""
    async with _reader() as process:
        feeding = asyncio.create_task(_feed(process, task, content))
        try:
            async for message in _messages(process):
                if isinstance(message, Refused):
                    raise _refusal(message)
                if isinstance(message, Finished):
                    await feeding
                    return
                yield message
            await feeding
            raise await _reason(process)
        finally:
            feeding.cancel()
            await asyncio.wait([feeding])


@asynccontextmanager
async def _reader() -> AsyncIterator[Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *_COMMAND,
        stdin=PIPE,
        stdout=PIPE,
        stderr=PIPE,
        limit=_STREAM_LIMIT_BYTES,
        env={"PYTHONPATH": ":".join(path or "." for path in sys.path)},  # no secret of ours
    )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def _feed(process: Process, task: Task, content: AsyncIterable[bytes]) -> None:
    assert process.stdin is not None
    with suppress(BrokenPipeError, ConnectionResetError):  # it ended before it had read everything
        process.stdin.write(messages.framed(task))
        async for part in content:
            process.stdin.write(part)
            await process.stdin.drain()
    process.stdin.close()


async def _messages(process: Process) -> AsyncIterator[Message]:
    """As long as whole ones come."""
    assert process.stdout is not None
    with suppress(asyncio.IncompleteReadError, msgspec.DecodeError):
        while True:
            (length,) = HEAD.unpack(await process.stdout.readexactly(HEAD.size))
            yield messages.message_of(await process.stdout.readexactly(length))


def _refusal(refused: Refused) -> WorkbookRefused:
    if refused.unknown_version is not None:
        return UnknownVersion(refused.unknown_version)
    return WorkbookRefused(refused.reason)


async def _reason(process: Process) -> WorkbookRefused:
    assert process.stderr is not None
    where = (await process.stderr.read()).decode(errors="replace")[:200]
    status = await process.wait()
    _log.warning("reading-process-ended", status=status, where=where)
    return WorkbookRefused(_TOO_MUCH if status in _OUT_OF_BOUNDS else _BROKEN)
