"""User names and passwords of interviewers."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from shared.access import Interviewers, add_interviewer, known_of, read_interviewers, revoke_interviewer
from shared.access.interviewers import ha1_of
from shared.errors import NotFound
from shared.privacy import KeyRing, KeysUnusable, create_keys

NOW = datetime(2024, 5, 10, tzinfo=UTC)


@pytest.fixture
def keyring(tmp_path):
    create_keys(tmp_path / "keys.json", ["suzhou-2024", "wuxi-2025"])
    return KeyRing.load(tmp_path / "keys.json")


@pytest.fixture
def keys(keyring):
    return keyring.campaign("suzhou-2024")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "run" / "interviewers.json"


def add(path, keys, name="陆建国", unit="gusu"):
    return add_interviewer(path, keys, campaign="suzhou-2024", name=name, unit=unit, now=NOW)


def test_the_file_alone_lets_nobody_in_and_names_nobody(path, keys):
    password, made = add(path, keys)
    assert re.fullmatch(r"([a-z2-9]{4}-){3}[a-z2-9]{4}", password)
    content = path.read_bytes()
    for secret in (password, ha1_of(made.username, password), "陆建国"):
        assert secret.encode() not in content
    assert path.stat().st_mode & 0o777 == 0o600


def test_who_signs_in_is_an_interviewer_of_the_unit(path, keys):
    password, made = add(path, keys)
    known = Interviewers(path, "suzhou-2024", keys).get(made.username)
    assert known.ha1 == ha1_of(made.username, password)
    principal = known.principal
    assert (principal.subject, principal.kind) == (f"interviewer:{made.username}", "person")
    assert (principal.roles, principal.unit, principal.name) == ({"interviewer"}, "gusu", "陆建国")
    assert principal.channel == "offline"
    assert principal.campaigns == {"suzhou-2024"}


def test_an_interviewer_belongs_to_one_campaign(path, keyring, keys):
    _, made = add(path, keys)
    assert Interviewers(path, "wuxi-2025", keyring.campaign("wuxi-2025")).get(made.username) is None


def test_who_is_added_is_known_at_once_and_who_is_revoked_for_a_second_at_most(path, keys):
    now_s = [0.0]
    interviewers = Interviewers(path, "suzhou-2024", keys, clock=lambda: now_s[0])
    _, made = add(path, keys)
    assert interviewers.get(made.username) is not None
    revoke_interviewer(path, made.username, now=NOW)
    now_s[0] += 1
    assert interviewers.get(made.username) is None


def test_revoking_again_changes_nothing_and_revoking_nobody_is_told(path, keys):
    _, made = add(path, keys)
    first = revoke_interviewer(path, made.username, now=NOW)
    assert revoke_interviewer(path, made.username, now=datetime.now(UTC)) == first
    with pytest.raises(NotFound, match="nobody"):
        revoke_interviewer(path, "nobody", now=NOW)


def test_what_was_sealed_with_another_key_opens_for_nobody(path, keyring, keys):
    _, made = add(path, keys)
    other = keyring.campaign("wuxi-2025")
    with pytest.raises(KeysUnusable, match=made.username):
        known_of(made, other)
    assert Interviewers(path, "suzhou-2024", other).get(made.username) is None


def test_an_entry_cannot_be_moved_to_another_unit(path, keys):
    add(path, keys)
    path.write_bytes(path.read_bytes().replace(b'"gusu"', b'"kunshan"'))
    (moved,) = read_interviewers(path).values()
    with pytest.raises(KeysUnusable):
        known_of(moved, keys)


def test_interviewers_that_are_made_at_once_are_all_kept(path, keys):
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda n: add(path, keys, name=f"n{n}")[1].username, range(40)))
    assert sorted(read_interviewers(path)) == sorted(made)
