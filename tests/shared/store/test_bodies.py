"""What both adapters write: bodies, ids, index keys."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.store.bodies import (
    ALL_KEYS,
    KEYS_OF_INTS,
    KEYS_OF_STRINGS,
    after_prefix,
    check_id,
    decode_body,
    encode_body,
    index_key,
)

text = st.text(st.characters(exclude_categories=["Cs"]))
ints = st.integers(-(2**63), 2**64 - 1)
values = st.none() | st.booleans() | ints | text


def rank(value: object) -> tuple[int, object]:
    """The order that the port promises."""
    return (0, 0) if value is None else ({bool: 1, int: 2, str: 3}[type(value)], value)


@example(True, -(2**63))
@example(True, 1)
@given(values, values)
def test_keys_sort_as_the_port_says(one: object, other: object) -> None:
    if rank(one) < rank(other):
        assert index_key(one) < index_key(other)
    elif rank(one) == rank(other):
        assert index_key(one) == index_key(other)


@given(values, values)
def test_keys_sort_the_same_as_utf_8(one: object, other: object) -> None:
    keys = index_key(one), index_key(other)
    encoded = keys[0].encode(), keys[1].encode()
    assert (keys[0] < keys[1]) == (encoded[0] < encoded[1])


@given(text, ints, values)
def test_the_ranges_of_keys_hold_the_keys(string: str, number: int, value: object) -> None:
    assert KEYS_OF_STRINGS[0] <= index_key(string) < KEYS_OF_STRINGS[1]
    assert KEYS_OF_INTS[0] <= index_key(number) < KEYS_OF_INTS[1]
    assert ALL_KEYS[0] <= index_key(value) < ALL_KEYS[1]


@pytest.mark.parametrize("value", [2**64, -(2**63) - 1, 0.0, [], {}, b""])
def test_other_values_have_no_key(value: object) -> None:
    with pytest.raises(ValueError, match="indexed field"):
        index_key(value)


edges = st.text(
    st.sampled_from("ab\ud7ff\ue000\U0010ffff").filter(str.isprintable) | st.sampled_from("\U0010ffff")
)


@given(edges | text, edges | text)
def test_after_a_prefix_comes_what_has_it_not(prefix: str, other: str) -> None:
    beyond = after_prefix(prefix)
    is_inside = other >= prefix and (beyond is None or other < beyond)
    assert is_inside == other.startswith(prefix)
    assert (prefix + "\U0010ffff" * 3 < beyond) if beyond is not None else True


def test_the_prefix_before_the_surrogates_has_a_successor() -> None:
    assert after_prefix("a\ud7ff") == "a\ue000"
    assert after_prefix("a\U0010ffff") == "b"
    assert after_prefix("\U0010ffff") is None


@given(st.floats())
def test_a_number_comes_back_or_is_refused(number: float) -> None:
    body = {"a": [None, {"b": (number,)}]}
    if number in (float("inf"), float("-inf")) or number != number:
        with pytest.raises(ValueError, match="JSON"):
            encode_body(body)
    else:
        assert decode_body(encode_body(body)) == {"a": [None, {"b": [number]}]}


@dataclass
class Something:
    """No JSON."""

    a: int


class Text(str):
    """A string of a class of its own."""


@pytest.mark.parametrize("value", [Something(1), date(2024, 5, 10), Text("a"), object(), 1j, {1: 2}])
def test_only_json_is_written(value: object) -> None:
    with pytest.raises(ValueError, match="JSON"):
        encode_body({"a": value})


def test_what_is_deeper_than_json_readers_go_is_refused() -> None:
    body: dict[str, object] = {}
    for _ in range(2000):
        body = {"a": body}
    with pytest.raises(ValueError, match="JSON"):
        encode_body(body)


@pytest.mark.parametrize("id", [1, None, UUID(int=1), b"a"])
def test_an_id_is_a_string(id: object) -> None:
    with pytest.raises(ValueError, match="str"):
        check_id(id)  # type: ignore[arg-type]
