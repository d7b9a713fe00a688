"""What is sealed of each submission, as the log told it: ciphertexts, by submission id."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from shared.store.port import Collection, Document, NewBody, Transaction

SEALED = Collection("intake.sealed")


class SealedContent(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """The tokens of the revision that stands; nothing once the submission is withdrawn.

    That the document is there says that the submission's event stands in the log: it is counted.
    """

    campaign: str
    revision: int = 0
    respondent: str | None = None
    texts: str | None = None
    is_withdrawn: bool = False

    def then(self, later: SealedContent) -> SealedContent:
        """With what another event tells, in whatever order they come: a withdrawal is the end."""
        if self.is_withdrawn or later.is_withdrawn:
            return SealedContent(self.campaign, is_withdrawn=True)
        return later if later.revision >= self.revision else self


def content_of(document: Document) -> SealedContent:
    """The sealed content in ``document``."""
    return msgspec.convert(document.body, SealedContent)


async def write_all(
    transaction: Transaction, known: Mapping[str, Document], contents: Mapping[str, SealedContent]
) -> None:
    """Write ``contents``, in place of those ``known``."""
    bodies: Sequence[tuple[str, NewBody]] = [(id, _encode(content)) for id, content in contents.items()]
    new = [(id, body) for id, body in bodies if id not in known]
    others = [(id, body, known[id].version) for id, body in bodies if id in known]
    if new:
        await transaction.insert_many(SEALED, new)
    if others:
        await transaction.replace_many(SEALED, others)


_encode = msgspec.json.Encoder().encode
