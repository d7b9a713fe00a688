"""A bounded memory of what was done lately."""

from __future__ import annotations

from collections import OrderedDict


class Recently:
    """Remembers the last ``most_count`` names added, the oldest forgotten first."""

    def __init__(self, most_count: int) -> None:
        self._most_count = most_count
        self._names: OrderedDict[str, None] = OrderedDict()

    def add(self, name: str) -> None:
        """Remember ``name``."""
        self._names[name] = None
        if len(self._names) > self._most_count:
            self._names.popitem(last=False)

    def __contains__(self, name: str) -> bool:
        return name in self._names
