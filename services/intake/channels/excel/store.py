"""The documents of imports: the jobs, and what became of their rows, chunk by chunk."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from services.intake.channels.excel.jobs import Job, RowResult
from shared.store.port import Body, Collection, Document, Index, Reader, Transaction

JOBS = Collection("intake.imports", (Index(("owner", "created_at")), Index(("expires_at",))))
ROWS = Collection("intake.import_rows")
"""By ``chunk_id``."""
REFUSED = Collection("intake.import_refused", (Index(("submission_id",)), Index(("job_id",))))
"""Where the refused rows are that tell which form they are."""
AT_ONCE = 500


class Chunk(msgspec.Struct, frozen=True):
    """Rows that were dealt with together."""

    rows: list[RowResult]


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


async def add_chunk(transaction: Transaction, job: Job, rows: Sequence[RowResult]) -> None:
    """Write down the next chunk of ``job``."""
    id = chunk_id(job.id, job.chunks_count)
    await transaction.insert(ROWS, id, chunk_body(rows))
    refused: list[tuple[str, Body]] = [
        (
            f"{job.id}/{row.number}",
            {"job_id": job.id, "chunk_id": id, "number": row.number, "submission_id": row.submission_id},
        )
        for row in rows
        if row.submission_id is not None
    ]
    await transaction.insert_many(REFUSED, refused)


async def forget(transaction: Transaction, submission_id: str) -> None:
    """Remove the rows that were refused before they became the submission."""
    where = {"submission_id": submission_id}
    while found := (await transaction.find(REFUSED, where, limit=AT_ONCE)).documents:
        for place in found:
            await _forget_row(transaction, place.body["chunk_id"], place.body["number"])
        await transaction.delete_many(REFUSED, [place.id for place in found])


async def _forget_row(transaction: Transaction, id: str, number: int) -> None:
    document = await transaction.get(ROWS, id)
    assert document is not None, "the rows of a job go together with the places of those refused"
    rows = msgspec.convert(document.body, Chunk).rows
    left = [row.forgotten() if row.number == number else row for row in rows]
    await transaction.replace(ROWS, id, chunk_body(left), version=document.version)


async def erase_rows(transaction: Transaction, job: Job) -> None:
    """Remove what became of the rows of ``job``."""
    while found := (await transaction.find(REFUSED, {"job_id": job.id}, limit=AT_ONCE)).documents:
        await transaction.delete_many(REFUSED, [place.id for place in found])
    await transaction.delete_many(ROWS, [chunk_id(job.id, index) for index in range(job.chunks_count)])
