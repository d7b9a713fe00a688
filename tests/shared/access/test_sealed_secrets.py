"""Secrets that files keep sealed."""

import pytest

from shared.access.sealed_secrets import derived_key, open_secret, seal_secret
from shared.privacy import CampaignKeys

KEYS = CampaignKeys(sealing=bytes(32), pseudonyms=bytes(32), receipts=bytes(range(32)))
KEY = derived_key(KEYS, "tests")


def test_a_secret_opens_with_its_key_and_context_and_is_never_sealed_the_same_twice():
    sealed = seal_secret(KEY, b"one", b"secret")
    assert open_secret(KEY, b"one", sealed) == b"secret"
    assert seal_secret(KEY, b"one", b"secret") != sealed


@pytest.mark.parametrize(
    ("key", "context"), [(derived_key(KEYS, "others"), b"one"), (KEY, b"other")], ids=["key", "context"]
)
def test_another_key_or_context_opens_nothing(key, context):
    with pytest.raises(ValueError, match="another"):
        open_secret(key, context, seal_secret(KEY, b"one", b"secret"))


@pytest.mark.parametrize("sealed", ["", "AAAA", "no base64!", "A" * 64])
def test_what_is_no_sealed_secret_is_a_value_error(sealed):
    with pytest.raises(ValueError):  # noqa: PT011 - whichever: it is told on in other words
        open_secret(KEY, b"one", sealed)


def test_derived_keys_stay_what_they_were():
    """What is sealed in a file, and nonces that were given out, outlive the process."""
    assert derived_key(KEYS, "interviewers/nonces").hex() == (
        "14872767d80f9b7848395f77f34c6dfadd9fb6b4074093307f5d62b4047657c8"
    )


def test_renewing_the_sealing_key_changes_no_derived_key():
    renewed = CampaignKeys(sealing=bytes(range(32)), pseudonyms=bytes(32), receipts=KEYS.receipts)
    assert derived_key(renewed, "tests") == KEY
