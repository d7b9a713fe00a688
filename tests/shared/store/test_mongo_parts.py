"""What is given to MongoDB at a time: as much as one of its commands may have."""

from itertools import permutations

import bson

from shared.store.bodies import MAX_BODY_BYTES
from shared.store.mongo.documents import in_parts, to_stored

MOST_OF_A_COMMAND_BYTES = 48_000_000
WIDE, NARROW = "𠀀", "x"


def long(character: str, byte_count: int) -> dict[str, str]:
    """A body of so many bytes, nearly."""
    return {"name": character * ((byte_count - 100) // len(character.encode()))}


def test_whatever_documents_come_a_command_can_have_them() -> None:
    bodies = [
        long(WIDE, MAX_BODY_BYTES - 100_000),
        long(WIDE, MAX_BODY_BYTES),
        long(NARROW, MAX_BODY_BYTES),
        long(NARROW, MAX_BODY_BYTES // 5),
    ]
    for order in permutations(bodies):
        documents = [to_stored(["name"], str(n), body, 1) for n, body in enumerate(order)]
        parts = list(in_parts(documents))
        assert [document for part in parts for document in part] == documents
        for part in parts:
            assert sum(len(bson.encode(document)) for document in part) < MOST_OF_A_COMMAND_BYTES


def test_small_documents_go_together() -> None:
    documents = [to_stored([], str(n), {}, 1) for n in range(90_000)]
    assert [len(part) for part in in_parts(documents)] == [38_462, 38_462, 13_076]
