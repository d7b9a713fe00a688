"""The store port and its two adapters."""

from __future__ import annotations

from pathlib import Path

from shared.store.port import Store


def open_store(url: str) -> Store:
    """The store that ``url`` names; ``await store.open(...)`` connects it.

    - ``sqlite:///store.db``: a file, by a relative path; ``sqlite:////var/lib/store.db`` by an absolute one
    - ``mongodb://host:27017/database?replicaSet=rs0``: a database of a MongoDB replica set

    Raises ValueError for anything else.
    """
    scheme, separator, rest = url.partition("://")
    if scheme == "sqlite" and rest.startswith("/") and len(rest) > 1:
        from shared.store.sqlite import SqliteStore

        return SqliteStore(Path(rest[1:]))
    if scheme in ("mongodb", "mongodb+srv") and separator:
        from shared.store.mongo import MongoStore

        return MongoStore(url)
    shown = f"（{scheme}://…）" if separator else ""  # the rest may hold a password
    raise ValueError(
        f"存储地址{shown}不能识别：可用 sqlite:///文件路径 或 mongodb://主机:端口/数据库?replicaSet=名称"
    )
