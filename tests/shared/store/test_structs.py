"""A struct is kept as a document's body and comes back as it was."""

import msgspec

from shared.store.structs import body_of


class Kept(msgspec.Struct, frozen=True, omit_defaults=True):
    name: str
    pages: tuple[int, ...] = ()
    note: str | None = None


def test_a_struct_comes_back_from_its_body_and_what_is_left_at_its_default_takes_no_room():
    kept = Kept("沈晓燕", pages=(1, 2))
    body = body_of(kept)
    assert set(body) == {"name", "pages"}
    assert msgspec.convert(body, Kept) == kept
