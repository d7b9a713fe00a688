"""Bearer tokens: which are believed, and which are not."""

import asyncio
import hmac
import os
import ssl
import threading
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address

import orjson
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from shared.access import LocalIssuer, TokenVerifier, jwks, tokens
from shared.errors import NotAuthenticated, RetryLater

ISSUER, AUDIENCE = "urn:test", "dafangtan"
NOW_S = 1_720_000_000


class Clock:
    """A clock that a test moves."""

    def __init__(self):
        self.now_s = float(NOW_S)

    def __call__(self):
        return self.now_s


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def key():
    return OKPKey.generate_key("Ed25519", {"kid": "k1"})


def publish(path, *keys):
    path.write_bytes(orjson.dumps({"keys": [key.as_dict(private=False) for key in keys]}))


@pytest.fixture
def keys_file(tmp_path, key):
    publish(tmp_path / "public.json", key)
    return tmp_path / "public.json"


@pytest.fixture
def verifier(keys_file, clock):
    return TokenVerifier(ISSUER, AUDIENCE, f"file:{keys_file}", clock=clock)


def claims(**changes):
    stated = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "zhang",
        "iat": NOW_S,
        "nbf": NOW_S,
        "exp": NOW_S + 600,
        "dafangtan_roles": ["team_lead"],
        "dafangtan_unit": "gusu",
        **changes,
    }
    return {name: value for name, value in stated.items() if value is not ...}


def sign(key, algorithm="Ed25519", *, key_id="k1", **changes):
    return jwt.encode({"alg": algorithm, "kid": key_id}, claims(**changes), key, algorithms=[algorithm])


def unsigned(header, body):
    parts = [urlsafe_b64encode(orjson.dumps(part)).rstrip(b"=").decode() for part in (header, body)]
    return ".".join((*parts, ""))


async def test_a_good_token_gives_its_principal(verifier, key):
    principal = await verifier.verify(sign(key, name="张三"))
    assert (principal.subject, principal.kind, principal.unit, principal.name) == (
        "zhang", "person", "gusu", "张三",
    )  # fmt: skip
    assert principal.roles == {"team_lead"}


@pytest.mark.filterwarnings("ignore:EdDSA is deprecated")
@pytest.mark.parametrize(
    ("algorithm", "make"),
    [
        ("EdDSA", lambda: OKPKey.generate_key("Ed25519", {"kid": "k1"})),
        ("ES256", lambda: ECKey.generate_key("P-256", {"kid": "k1"})),
        ("RS256", lambda: RSAKey.generate_key(2048, {"kid": "k1"})),
    ],
)
async def test_the_usual_algorithms_of_providers_are_verified(verifier, keys_file, algorithm, make):
    key = make()
    publish(keys_file, key)
    assert (await verifier.verify(sign(key, algorithm))).subject == "zhang"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"exp": NOW_S - 31}, "expired"),
        ({"exp": ...}, "bad-token"),
        ({"exp": "tomorrow"}, "bad-token"),
        ({"nbf": NOW_S + 31}, "bad-token"),
        ({"iat": NOW_S + 31}, "bad-token"),
        ({"iss": "urn:other"}, "bad-token"),
        ({"iss": ...}, "bad-token"),
        ({"aud": "other"}, "bad-token"),
        ({"aud": ["other", "another"]}, "bad-token"),
        ({"aud": ...}, "bad-token"),
        ({"sub": ...}, "bad-token"),
        ({"sub": ""}, "bad-token"),
        ({"sub": 7}, "bad-token"),
        ({"dafangtan_roles": "office"}, "bad-token"),
        ({"dafangtan_unit": ["gusu"]}, "bad-token"),
    ],
)
async def test_a_claim_that_doesnt_hold_refuses_the_token(verifier, key, changes, code):
    with pytest.raises(NotAuthenticated) as refused:
        await verifier.verify(sign(key, **changes))
    assert refused.value.code == code


async def test_clocks_may_differ_by_half_a_minute(verifier, key):
    assert await verifier.verify(sign(key, exp=NOW_S - 29, nbf=NOW_S + 29, iat=NOW_S + 29))


async def test_one_audience_among_several_is_enough(verifier, key):
    assert await verifier.verify(sign(key, aud=["other", AUDIENCE]))


async def test_roles_that_nobody_knows_are_left_out_and_none_are_needed(verifier, key):
    principal = await verifier.verify(sign(key, dafangtan_roles=["channel", "root", "office"]))
    assert principal.roles == {"office"}
    assert (await verifier.verify(sign(key, dafangtan_roles=..., dafangtan_unit=...))).roles == frozenset()


async def test_a_token_without_a_signature_is_refused(verifier):
    for algorithm in ("none", "None", "NONE", ""):
        with pytest.raises(NotAuthenticated):
            await verifier.verify(unsigned({"alg": algorithm, "kid": "k1"}, claims()))


async def test_a_mac_made_with_the_public_key_as_its_secret_is_refused(verifier, key):
    body = unsigned({"alg": "HS256", "kid": "k1"}, claims()).removesuffix(".")
    public = key.as_dict(private=False)["x"]
    for secret in (public.encode(), urlsafe_b64decode(public + "="), key.as_pem(private=False)):
        mac = urlsafe_b64encode(hmac.digest(secret, body.encode(), "sha256")).rstrip(b"=").decode()
        with pytest.raises(NotAuthenticated):
            await verifier.verify(f"{body}.{mac}")


async def test_a_published_symmetric_key_verifies_nothing(verifier, keys_file):
    secret = OctKey.generate_key(256, {"kid": "k1"})
    keys_file.write_bytes(orjson.dumps({"keys": [secret.as_dict(private=True)]}))
    with pytest.raises(NotAuthenticated) as refused:
        await verifier.verify(sign(secret, "HS256"))
    assert refused.value.code == "unknown-key"


async def test_somebody_elses_key_under_a_known_id_is_refused(verifier):
    with pytest.raises(NotAuthenticated):
        await verifier.verify(sign(OKPKey.generate_key("Ed25519", {"kid": "k1"})))


async def test_a_changed_claim_breaks_the_signature(verifier, key):
    header, _, signature = sign(key).split(".")
    forged = urlsafe_b64encode(orjson.dumps(claims(dafangtan_roles=["leading_group"]))).rstrip(b"=").decode()
    with pytest.raises(NotAuthenticated):
        await verifier.verify(f"{header}.{forged}.{signature}")


@pytest.mark.parametrize(
    "token", ["", "x", "a.b", "a.b.c", "….…", "a" * 10_000, "e30.e30.e30", "bnVsbA.e30.e30"]
)
async def test_garbage_is_refused(verifier, token):
    with pytest.raises(NotAuthenticated):
        await verifier.verify(token)


async def test_a_verified_token_is_remembered_until_it_expires(verifier, key, keys_file, clock):
    token = sign(key)
    first = await verifier.verify(token)
    keys_file.unlink()
    assert await verifier.verify(token) is first
    clock.now_s += 631
    with pytest.raises(NotAuthenticated) as refused:
        await verifier.verify(token)
    assert refused.value.code == "expired"


async def test_only_so_many_tokens_are_remembered(verifier, key, monkeypatch):
    monkeypatch.setattr(tokens, "REMEMBERED_TOKENS", 3)
    kept = [await verifier.verify(sign(key, sub=f"p{number}")) for number in range(5)]
    assert len(verifier._remembered) == 3
    assert await verifier.verify(sign(key, sub="p0")) == kept[0]


async def test_an_unknown_key_is_asked_for_at_most_once_a_minute(verifier, key, keys_file, clock):
    assert await verifier.verify(sign(key))
    newer = OKPKey.generate_key("Ed25519", {"kid": "k2"})
    token = sign(newer, key_id="k2")
    with pytest.raises(NotAuthenticated) as refused:
        await verifier.verify(token)
    assert refused.value.code == "unknown-key"
    publish(keys_file, key, newer)
    with pytest.raises(NotAuthenticated):
        await verifier.verify(token)
    clock.now_s += 60
    assert await verifier.verify(token)


async def test_old_keys_are_kept_while_the_issuer_is_away(verifier, key, keys_file, clock):
    assert await verifier.verify(sign(key))
    keys_file.unlink()
    clock.now_s += 7200
    assert await verifier.verify(sign(key, sub="li", exp=NOW_S + 9000))


async def test_a_withdrawn_key_is_trusted_for_an_hour_at_most(verifier, key, keys_file, clock):
    assert await verifier.verify(sign(key))
    publish(keys_file)
    clock.now_s += 3600
    with pytest.raises(NotAuthenticated) as refused:
        await verifier.verify(sign(key, exp=NOW_S + 9000))
    assert refused.value.code == "unknown-key"


@pytest.mark.parametrize("content", [None, b"not json", b"[]", b'{"keys": {}}'])
async def test_without_any_keys_nobody_is_refused_for_good(tmp_path, key, content, clock):
    path = tmp_path / "keys.json"
    if content is not None:
        path.write_bytes(content)
    verifier = TokenVerifier(ISSUER, AUDIENCE, f"file:{path}", clock=clock)
    with pytest.raises(RetryLater):
        await verifier.verify(sign(key))
    publish(path, key)
    clock.now_s += 1
    assert await verifier.verify(sign(key))


async def test_one_broken_key_doesnt_spoil_the_others(verifier, keys_file, key):
    broken = {"kty": "OKP", "crv": "Ed25519", "kid": "k0", "x": "!"}
    keys_file.write_bytes(orjson.dumps({"keys": [broken, "nonsense", key.as_dict(private=False)]}))
    assert await verifier.verify(sign(key))


def test_another_scheme_for_the_keys_is_refused_at_once():
    with pytest.raises(ValueError, match="http://issuer"):
        TokenVerifier(ISSUER, AUDIENCE, "http://issuer/keys")


async def test_keys_come_over_https_and_one_request_serves_all_who_wait(tmp_path, key, monkeypatch, clock):
    asked = []
    content = orjson.dumps({"keys": [key.as_dict(private=False)]})

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(200)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        certificate = self_signed(tmp_path)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("SSL_CERT_FILE", os.fspath(certificate))
        # Both ends are in this process: where it gets no processor for 5 s, the issuer would count as away.
        monkeypatch.setattr(jwks, "FETCH_TIMEOUT_S", 60.0)
        url = f"https://127.0.0.1:{server.server_port}/jwks"
        verifier = TokenVerifier(ISSUER, AUDIENCE, url, clock=clock)
        try:
            found = await asyncio.gather(*(verifier.verify(sign(key, sub=f"p{n}")) for n in range(8)))
        finally:
            await asyncio.to_thread(server.shutdown)
    assert len(found) == 8
    assert asked == ["/jwks"]


def self_signed(folder):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = folder / "certificate.pem"
    path.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    return path


async def test_the_local_issuer_makes_its_key_once_and_for_its_owner_alone(tmp_path):
    private, public = tmp_path / "a" / "private.json", tmp_path / "b" / "public.json"
    first = LocalIssuer(private, public, ISSUER, AUDIENCE).issue("zhang", ["office", "analyst"], "gusu")
    kept = private.read_bytes()
    second = LocalIssuer(private, public, ISSUER, AUDIENCE).issue("li", [], name="李四")
    assert private.read_bytes() == kept
    assert private.stat().st_mode & 0o777 == 0o600
    assert b'"d"' not in public.read_bytes()
    verifier = TokenVerifier(ISSUER, AUDIENCE, f"file:{public}")
    assert (await verifier.verify(first)).roles == {"office", "analyst"}
    assert (await verifier.verify(second)).name == "李四"


async def test_an_issued_token_ends_with_its_lifetime(tmp_path, clock):
    public = tmp_path / "public.json"
    issuer = LocalIssuer(tmp_path / "private.json", public, ISSUER, AUDIENCE, clock=clock)
    verifier = TokenVerifier(ISSUER, AUDIENCE, f"file:{public}", clock=clock)
    token = issuer.issue("zhang", [], lifetime_s=60)
    assert await verifier.verify(token)
    clock.now_s += 91
    with pytest.raises(NotAuthenticated):
        await verifier.verify(token)
