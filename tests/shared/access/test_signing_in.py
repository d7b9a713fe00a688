"""Signing in with Digest and Basic, as clients write it."""

from base64 import b64encode
from datetime import UTC, datetime, timedelta
from hashlib import md5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.access import Interviewers, SigningIn, add_interviewer
from shared.access.signing_in import NOBODY, NONCE_LIFETIME_S, REMEMBERED_COUNTS, STALE, _parameters
from shared.errors import NotAuthenticated
from shared.privacy import KeyRing, create_keys

KEY = bytes(32)
URI = "/intake/openrosa/suzhou-2024/submission?deviceID=collect%3Aa"


class Phone:
    """Answers challenges as RFC 7616 says."""

    def __init__(self, username, password, challenge):
        self.username, self.password = username, password
        self.told = _parameters(challenge.partition(" ")[2])
        self.count = 0

    def header(self, method="POST", uri=URI, count=None, **changes):
        self.count += 1
        told = {
            "username": self.username,
            "realm": self.told["realm"],
            "nonce": self.told["nonce"],
            "uri": uri,
            "nc": f"{self.count if count is None else count:08x}",
            "cnonce": "0a4f113b",
            "qop": "auth",
        }
        ha1 = h(f"{self.username}:{told['realm']}:{self.password}")
        words = (ha1, told["nonce"], told["nc"], told["cnonce"], "auth", h(f"{method}:{uri}"))
        told |= {"response": h(":".join(words)), "algorithm": "MD5"} | changes
        bare = {"nc", "qop", "algorithm"}
        return "Digest " + ", ".join(f"{k}={v}" if k in bare else f'{k}="{v}"' for k, v in told.items())


def h(text):
    return md5(text.encode()).hexdigest()


@pytest.fixture
def clock():
    now = [datetime(2024, 6, 1, tzinfo=UTC)]

    def tell():
        return now[0]

    tell.advance = lambda seconds: now.__setitem__(0, now[0] + timedelta(seconds=seconds))
    return tell


@pytest.fixture
def signed_up(tmp_path):
    create_keys(tmp_path / "keys.json", ["suzhou-2024"])
    keys = KeyRing.load(tmp_path / "keys.json").campaign("suzhou-2024")
    path = tmp_path / "interviewers.json"
    password, made = add_interviewer(
        path, keys, campaign="suzhou-2024", name="陆建国", unit="gusu", now=datetime.now(UTC)
    )
    return made.username, password, Interviewers(path, "suzhou-2024", keys)


@pytest.fixture
def signing_in(signed_up, clock):
    return SigningIn(signed_up[2], KEY, clock)


@pytest.fixture
def phone(signing_in, signed_up):
    return Phone(*signed_up[:2], signing_in.challenges(is_stale=False, is_https=False)[0])


def refused(signing_in, header, method="POST", uri=URI):
    with pytest.raises(NotAuthenticated) as caught:
        signing_in.principal(header, method, uri)
    return caught.value.code


def test_a_challenge_is_answered(signing_in, phone):
    assert signing_in.principal(phone.header(), "POST", URI).name == "陆建国"
    assert signing_in.principal(phone.header("HEAD"), "HEAD", URI).unit == "gusu"


def test_the_published_example_is_computed_as_published():
    """RFC 7616, section 3.9.1, for MD5."""
    ha1, ha2 = h("Mufasa:http-auth@example.org:Circle of Life"), h("GET:/dir/index.html")
    nonce, cnonce = (
        "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
        "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
    )
    assert h(f"{ha1}:{nonce}:00000001:{cnonce}:auth:{ha2}") == "8ca523f5e9506fed4657c9700eebdbec"


def test_a_password_is_asked_for_over_https_alone(signing_in):
    assert [each.split()[0] for each in signing_in.challenges(is_stale=False, is_https=False)] == ["Digest"]
    https = signing_in.challenges(is_stale=False, is_https=True)
    assert [each.split()[0] for each in https] == ["Digest", "Basic"]


@pytest.mark.parametrize(
    "change",
    [
        {"response": "0" * 32},
        {"username": "nobody"},
        {"realm": "elsewhere"},
        {"uri": "/intake/openrosa/suzhou-2024/formList"},
        {"qop": "auth-int"},
        {"algorithm": "SHA-256"},
        {"cnonce": "another"},
    ],
)
def test_anything_else_than_the_right_answer_is_refused(signing_in, phone, change):
    assert refused(signing_in, phone.header(**change)) == "bad-password"


def test_what_stands_for_nobody_is_no_way_in(signing_in, phone):
    words = (NOBODY.ha1, phone.told["nonce"], "00000001", "0a4f113b", "auth", h(f"POST:{URI}"))
    header = phone.header(username="nobody", response=h(":".join(words)))
    assert refused(signing_in, header) == "bad-password"


def test_an_answer_is_good_for_its_method_and_address_alone(signing_in, phone):
    assert refused(signing_in, phone.header("GET")) == "bad-password"
    assert refused(signing_in, phone.header(), uri="/elsewhere") == "bad-password"


def test_a_proxy_may_take_a_prefix_off_the_address(signing_in, phone):
    assert signing_in.principal(phone.header(uri=f"/dafangtan{URI}"), "POST", URI)


def test_the_same_answer_again_is_stale(signing_in, phone):
    header = phone.header()
    assert signing_in.principal(header, "POST", URI)
    assert refused(signing_in, header) == STALE
    assert ", stale=true" in signing_in.challenges(is_stale=True, is_https=False)[0]


def test_requests_may_overtake_each_other(signing_in, phone):
    for count in (3, 1, 2, 5, 4):
        assert signing_in.principal(phone.header(count=count), "POST", URI)
    for count in range(10, 10 + REMEMBERED_COUNTS + 1):
        assert signing_in.principal(phone.header(count=count), "POST", URI)
    assert refused(signing_in, phone.header(count=6)) == STALE


def test_a_nonce_grows_old(signing_in, phone, clock):
    clock.advance(NONCE_LIFETIME_S)
    assert signing_in.principal(phone.header(), "POST", URI)
    clock.advance(1)
    assert refused(signing_in, phone.header()) == STALE


def test_a_nonce_that_isnt_ours_is_stale(signing_in, phone, signed_up, clock):
    elsewhere = SigningIn(signed_up[2], b"\1" * 32, clock)
    assert refused(elsewhere, phone.header()) == STALE
    for nonce in ("", "AAAA", "a" * 43 + "=", "%%%"):
        phone.told["nonce"] = nonce
        assert refused(signing_in, phone.header()) == STALE


def test_another_process_with_the_same_key_knows_the_nonce(phone, signed_up, clock):
    assert SigningIn(signed_up[2], KEY, clock).principal(phone.header(), "POST", URI)


def test_basic_is_taken_for_the_right_password_alone(signing_in, signed_up):
    username, password, _ = signed_up

    def basic(text):
        return "Basic " + b64encode(text.encode()).decode()

    assert signing_in.principal(basic(f"{username}:{password}"), "GET", URI).name == "陆建国"
    for wrong in (f"{username}:{password}x", f"{username}:", f"{username}", f"nobody:{password}", ""):
        assert refused(signing_in, basic(wrong)) == "bad-password"


@pytest.mark.parametrize(
    "header", [None, "", "Bearer x", "Negotiate abc", "Basic", "Digest", "Basic %%%", "Basic /w=="]
)
def test_without_credentials_they_are_asked_for(signing_in, header):
    assert refused(signing_in, header) in ("not-authenticated", "bad-password")


@given(st.text(st.characters(max_codepoint=255), max_size=300))
def test_no_header_is_a_way_in_or_a_crash(header):
    signing_in = SigningIn(_Nobody(), KEY, lambda: datetime(2024, 6, 1, tzinfo=UTC))
    for scheme in ("Digest ", "Basic ", ""):
        assert refused(signing_in, scheme + header)


def test_a_header_that_is_all_letters_is_read_in_no_time():
    assert _parameters("a" * 1_000_000) == {}


class _Nobody:
    def get(self, username):
        return None
