"""The file of campaign keys."""

import re
from concurrent.futures import ThreadPoolExecutor

import orjson
import pytest

from shared.errors import NotFound
from shared.privacy import KeyRing, KeysUnusable, Privacy, create_keys
from shared.privacy.files import create_private_file, write_private_file


@pytest.fixture
def path(tmp_path):
    return tmp_path / "run" / "keys.json"


def test_each_campaign_gets_three_keys_of_its_own_for_the_owner_alone(path):
    assert create_keys(path, ["a", "b"]) == ("a", "b")
    ring = KeyRing.load(path)
    keys = [
        getattr(ring.campaign(id), purpose)
        for id in "ab"
        for purpose in ("sealing", "pseudonyms", "receipts")
    ]
    assert len(set(keys)) == 6
    assert {len(key) for key in keys} == {32}
    assert path.stat().st_mode & 0o777 == 0o600


def test_keys_that_stand_are_never_changed_and_missing_ones_are_added(path):
    create_keys(path, ["a"])
    before = KeyRing.load(path).campaign("a")
    assert create_keys(path, ["a"]) == ()
    assert create_keys(path, ["b", "a", "b"]) == ("b",)
    assert KeyRing.load(path).campaign("a") == before


def test_a_missing_file_tells_what_to_run(path):
    with pytest.raises(KeysUnusable, match="dafangtan keys init"):
        KeyRing.load(path)


def test_a_campaign_without_keys_is_named(path):
    create_keys(path, ["a"])
    with pytest.raises(NotFound, match="“b”"):
        KeyRing.load(path).campaign("b")
    with pytest.raises(NotFound):
        Privacy.for_campaign(KeyRing.load(path), "b")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o660])
def test_a_file_that_others_may_read_is_refused(path, mode):
    create_keys(path, ["a"])
    path.chmod(mode)
    with pytest.raises(KeysUnusable, match="chmod 600"):
        KeyRing.load(path)
    with pytest.raises(KeysUnusable):
        create_keys(path, ["b"])


GOOD = "A" * 43 + "="


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "JSON"),
        (b"{\n,", "第 2 行"),
        (b"[]", "campaigns"),
        (b'{"campaigns": []}', "campaigns"),
        (orjson.dumps({"campaigns": {"a": 7}}), "“a”的 sealing"),
        (orjson.dumps({"campaigns": {"a": {"sealing": GOOD}}}), "“a”的 pseudonyms"),
        (orjson.dumps({"campaigns": {"a": {"sealing": "AAAA"}}}), "32 字节"),
        (orjson.dumps({"campaigns": {"a": {"sealing": "钥匙"}}}), "32 字节"),
    ],
)
def test_a_malformed_file_is_told_with_its_path_and_place(path, content, message):
    write_private_file(path, content)
    with pytest.raises(KeysUnusable, match=message) as refused:
        KeyRing.load(path)
    assert str(path) in str(refused.value)
    with pytest.raises(KeysUnusable):
        create_keys(path, ["b"])
    assert path.read_bytes() == content


def test_no_key_is_shown_by_accident(path):
    create_keys(path, ["a"])
    ring = KeyRing.load(path)
    shown = f"{ring!r} {ring.campaign('a')!r} {Privacy.for_campaign(ring, 'a')!r}"
    assert not re.search(r"b'|\\x", shown)


def test_a_private_file_is_replaced_whole_and_created_once(tmp_path):
    path = tmp_path / "secret"
    assert create_private_file(path, b"first")
    assert not create_private_file(path, b"second")
    assert path.read_bytes() == b"first"
    write_private_file(path, b"third")
    assert path.read_bytes() == b"third"
    assert [each.name for each in tmp_path.iterdir()] == ["secret"]


def test_a_failed_write_leaves_the_old_file_and_no_litter(tmp_path):
    path = tmp_path / "folder"
    (path / "inside").mkdir(parents=True)
    with pytest.raises(OSError, match="folder"):
        write_private_file(path, b"content")
    assert [each.name for each in tmp_path.iterdir()] == ["folder"]


def test_keys_of_campaigns_that_are_made_at_once_are_all_kept(tmp_path):
    path = tmp_path / "keys.json"
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: create_keys(path, [f"c{n}"]), range(24)))
    assert len(KeyRing.load(path).campaigns) == 24
