"""The process that reads one workbook: bounded in memory and time, without a file or a secret of ours.

It gets a Task and the workbook on its standard input, and answers with Messages on its standard output. Whatever a
workbook does to it is done to it alone; the service tells from how it ended what to say.
"""

from __future__ import annotations

import gc
import resource
import sys
from types import TracebackType
from typing import BinaryIO

MEMORY_LIMIT_BYTES = 2_500_000_000
CPU_LIMIT_S = 120
MOST_OPEN_FILES = 32
OUT_OF_MEMORY = 3
"""The exit status for it."""


def main() -> int:
    """Read, answer, end."""
    _limit()
    gc.disable()  # it ends with its one workbook; what has no cycles goes anyway
    sys.excepthook = _tell_where
    try:
        _work(sys.stdin.buffer, sys.stdout.buffer)
    except MemoryError:
        return OUT_OF_MEMORY
    return 0


def _work(source: BinaryIO, sink: BinaryIO) -> None:
    from services.intake.channels.excel import messages
    from services.intake.channels.excel.errors import UnknownVersion, WorkbookRefused
    from services.intake.channels.excel.workbook import Workbook

    (length,) = messages.HEAD.unpack(source.read(messages.HEAD.size))
    task = messages.task_of(source.read(length))
    try:
        workbook = Workbook(source.read(), task.layouts, has_default_unit=task.has_default_unit)
        sink.write(messages.framed(workbook.opened))
        for rows in workbook.rows():
            sink.write(messages.framed(rows))
        sink.write(messages.framed(messages.Finished()))
    except UnknownVersion as error:
        sink.write(messages.framed(messages.Refused(str(error), error.version)))
    except WorkbookRefused as error:
        sink.write(messages.framed(messages.Refused(str(error))))
    sink.flush()


def _limit() -> None:
    for what, most in (
        (resource.RLIMIT_AS, MEMORY_LIMIT_BYTES),
        (resource.RLIMIT_CPU, CPU_LIMIT_S),
        (resource.RLIMIT_NOFILE, MOST_OPEN_FILES),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))


def _tell_where(kind: type[BaseException], _error: BaseException, traceback: TracebackType | None) -> None:
    """What kind of bug, and where; never its text, which may quote a cell."""
    while traceback is not None and traceback.tb_next is not None:
        traceback = traceback.tb_next
    where = "" if traceback is None else f" at {traceback.tb_frame.f_code.co_name}:{traceback.tb_lineno}"
    sys.stderr.write(f"{kind.__name__}{where}")


if __name__ == "__main__":
    sys.exit(main())
