"""What the adapters say when they refuse."""

from __future__ import annotations

from collections.abc import Sequence

from shared.store.port import Collection, Counters, DuplicateId, VersionMoved

_SHOWN = 3


def duplicate(collection: Collection, ids: Sequence[str]) -> DuplicateId:
    """One of ``ids`` is there already, or its values of a unique index are."""
    return DuplicateId(
        f"{collection.name} 中已有相同编号或相同唯一值的文档：{_some(ids)}", code="duplicate-id"
    )


def moved(collection: Collection, ids: Sequence[str]) -> VersionMoved:
    """One of ``ids`` isn't at the version that was given."""
    return VersionMoved(f"{collection.name} 中的文档已被别处修改或删除：{_some(ids)}", code="version-moved")


def not_opened(declared: Collection | Counters) -> ValueError:
    """The store was not opened with this."""
    return ValueError(f"open the store with {declared!r} before it is used")


def _some(ids: Sequence[str]) -> str:
    return "、".join(ids[:_SHOWN]) + (f" 等 {len(ids)} 个" if len(ids) > _SHOWN else "")
