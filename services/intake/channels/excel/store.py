"""The documents of imports: the jobs, and what became of their rows, chunk by chunk."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from services.intake.channels.excel.jobs import Job, RowResult
from shared.store.port import Body, Collection, Document, Index, Reader, Transaction

JOBS = Collection("intake.imports", (Index(("owner", "created_at")), Index(("expires_at",))))
ROWS = Collection("intake.import_rows")
"""By ``chunk_id``."""


class Chunk(msgspec.Struct, frozen=True):
    """Rows that were dealt with together."""

    rows: list[RowResult]


def body_of(job: Job) -> Body:
    """The document of ``job``."""
    body: Body = msgspec.to_builtins(job)
    return body


def job_of(document: Document) -> Job:
    """The job in ``document``."""
    return msgspec.convert(document.body, Job)


def chunk_id(job_id: str, index: int) -> str:
    """The id of a job's chunk ``index`` (from 0)."""
    return f"{job_id}/{index:05}"


def chunk_body(rows: Sequence[RowResult]) -> bytes:
    """The document of a chunk."""
    return msgspec.json.encode(Chunk(list(rows)))


async def chunk(reader: Reader, job_id: str, index: int) -> list[RowResult]:
    """The rows of chunk ``index``; none when it isn't there any more."""
    document = await reader.get(ROWS, chunk_id(job_id, index))
    return [] if document is None else msgspec.convert(document.body, Chunk).rows


async def erase_rows(transaction: Transaction, job: Job) -> None:
    """Remove what became of the rows of ``job``."""
    await transaction.delete_many(ROWS, [chunk_id(job.id, index) for index in range(job.chunks_count)])
