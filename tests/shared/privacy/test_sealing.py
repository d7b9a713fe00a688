"""Sealing and opening."""

import os
from base64 import b64decode, b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.privacy import CampaignKeys, SealBroken, Sealer


def sealer(*keys):
    """Of these sealing keys, the current one first."""
    current, *before = keys or (os.urandom(32),)
    campaign_keys = CampaignKeys(current, b"", b"", sealing_before=tuple(before))
    return Sealer(lambda: campaign_keys)


SEALER = sealer()


def sealed(plaintext=b"secret", id="s1", field="respondent"):
    key = SEALER.new_data_key(id)
    return key, SEALER.seal(key, id, field, plaintext)


@given(st.text(max_size=50), st.text(max_size=20), st.binary(max_size=2000))
def test_what_was_sealed_opens_again_with_the_unwrapped_key(id, field, plaintext):
    id, field = (text.encode("utf-8", "ignore").decode() for text in (id, field))
    key, token = sealed(plaintext, id, field)
    again = SEALER.unwrap(id, key.wrapped)
    assert SEALER.open(again, id, field, token) == plaintext
    assert SEALER.open(key, id, field, SEALER.seal(again, id, field, plaintext)) == plaintext


def test_nothing_shows_through():
    _, token = sealed(b"\xe5\xbc\xa0\xe4\xb8\x89" * 10)
    assert b"\xe5\xbc\xa0" not in b64decode(token)


def test_equal_plaintexts_are_sealed_differently():
    key = SEALER.new_data_key("s1")
    assert SEALER.seal(key, "s1", "f", b"x") != SEALER.seal(key, "s1", "f", b"x")
    with pytest.raises(SealBroken):
        SEALER.open(SEALER.new_data_key("s1"), "s1", "f", SEALER.seal(key, "s1", "f", b"x"))


def test_a_token_opens_in_its_own_place_alone():
    key, token = sealed()
    other = SEALER.new_data_key("s1")
    for data_key, id, field in ((key, "s2", "respondent"), (key, "s1", "texts"), (other, "s1", "respondent")):
        with pytest.raises(SealBroken):
            SEALER.open(data_key, id, field, token)


def test_a_data_key_unwraps_for_its_own_submission_and_campaign_alone():
    key, _ = sealed()
    with pytest.raises(SealBroken):
        SEALER.unwrap("s2", key.wrapped)
    with pytest.raises(SealBroken):
        sealer().unwrap("s1", key.wrapped)


def test_any_flipped_bit_is_noticed():
    key, token = sealed()
    for wrapped in (True, False):
        content = bytearray(b64decode(key.wrapped if wrapped else token))
        for place in range(len(content) * 8):
            content[place // 8] ^= 1 << place % 8
            changed = b64encode(bytes(content)).decode()
            with pytest.raises(SealBroken):
                SEALER.unwrap("s1", changed) if wrapped else SEALER.open(key, "s1", "respondent", changed)
            content[place // 8] ^= 1 << place % 8


@pytest.mark.parametrize("token", ["", "A", "=", "AA==", "AQ==", "密文", "AQ" + "A" * 20, "not base64!"])
def test_garbage_is_broken(token):
    key, _ = sealed()
    with pytest.raises(SealBroken):
        SEALER.open(key, "s1", "respondent", token)
    with pytest.raises(SealBroken):
        SEALER.unwrap("s1", token)


def test_id_and_field_are_told_apart():
    """``a`` and ``bc`` is not ``ab`` and ``c``."""
    key = SEALER.new_data_key("a")
    token = SEALER.seal(key, "a", "bc", b"x")
    with pytest.raises(SealBroken):
        SEALER.open(key, "ab", "c", token)
