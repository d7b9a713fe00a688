"""Documents whose bodies are msgspec structs."""

from __future__ import annotations

import msgspec

from shared.store.port import Body


def body_of(struct: msgspec.Struct) -> Body:
    """The body of a document that holds ``struct``; ``msgspec.convert`` gives it back."""
    body: Body = msgspec.to_builtins(struct)
    return body
