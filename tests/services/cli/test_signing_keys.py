"""``dafangtan signing-key``: keys for the app's backends."""

import pytest
from typer.testing import CliRunner

from services.cli import app
from shared.access.signing_keys import read_signing_keys
from shared.errors import Invalid, NotFound
from shared.platform import system_clock
from shared.privacy import KeyRing, create_keys

URL = "https://app.example.com/hook"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("DAFANGTAN_KEYS_FILE", str(tmp_path / "keys.json"))
    monkeypatch.setenv("DAFANGTAN_SIGNING_KEYS_FILE", str(tmp_path / "signing-keys.json"))
    create_keys(tmp_path / "keys.json", ["suzhou-2024"])
    return tmp_path


def run(*arguments):
    return CliRunner().invoke(app, ["signing-key", *arguments], catch_exceptions=False).stdout


def added(*options):
    """The id and the secret of a new key."""
    return [line.split()[1] for line in run("add", "suzhou-2024", *options).splitlines()]


def kept(folder, id):
    return read_signing_keys(folder / "signing-keys.json")[id]


def secrets_of(folder, id):
    keys = KeyRing.load(folder / "keys.json").campaign("suzhou-2024")
    return [each.decode() for each in kept(folder, id).good_secrets(keys, system_clock())]


def test_a_key_is_told_once_and_kept_sealed(folder):
    id, secret = added("--webhook", URL)
    assert secrets_of(folder, id) == [secret]
    assert kept(folder, id).webhook_url == URL
    assert secret not in (folder / "signing-keys.json").read_text()


def test_a_key_that_is_rotated_keeps_its_id_and_takes_the_old_secret_for_a_while(folder):
    id, old = added()
    new = run("rotate", id).split()[3]
    assert secrets_of(folder, id) == [new, old]
    newest = run("rotate", id, "--overlap-hours", "0").split()[3]
    assert secrets_of(folder, id) == [newest]


def test_the_webhook_is_set_and_taken_away(folder):
    id, _ = added()
    run("webhook", id, URL)
    assert kept(folder, id).webhook_url == URL
    run("webhook", id)
    assert kept(folder, id).webhook_url is None


def test_a_revoked_key_has_no_secret_left(folder):
    id, _ = added()
    run("revoke", id)
    assert kept(folder, id).revoked_at is not None
    assert secrets_of(folder, id) == []
    with pytest.raises(NotFound):
        run("rotate", id)


def test_what_cannot_be_is_told(folder):
    with pytest.raises(Invalid, match="suzhou-2024"):
        run("add", "atlantis")
    with pytest.raises(Invalid, match="https"):
        run("add", "suzhou-2024", "--webhook", "http://app.example.com/")
