"""Rebuilding a service's fold from the log, and proving that it equals what stood."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import orjson

from shared.consuming import Runner
from shared.errors import Invalid
from shared.http import Service
from shared.store.paging import all_documents
from shared.store.port import Collection, Counters, Reader, Store, Transaction
from shared.store.retrying import in_transaction

LOOK_EVERY_S = 0.05
DOCUMENTS_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """The digests of the fold before and after."""

    before: str
    after: str

    @property
    def is_equal(self) -> bool:
        """Whether the rebuilt fold is what stood."""
        return self.before == self.after


def runners_of(service: Service) -> list[Runner]:
    """The service's consumers. Raises Invalid where its store isn't a fold of the log."""
    runners = [component for component in service.components if isinstance(component, Runner)]
    if not runners:
        raise Invalid(
            f"{service.name} 的数据不能由事件日志重建：intake、release 保存的是原始登记和审批，请用备份恢复；"
            "analytics 的数据在内存里，每次启动都由日志重建，重启即可。"
        )
    return runners


async def rebuild(runners: Sequence[Runner], store: Store) -> Rebuilt:
    """Clear the folds and their positions in one transaction, and read the log again to its end.

    Consumers that run meanwhile find their positions moved, and go on from wherever this has come to.
    """
    folded = [collection for runner in runners for collection in runner.folded]
    before = await digest(store, folded)

    async def clear(transaction: Transaction) -> None:
        for runner in runners:
            for collection in runner.cleared_by_rebuild:
                await transaction.clear(collection)

    await in_transaction(store, clear)
    for runner in runners:
        await read_to_end(runner)
    return Rebuilt(before, await digest(store, folded))


async def read_to_end(runner: Runner, look: Callable[[], Awaitable[None]] | None = None) -> None:
    """Run ``runner`` until it has caught up with the log, and ``look`` now and then. Raises what crashed it."""
    await runner.start()
    try:
        while not await runner.caught_up():
            if runner.crashed is not None:
                raise runner.crashed
            if look is not None:
                await look()
            await asyncio.sleep(LOOK_EVERY_S)
    finally:
        await runner.stop()


async def digest(reader: Reader, collections: Sequence[Collection | Counters]) -> str:
    """SHA-256 over every document and every counter that isn't zero, whatever their versions."""
    hashed = hashlib.sha256()
    for collection in collections:
        hashed.update(collection.name.encode())
        if isinstance(collection, Counters):
            for id, fields in sorted((await reader.all_counters(collection, prefix="")).items()):
                _add(hashed, id, {field: count for field, count in fields.items() if count})
            continue
        async for document in all_documents(reader, collection, {}, at_once=DOCUMENTS_AT_ONCE):
            _add(hashed, document.id, document.body)
    return hashed.hexdigest()


def _add(hashed: hashlib._Hash, id: str, content: object) -> None:
    if content != {}:
        hashed.update(orjson.dumps([id, content], option=orjson.OPT_SORT_KEYS))
