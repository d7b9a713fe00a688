"""The store in one SQLite file."""

from shared.store.sqlite.store import SqliteStore

__all__ = ["SqliteStore"]
