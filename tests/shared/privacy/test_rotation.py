"""Rotating the sealing key: in the file, and for whoever seals meanwhile."""

import os
from base64 import b64decode, b64encode
from concurrent.futures import ThreadPoolExecutor

import orjson
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shared.access import Watched
from shared.errors import NotFound
from shared.privacy import (
    CampaignKeys,
    KeyDestroyed,
    KeyRing,
    KeysUnusable,
    Privacy,
    SealBroken,
    Sealer,
    begin_rotation,
    create_keys,
    finish_rotation,
    key_id,
)

ID = "s1"


@pytest.fixture
def path(tmp_path):
    create_keys(tmp_path / "keys.json", ["a", "b"])
    return tmp_path / "keys.json"


class Seconds:
    now_s = 0.0

    def __call__(self):
        return self.now_s


def sealer(*keys):
    current, *before = keys
    campaign_keys = CampaignKeys(current, b"", b"", sealing_before=tuple(before))
    return Sealer(lambda: campaign_keys)


def finish(path, campaign="a"):
    finish_rotation(path, campaign, key_id(KeyRing.load(path).campaign(campaign).sealing))


def test_a_new_key_is_current_and_the_old_one_stays_until_the_end(path):
    before = KeyRing.load(path)
    assert begin_rotation(path, "a")
    during = KeyRing.load(path).campaign("a")
    assert during.sealing != before.campaign("a").sealing
    assert during.sealing_before == (before.campaign("a").sealing,)
    finish(path)
    after = KeyRing.load(path)
    assert (after.campaign("a").sealing, after.campaign("a").sealing_before) == (during.sealing, ())
    assert b64encode(before.campaign("a").sealing) not in path.read_bytes()
    assert path.stat().st_mode & 0o777 == 0o600


def test_only_the_sealing_key_of_that_campaign_changes(path):
    before = KeyRing.load(path)
    begin_rotation(path, "a")
    after = KeyRing.load(path)
    assert after.campaign("b") == before.campaign("b")
    assert after.campaign("a").pseudonyms == before.campaign("a").pseudonyms
    assert after.campaign("a").receipts == before.campaign("a").receipts


def test_a_rotation_under_way_is_gone_on_with_and_no_second_one_begun(path):
    assert begin_rotation(path, "a")
    during = path.read_bytes()
    assert not begin_rotation(path, "a")
    assert path.read_bytes() == during


def test_who_finishes_a_rotation_that_is_over_destroys_nothing_of_the_next(path):
    begin_rotation(path, "a")
    first = key_id(KeyRing.load(path).campaign("a").sealing)
    finish(path)
    begin_rotation(path, "a")
    second = path.read_bytes()
    finish_rotation(path, "a", first)
    assert path.read_bytes() == second


def test_of_many_who_begin_at_once_one_does(path):
    with ThreadPoolExecutor(8) as pool:
        begun = list(pool.map(lambda _: begin_rotation(path, "a"), range(16)))
    assert sum(begun) == 1


def test_a_campaign_without_keys_is_named(path):
    with pytest.raises(NotFound, match="“c”"):
        begin_rotation(path, "c")


@pytest.mark.parametrize("before", ["AAAA", {"x": 1}, ["AAAA"], [7]])
def test_malformed_older_keys_are_told(path, before):
    entries = orjson.loads(path.read_bytes())
    entries["campaigns"]["a"]["sealing_before"] = before
    path.write_bytes(orjson.dumps(entries))
    with pytest.raises(KeysUnusable, match="sealing_before"):
        KeyRing.load(path)


def test_a_wrapped_key_says_which_key_wrapped_it():
    old, new = os.urandom(32), os.urandom(32)
    key = sealer(old).new_data_key(ID)
    assert b64decode(key.wrapped)[:5] == b"\x02" + key_id(old)
    both = sealer(new, old)
    assert not both.is_current(key.wrapped)
    assert both.is_current(both.new_data_key(ID).wrapped)


def test_wrapped_anew_it_is_the_same_data_key_and_needs_the_old_key_no_more():
    old, new = os.urandom(32), os.urandom(32)
    key = sealer(old).new_data_key(ID)
    token = sealer(old).seal(key, ID, "texts", b"words")
    anew = sealer(new, old).wrap_anew(ID, key.wrapped)
    alone = sealer(new)
    assert alone.open(alone.unwrap(ID, anew), ID, "texts", token) == b"words"
    with pytest.raises(KeyDestroyed):
        alone.unwrap(ID, key.wrapped)
    with pytest.raises(SealBroken):
        alone.unwrap("s2", anew)


def test_what_was_wrapped_before_there_were_rotations_is_opened_by_whichever_key_it_was():
    """Format 1 of the first version, written out."""
    old, new, raw, nonce = os.urandom(32), os.urandom(32), os.urandom(32), os.urandom(12)
    sealed = AESGCM(old).encrypt(nonce, raw, b"dafangtan/key\0" + ID.encode())
    wrapped = b64encode(b"\x01" + nonce + sealed).decode()
    for keys in ((old,), (old, new), (new, old)):
        assert not sealer(*keys).is_current(wrapped)
        assert sealer(*keys).is_current(sealer(*keys).wrap_anew(ID, wrapped))
    with pytest.raises(SealBroken):
        sealer(new).unwrap(ID, wrapped)


def test_whoever_seals_takes_up_the_new_key_without_a_restart(path):
    seconds = Seconds()
    privacy = Privacy.live(Watched(path, KeyRing.load, clock=seconds), "a")
    first = privacy.sealer.new_data_key(ID)
    begin_rotation(path, "a")
    seconds.now_s += 2
    second = privacy.sealer.new_data_key(ID)
    assert privacy.sealer.is_current(second.wrapped)
    assert not privacy.sealer.is_current(first.wrapped)
    assert privacy.sealer.unwrap(ID, first.wrapped)


def test_what_another_process_has_just_wrapped_is_opened_at_once(path):
    mine = Privacy.live(Watched(path, KeyRing.load, clock=Seconds()), "a")
    begin_rotation(path, "a")
    others = Privacy.for_campaign(KeyRing.load(path), "a")
    key = others.sealer.new_data_key(ID)
    assert mine.sealer.unwrap(ID, key.wrapped)  # its clock stands still: it would not have looked
