"""Keys of channel frontends."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import orjson
import pytest

from shared.access import ChannelKeys, add_channel_key, new_channel_key, read_channel_keys, revoke_channel_key
from shared.errors import NotFound
from shared.privacy import KeysUnusable

NOW = datetime(2024, 5, 10, tzinfo=UTC)


class Clock:
    """A clock that a test moves."""

    now_s = 0.0

    def __call__(self):
        return self.now_s


@pytest.fixture
def path(tmp_path):
    return tmp_path / "run" / "channel-keys.json"


def test_a_key_is_long_random_and_only_its_digest_is_kept(path):
    text, key = add_channel_key(path, "wechat", now=NOW)
    assert re.fullmatch(r"dftk_[0-9a-f]{8}_[A-Za-z0-9_-]{43}", text)
    assert text.split("_")[1] == key.id
    kept = path.read_bytes()
    assert text.split("_", 2)[2].encode() not in kept
    assert path.stat().st_mode & 0o777 == 0o600
    assert new_channel_key("wechat", now=NOW)[0] != text


def test_a_key_authenticates_its_channel_for_its_campaigns(path):
    text, key = add_channel_key(path, "wechat", ["suzhou-2024"], now=NOW)
    principal = ChannelKeys(path).authenticate(text)
    assert (principal.subject, principal.kind, principal.channel) == (
        f"channel:{key.id}",
        "channel",
        "wechat",
    )
    assert principal.campaigns == {"suzhou-2024"}
    assert principal.roles == {"channel"}


def test_anything_but_the_whole_key_is_refused(path):
    text, key = add_channel_key(path, "wechat", now=NOW)
    other, _ = new_channel_key("wechat", now=NOW)
    keys = ChannelKeys(path)
    for wrong in (
        text[:-1],
        text + "x",
        other,
        f"dftk_{key.id}_",
        f"dftk_{key.id}",
        "dftk_",
        "dftk__",
        text.upper(),
    ):
        assert keys.authenticate(wrong) is None, wrong


def test_without_a_file_there_are_no_keys(path):
    assert ChannelKeys(path).authenticate("dftk_00000000_x") is None


def test_a_key_is_good_at_once_and_after_its_revocation_for_a_second_at_most(path):
    clock = Clock()
    keys = ChannelKeys(path, clock=clock)
    first, first_key = add_channel_key(path, "wechat", now=NOW)
    second, _ = add_channel_key(path, "hotline", now=NOW)
    assert keys.authenticate(first).channel == "wechat"
    revoke_channel_key(path, first_key.id, now=NOW)
    clock.now_s += 1
    assert keys.authenticate(first) is None
    assert keys.authenticate(second).channel == "hotline"


def test_revoking_again_changes_nothing_and_revoking_nothing_is_told(path):
    _, key = add_channel_key(path, "wechat", now=NOW)
    first = revoke_channel_key(path, key.id, now=NOW)
    assert revoke_channel_key(path, key.id, now=datetime.now(UTC)) == first == read_channel_keys(path)[key.id]
    with pytest.raises(NotFound, match="nobody"):
        revoke_channel_key(path, "nobody", now=NOW)


@pytest.mark.parametrize(
    "content", [b"", b"[]", b'{"keys": [{}]}', b'{"keys": [{"id": "x", "campaigns": []}]}']
)
def test_a_malformed_file_is_refused_at_start_and_ignored_later(path, content):
    text, _ = add_channel_key(path, "wechat", now=NOW)
    clock = Clock()
    keys = ChannelKeys(path, clock=clock)
    path.write_bytes(content)
    with pytest.raises(KeysUnusable, match=re.escape(str(path))):
        ChannelKeys(path)
    clock.now_s += 1
    assert keys.authenticate(text) is not None


def test_the_file_says_who_when_and_for_what(path):
    add_channel_key(path, "wechat", ["suzhou-2024"], now=NOW)
    (entry,) = orjson.loads(path.read_bytes())["keys"]
    assert entry["channel"] == "wechat"
    assert entry["campaigns"] == ["suzhou-2024"]
    assert entry["created_at"] == "2024-05-10T00:00:00.000Z"


def test_keys_that_are_made_at_once_are_all_kept(path):
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda n: add_channel_key(path, f"c{n}", now=NOW)[1].id, range(40)))
    assert sorted(read_channel_keys(path)) == sorted(made)
