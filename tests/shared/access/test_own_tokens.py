"""Tokens that a service signs for itself."""

import pytest

from shared.access.own_tokens import sign_token, verified_claims
from shared.errors import NotAuthenticated

KEY, OTHER_KEY = b"k" * 32, b"o" * 32
CLAIMS = {"aud": "here", "sub": "somebody", "exp": 1000}
TOKEN = sign_token(CLAIMS, key=KEY, key_id="k1")


def test_what_was_signed_is_read_back():
    assert verified_claims(TOKEN, key=KEY, audience="here", now_s=999) == CLAIMS


@pytest.mark.parametrize(
    ("token", "changes"),
    [
        (TOKEN, {"key": OTHER_KEY}),
        (TOKEN, {"audience": "elsewhere"}),
        (TOKEN, {"now_s": 1001}),
        (TOKEN[:-4] + "AAAA", {}),
        (sign_token({"aud": "here", "sub": "somebody"}, key=KEY, key_id="k1"), {}),
        (sign_token({"aud": "here", "exp": 1000}, key=KEY, key_id="k1"), {}),
        ("", {}),
        ("a.b.c", {}),
    ],
)
def test_what_is_anothers_or_elsewhere_or_over_or_broken_is_refused(token, changes):
    with pytest.raises(NotAuthenticated):
        verified_claims(token, **{"key": KEY, "audience": "here", "now_s": 999, **changes})
