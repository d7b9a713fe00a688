"""Files of credentials that stand somewhere: written before, read by today's code, and written the same way."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from shared.access import (
    ChannelKeys,
    Interviewers,
    add_channel_key,
    add_interviewer,
    read_channel_keys,
    read_interviewers,
    revoke_channel_key,
    revoke_interviewer,
)
from shared.access.interviewers import ha1_of
from shared.access.signing_keys import add_signing_key, read_signing_keys, revoke_signing_key
from shared.privacy import CampaignKeys

SAMPLES = Path(__file__).parent / "samples"
KEYS = CampaignKeys(sealing=bytes(32), pseudonyms=bytes(32), receipts=bytes(range(32)))
CHANNEL_KEY = "dftk_2dfbe5ff_hRsMDZCbUMhRN2tETo25Q4ifKkrDW81fUgdUXA--lik"
REVOKED_CHANNEL_KEY = "dftk_d76716b6_4JWn6mnVkWqJMAPVPZkB-gAxsC02NYZfnfQG7jm9gpw"
USERNAME, PASSWORD, REVOKED_USERNAME = "my6m7e", "xcqd-z9zs-3bvs-8pj4", "fm53b9"
NEW_SECRET = b"dfts_j6_PiPkIPSBCO-jzlHpHwH5bmV26yIjgLtMi0CTvxCA"
OLD_SECRET = b"dfts_7fyWyPdyTHaIBeDavdjMKsbpem0enJ0FARI5tCcMh84"
DURING_OVERLAP, AFTER_OVERLAP = datetime(2024, 5, 11, tzinfo=UTC), datetime(2024, 5, 13, tzinfo=UTC)


@pytest.fixture
def copied(tmp_path):
    """A sample that may be written to, by its name."""
    return lambda name: Path(shutil.copy(SAMPLES / name, tmp_path))


def test_channel_keys_of_before_open_as_they_did():
    keys = ChannelKeys(SAMPLES / "channel-keys.json")
    principal = keys.authenticate(CHANNEL_KEY)
    assert (principal.subject, principal.channel, principal.campaigns) == (
        "channel:2dfbe5ff",
        "wechat",
        {"*"},
    )
    assert keys.authenticate(REVOKED_CHANNEL_KEY) is None
    revoked = read_channel_keys(SAMPLES / "channel-keys.json")["d76716b6"]
    assert (revoked.campaigns, revoked.revoked_at) == (("suzhou-2024",), "2024-05-11T08:00:00.000Z")


def test_interviewers_of_before_sign_in_as_they_did():
    interviewers = Interviewers(SAMPLES / "interviewers.json", "suzhou-2024", KEYS)
    known = interviewers.get(USERNAME)
    assert known.ha1 == ha1_of(USERNAME, PASSWORD)
    assert (known.principal.name, known.principal.unit) == ("陆建国", "gusu")
    assert interviewers.get(REVOKED_USERNAME) is None
    assert read_interviewers(SAMPLES / "interviewers.json")[REVOKED_USERNAME].revoked_at is not None


def test_signing_keys_of_before_sign_as_they_did():
    keys = read_signing_keys(SAMPLES / "signing-keys.json")
    key, revoked = keys["095969da"], keys["77725dd5"]
    assert key.webhook_url == "https://app.example/replies"
    assert key.good_secrets(KEYS, DURING_OVERLAP) == [NEW_SECRET, OLD_SECRET]
    assert key.good_secrets(KEYS, AFTER_OVERLAP) == [NEW_SECRET]
    assert (revoked.secrets, revoked.revoked_at) == ((), "2024-05-11T08:00:00.000Z")


def add_any_channel_key(path):
    add_channel_key(path, "wechat", now=DURING_OVERLAP)


def add_any_interviewer(path):
    add_interviewer(path, KEYS, campaign="suzhou-2024", name="n", unit="gusu", now=DURING_OVERLAP)


def add_any_signing_key(path):
    add_signing_key(path, KEYS, channel="app", campaign="suzhou-2024", webhook_url=None, now=DURING_OVERLAP)


@pytest.mark.parametrize(
    ("name", "add"),
    [
        ("channel-keys.json", add_any_channel_key),
        ("interviewers.json", add_any_interviewer),
        ("signing-keys.json", add_any_signing_key),
    ],
)
def test_what_stood_stays_byte_for_byte_when_another_is_added(copied, name, add):
    path = copied(name)
    before = path.read_bytes()
    add(path)
    end = b"\n  ]\n}"
    assert before.endswith(end)
    assert path.read_bytes().startswith(before.removesuffix(end) + b",\n    {\n")
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("name", "revoke", "id"),
    [
        ("channel-keys.json", revoke_channel_key, "2dfbe5ff"),
        ("interviewers.json", revoke_interviewer, USERNAME),
    ],
)
def test_revoking_changes_the_time_alone(copied, name, revoke, id):
    path = copied(name)
    before = path.read_bytes()
    revoke(path, id, now=DURING_OVERLAP)
    at = b'"revoked_at": "2024-05-11T00:00:00.000Z"'
    assert path.read_bytes() == before.replace(b'"revoked_at": null', at)


def test_revoking_a_signing_key_forgets_its_secrets(copied):
    path = copied("signing-keys.json")
    revoke_signing_key(path, "095969da", now=DURING_OVERLAP)
    key = read_signing_keys(path)["095969da"]
    assert (key.secrets, key.revoked_at) == ((), "2024-05-11T00:00:00.000Z")
