"""Files of credentials: read whole, added to and revoked from by one process at a time, for their owner alone."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import Field, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar, Generic, Protocol, TypeVar

import orjson

from shared.errors import NotFound
from shared.events import rfc3339
from shared.privacy.files import held, write_private_file
from shared.privacy.keys import KeysUnusable


class Credential(Protocol):
    """A frozen dataclass; ``revoked_at`` (RFC 3339) is None while it is good."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]

    @property
    def revoked_at(self) -> str | None: ...


Entry = TypeVar("Entry", bound=Credential)


@dataclass(frozen=True)
class CredentialsFile(Generic[Entry]):
    """One kind of credentials, as it lies in its file: ``{"<list_name>": [entry, …]}``, oldest first.

    ``title`` is what people call the kind, ``id_of`` names an entry, ``entry_of`` makes one of its JSON object
    (raising ValueError, KeyError or TypeError where it can't), and ``unknown`` says that there is none of an id.
    Who is revoked stays in the file, revoked for good.
    """

    title: str
    list_name: str
    id_of: Callable[[Entry], str]
    entry_of: Callable[[dict[str, Any]], Entry]
    unknown: Callable[[str], NotFound]

    def read(self, path: Path) -> dict[str, Entry]:
        """All entries by id; none when there is no file. Raises KeysUnusable when it is malformed."""
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            return {}
        try:
            entries = [self.entry_of(entry) for entry in orjson.loads(content)[self.list_name]]
        except (ValueError, KeyError, TypeError) as error:
            raise KeysUnusable(f"{self.title}文件 {path} 的格式不正确：{error}。") from error
        return {self.id_of(entry): entry for entry in entries}

    def read_good(self, path: Path) -> dict[str, Entry]:
        """Those that aren't revoked."""
        return {id: entry for id, entry in self.read(path).items() if entry.revoked_at is None}

    def add(self, path: Path, make: Callable[[Collection[str]], Entry]) -> Entry:
        """Keep what ``make`` makes in the light of the ids that are taken; the file is made if it isn't there."""
        with held(path):
            standing = self.read(path)
            made = make(standing.keys())
            self._write(path, {**standing, self.id_of(made): made})
        return made

    def change(self, path: Path, id: str, change: Callable[[Entry], Entry]) -> Entry:
        """Put what ``change`` makes of the entry called ``id`` in its place. Raises NotFound."""
        with held(path):
            standing = self.read(path)
            if id not in standing:
                raise self.unknown(id)
            changed = change(standing[id])
            if changed != standing[id]:
                self._write(path, {**standing, id: changed})
        return changed

    def revoke(self, path: Path, id: str, *, now: datetime) -> Entry:
        """Refuse ``id`` from now on; what is revoked already stays as it is. Raises NotFound."""
        return self.change(path, id, lambda entry: _revoked(entry, now))

    def _write(self, path: Path, entries: Mapping[str, Entry]) -> None:
        content = orjson.dumps({self.list_name: list(entries.values())}, option=orjson.OPT_INDENT_2)
        write_private_file(path, content)


def _revoked(entry: Entry, now: datetime) -> Entry:
    return entry if entry.revoked_at is not None else replace(entry, revoked_at=rfc3339(now))
