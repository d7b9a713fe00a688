"""Instances that take the place of earlier ones.

When an interview is edited after it was sent, ODK Collect sends it as a new instance that names the old one
(``deprecatedID``). For us it stays one submission, that of the first instance of the chain, which is amended. So it
has to be remembered which instances were replaced, and by which: two documents for each edit, written once
and never changed, before the submission itself is. Ids of instances are random and tell nothing of anybody.
"""

from __future__ import annotations

from shared.errors import Conflict
from shared.store.port import Collection, NewBody, Store

EDITS = Collection("intake.openrosa_edits")


class EditedElsewhere(Conflict):
    """Somebody else's edit of the same instance came first: look at that one, and edit it."""

    def __init__(self) -> None:
        super().__init__("这份访谈已被另一台设备修改并提交，请核对后再修改。", code="edited-elsewhere")


class Edits:
    """The edits of one campaign's instances."""

    def __init__(self, store: Store, campaign: str) -> None:
        self._store = store
        self._campaign = campaign

    async def source_id(self, instance_id: str) -> str:
        """The submission's, to which ``instance_id`` belongs: the first instance of its chain."""
        edit = await self._store.get(EDITS, self._edit(instance_id))
        return instance_id if edit is None else str(edit.body["source_id"])

    async def is_superseded(self, instance_id: str) -> bool:
        """Whether an edit of ``instance_id`` came before."""
        return await self._store.get(EDITS, self._replaced(instance_id)) is not None

    async def remember(self, instance_id: str, deprecated_id: str, source_id: str) -> None:
        """That ``instance_id`` takes the place of ``deprecated_id``. Raises EditedElsewhere."""
        replaced = self._replaced(deprecated_id)
        new: list[tuple[str, NewBody]] = [
            (replaced, {"by": instance_id}),
            (self._edit(instance_id), {"source_id": source_id}),
        ]
        is_first, _ = await self._store.insert_each(EDITS, new)
        stands = None if is_first else await self._store.get(EDITS, replaced)
        if stands is not None and stands.body["by"] != instance_id:
            raise EditedElsewhere

    def _edit(self, instance_id: str) -> str:
        return f"{self._campaign}/edit/{instance_id}"

    def _replaced(self, instance_id: str) -> str:
        return f"{self._campaign}/replaced/{instance_id}"
