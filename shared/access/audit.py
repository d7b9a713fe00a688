"""The audit trail: who did what to what, and when, in a chain that shows whether anybody changed it.

Every entry holds the SHA-256 of the one before it, so that changing, removing or reordering one breaks all
that follow; the head document holds the count and the last hash, so that cutting off the end shows too. Who
can rewrite the whole store can rewrite the whole chain: keep the head hash that ``verify`` returns elsewhere.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from hashlib import sha256

from msgspec import structs

from shared.access.policies import Action, Resource
from shared.access.principals import Principal
from shared.errors import DafangtanError
from shared.events import rfc3339
from shared.store.paging import all_documents
from shared.store.port import (
    Body,
    Collection,
    Document,
    DuplicateId,
    Reader,
    Store,
    Transaction,
    TransactionConflict,
    VersionMoved,
)

HEAD = "head"
BEGINNING = "0" * 64
"""What stands for the hash of the entry before the first."""
ENTRIES_AT_ONCE = 1000

Detail = str | int | bool | None | Sequence[str]
"""What a detail may be: no fractions, whose text differs between stores."""


class AuditBroken(DafangtanError):
    """The chain doesn't hold at entry ``seq`` (from 1)."""

    def __init__(self, seq: int, reason: str) -> None:
        super().__init__(f"审计记录在第 {seq} 条处断开：{reason}。")
        self.seq = seq


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One thing that was done. ``hash`` covers every other field, ``previous`` being the hash before."""

    seq: int
    previous: str
    time: str
    actor: Mapping[str, str]
    action: str
    resource: Mapping[str, str]
    details: Mapping[str, Detail]
    hash: str


@dataclass(frozen=True, slots=True)
class VerifiedChain:
    """A chain that holds: how many entries, and the hash of the last one."""

    count: int
    head_hash: str


class AuditTrail:
    """The trail of one service."""

    def __init__(self, store: Store, service: str) -> None:
        self._store = store
        self._entries = Collection(f"{service}.audit")
        self._heads = Collection(f"{service}.audit_head")

    @property
    def collections(self) -> tuple[Collection, ...]:
        """What the service has to open."""
        return self._entries, self._heads

    async def record(
        self,
        transaction: Transaction,
        *,
        principal: Principal,
        action: Action | str,
        resource: Resource,
        details: Mapping[str, Detail],
        now: datetime,
    ) -> AuditEntry:
        """Add an entry in the transaction of what it tells of, so that both stand or neither.

        Raises TransactionConflict when another entry came first: the transaction is void, run it again.
        """
        head = await transaction.get(self._heads, HEAD)
        draft = AuditEntry(
            seq=1 if head is None else head.body["count"] + 1,
            previous=BEGINNING if head is None else head.body["hash"],
            time=rfc3339(now),
            actor={"kind": principal.kind, "subject": principal.subject},
            action=str(action),
            resource={field: value for field, value in structs.asdict(resource).items() if value},
            details={name: _storable(value) for name, value in details.items()},
            hash="",
        )
        entry = replace(draft, hash=_hash(asdict(draft)))
        try:
            await transaction.insert(self._entries, _id(entry.seq), asdict(entry))
            await self._move_head(transaction, head, entry)
        except (DuplicateId, VersionMoved) as error:
            raise TransactionConflict("another audit entry came first") from error
        return entry

    async def entries(
        self, *, cursor: str | None = None, limit: int = 100
    ) -> tuple[list[AuditEntry], str | None]:
        """A page of entries from the first on, and the cursor that continues after it. Doesn't verify."""
        page = await self._store.find(self._entries, {}, limit=limit, cursor=cursor)
        return [AuditEntry(**document.body) for document in page.documents], page.cursor

    async def all_entries(self) -> AsyncIterator[AuditEntry]:
        """Every entry, the first one first. Doesn't verify."""
        async for document in self._documents():
            yield AuditEntry(**document.body)

    async def verify(self) -> VerifiedChain:
        """Read the whole chain. Raises AuditBroken, naming the first entry where it doesn't hold."""
        head = await _head(self._store, self._heads)
        chain = VerifiedChain(0, BEGINNING)
        async for document in self._documents():
            chain = _continued(chain, document)
            if chain.count == head.count and chain.head_hash != head.head_hash:
                raise AuditBroken(chain.count, "与链头记录的摘要不符")
        if chain.count < head.count:
            raise AuditBroken(chain.count + 1, f"链头记有 {head.count} 条，之后的记录缺失")
        if chain.count > (await _head(self._store, self._heads)).count:
            raise AuditBroken(head.count + 1, "链头没有记下这一条")
        return chain

    async def _move_head(self, transaction: Transaction, head: Document | None, entry: AuditEntry) -> None:
        body: Body = {"count": entry.seq, "hash": entry.hash}
        if head is None:
            await transaction.insert(self._heads, HEAD, body)
        else:
            await transaction.replace(self._heads, HEAD, body, version=head.version)

    def _documents(self) -> AsyncIterator[Document]:
        return all_documents(self._store, self._entries, {}, at_once=ENTRIES_AT_ONCE)


async def _head(reader: Reader, heads: Collection) -> VerifiedChain:
    head = await reader.get(heads, HEAD)
    if head is None:
        return VerifiedChain(0, BEGINNING)
    return VerifiedChain(head.body["count"], head.body["hash"])


def _continued(chain: VerifiedChain, document: Document) -> VerifiedChain:
    """``chain`` with the entry in ``document``. Raises AuditBroken."""
    seq, body = chain.count + 1, document.body
    if document.id != _id(seq) or body.get("seq") != seq:
        raise AuditBroken(seq, f"应为第 {seq} 条，却是“{document.id}”")
    if body.get("previous") != chain.head_hash:
        raise AuditBroken(seq, "与前一条的摘要不符")
    if body.get("hash") != _hash(body) or document.version != 1:
        raise AuditBroken(seq, "内容被改动过")
    return VerifiedChain(seq, body["hash"])


def _storable(value: Detail) -> Detail:
    """``value`` as every store gives it back."""
    return value if isinstance(value, str | int | None) else list(value)


def _hash(content: Mapping[str, object]) -> str:
    """SHA-256 of every field but ``hash`` as JSON with sorted keys, without blanks, in UTF-8."""
    fields = {name: value for name, value in content.items() if name != "hash"}
    text = json.dumps(fields, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return sha256(text.encode()).hexdigest()


def _id(seq: int) -> str:
    """Sorts as the number does."""
    return f"{seq:012d}"
