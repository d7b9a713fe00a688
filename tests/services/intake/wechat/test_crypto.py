"""Signatures and encryption: every published case, and what no message may get away with."""

import hmac
from base64 import b64encode
from hashlib import sha1

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.channels.wechat.crypto import MessageCipher, is_signature_of, signature_of
from services.intake.channels.wechat.errors import AccountUnusable, Undecryptable
from services.intake.channels.wechat.incoming import fields_of
from tests.public_cases import each_case, needs_cases, public_cases
from tests.services.intake.wechat.followers import AES_KEY, APP_ID, decrypted, encrypted, openssl

CASES = public_cases("wechat", "crypto_vectors.json")


def cases(*kinds, expect="ok"):
    return each_case(CASES, "WeChat's vectors", lambda e: e["kind"] in kinds and e["expect"] == expect)


def cipher_of(case):
    return MessageCipher(case["encoding_aes_key"], case["appid"])


@pytest.mark.parametrize("case", cases("url_signature"))
def test_a_published_signature_is_right(case):
    assert is_signature_of(case["signature"], case["token"], case["timestamp"], case["nonce"])


@pytest.mark.parametrize("case", cases("url_signature", expect="reject"))
def test_a_published_wrong_signature_is_wrong(case):
    assert not is_signature_of(case["signature"], case["token"], case["timestamp"], case["nonce"])


@pytest.mark.parametrize("case", cases("sha1_sorted_join"))
def test_a_signature_is_the_digest_of_the_sorted_parts(case):
    assert signature_of(*case["parts"]) == case["signature"]


@pytest.mark.parametrize("case", cases("message", "message_json", "encrypted_echostr"))
def test_a_published_message_decrypts(case):
    parts = (case["token"], case["timestamp"], case["nonce"], case["encrypt"])
    assert is_signature_of(case["msg_signature"], *parts)
    assert cipher_of(case).decrypt(case["encrypt"]).decode() == case["expected_plaintext"]
    if "body" in case:
        assert fields_of(case["body"].encode())["Encrypt"] == case["encrypt"]
    if "expected_fields" in case:
        fields = fields_of(case["expected_plaintext"].encode())
        assert fields.items() >= case["expected_fields"].items()


@pytest.mark.parametrize("case", cases("message", "encrypted_echostr", expect="reject"))
def test_a_published_wrong_message_is_refused(case):
    parts = (case["token"], case["timestamp"], case["nonce"], case["encrypt"])
    if is_signature_of(case["msg_signature"], *parts):
        with pytest.raises(Undecryptable):
            cipher_of(case).decrypt(case["encrypt"])


@pytest.mark.parametrize("case", cases("encrypt"))
def test_a_published_encryption_is_reproduced(case):
    random = case["random16"].encode()
    made = cipher_of(case).encrypt(case["plaintext"].encode(), random=random)
    assert made == case["expected_encrypt"]
    if "expected_msg_signature" in case:
        parts = (case["token"], case["timestamp"], case["nonce"], made)
        assert signature_of(*parts) == case["expected_msg_signature"]


@needs_cases(CASES, "WeChat's vectors")
def test_every_published_case_is_of_a_kind_that_is_tested():
    assert {each["kind"] for each in CASES} == {
        "url_signature", "sha1_sorted_join", "message", "message_json", "encrypted_echostr", "encrypt",
    }  # fmt: skip


CIPHER = MessageCipher(AES_KEY, APP_ID)


@given(st.binary(max_size=300))
def test_what_is_encrypted_decrypts_to_itself(message):
    assert CIPHER.decrypt(CIPHER.encrypt(message)) == message


def test_another_implementation_reads_ours_and_we_read_its():
    assert decrypted(CIPHER.encrypt("青年职工".encode())) == "青年职工".encode()
    assert CIPHER.decrypt(encrypted("青年职工".encode())) == "青年职工".encode()


def test_the_same_message_is_never_encrypted_alike():
    assert CIPHER.encrypt(b"x") != CIPHER.encrypt(b"x")


def raw(plain):
    """``plain``, padding and all, as a ciphertext."""
    return b64encode(openssl("-e", plain)).decode()


HEAD = b"r" * 16
BODY = HEAD + (5).to_bytes(4, "big") + b"hello" + APP_ID.encode()
GOOD_PADDING = 32 - len(BODY) % 32


@pytest.mark.parametrize(
    "encrypted_text",
    [
        "",
        "=",
        "not base64!",
        b64encode(b"x" * 31).decode(),
        b64encode(b"x" * 48).decode(),
        raw(BODY + bytes([GOOD_PADDING]) * GOOD_PADDING)[:-4],
        raw(BODY + bytes([GOOD_PADDING + 1]) + bytes([GOOD_PADDING]) * (GOOD_PADDING - 1)),
        raw(BODY + b"\0" * GOOD_PADDING),
        raw(BODY + b"\x21" * GOOD_PADDING),
        raw(b"\x20" * 32),
        raw(HEAD + (4).to_bytes(4, "big") + BODY[20:] + bytes([GOOD_PADDING]) * GOOD_PADDING),
        raw(HEAD + (6).to_bytes(4, "big") + BODY[20:] + bytes([GOOD_PADDING]) * GOOD_PADDING),
        raw(HEAD + b"\xff\xff\xff\xff" + BODY[20:] + bytes([GOOD_PADDING]) * GOOD_PADDING),
        encrypted(b"hello", app_id="wxffffffffffffffff"),
        encrypted(b"hello", app_id=APP_ID[:-1]),
        encrypted(b"hello", app_id=APP_ID + "x"),
        encrypted(b"hello", key="B" * 43),
    ],
)
def test_a_ciphertext_with_anything_wrong_is_refused(encrypted_text):
    with pytest.raises(Undecryptable):
        CIPHER.decrypt(encrypted_text)


def test_the_same_without_anything_wrong_is_taken():
    assert CIPHER.decrypt(raw(BODY + bytes([GOOD_PADDING]) * GOOD_PADDING)) == b"hello"


@given(st.binary(min_size=1, max_size=200))
def test_no_bytes_crash_it(content):
    with pytest.raises(Undecryptable):
        CIPHER.decrypt(b64encode(content).decode())


@given(st.text(max_size=100))
def test_no_text_crashes_it(text):
    with pytest.raises(Undecryptable):
        CIPHER.decrypt(text)
    assert not is_signature_of(text, "token", "1", "2")


@pytest.mark.parametrize("key", ["", "A" * 42, "A" * 44, "A" * 42 + "!", "A" * 42 + "键", "A" * 42 + "="])
def test_a_key_that_is_none_is_told_when_the_cipher_is_built(key):
    with pytest.raises(AccountUnusable, match="encoding_aes_key 应为公众平台给出的 43 位"):
        MessageCipher(key, APP_ID)


def test_signatures_are_compared_in_constant_time(monkeypatch):
    compared = []

    def comparing(first, second):
        compared.append((first, second))
        return first == second

    monkeypatch.setattr(hmac, "compare_digest", comparing)
    assert is_signature_of(sha1(b"ab", usedforsecurity=False).hexdigest(), "b", "a")
    assert len(compared) == 1
