"""Byte for byte over a socket: the handshake and the posts of ODK Collect (OkHttp, okhttp-digest)."""

import asyncio
import re
import socket
from base64 import b64encode
from contextlib import asynccontextmanager
from hashlib import md5

import pytest
import uvicorn

from shared.access import revoke_interviewer
from shared.access.watching import LOOK_EVERY_S
from tests.services.intake.openrosa.collect import BASE, DEVICE, File, body_of
from tests.services.running import until

TARGET = f"{BASE}/submission?{DEVICE}"
COMMON = (
    "X-OpenRosa-Version: 1.0\r\n"
    "Date: Sat, 01 Jun 2024 01:30:00 GMT\r\n"
    "User-Agent: org.odk.collect.android/v2024.1.3 Dalvik/2.1.0 (Linux; U; Android 13; Pixel 6)\r\n"
    "Connection: Keep-Alive\r\n"
    "Accept-Encoding: gzip\r\n"
)


class Wire:
    """One keep-alive connection."""

    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer

    async def ask(self, method, target=TARGET, headers="", body=b""):
        """Status, headers (as a list) and body of the answer."""
        head = f"{method} {target} HTTP/1.1\r\nHost: 127.0.0.1\r\n{COMMON}{headers}"
        if body:
            head += f"Content-Length: {len(body)}\r\n"
        self.writer.write(head.encode() + b"\r\n" + body)
        lines = (await self.reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        found = [tuple(line.split(": ", 1)) for line in lines[1:] if line]
        length = int(dict(found).get("content-length", 0))
        content = b"" if method == "HEAD" else await self.reader.readexactly(length)
        return int(lines[0].split()[1]), found, content


@pytest.fixture
def connect(openrosa):
    @asynccontextmanager
    async def connected():
        with socket.create_server(("127.0.0.1", 0)) as listener:
            config = uvicorn.Config(openrosa.intake.app, lifespan="off", log_config=None, server_header=False)
            server = uvicorn.Server(config)
            serving = asyncio.create_task(server.serve([listener]))
            reader, writer = await asyncio.open_connection(*listener.getsockname())
            try:
                yield Wire(reader, writer)
            finally:
                writer.close()
                server.should_exit = True
                await serving

    return connected


def digest(phone, challenge, method, count, target=TARGET):
    """The header as okhttp-digest writes it: parameters of the RFC, ``qop`` and ``nc`` bare."""
    told = dict(re.findall(r'(\w+)="([^"]*)"', challenge))
    nc, cnonce = f"{count:08x}", "e3f3a1c0b9d84f6a"
    ha1 = h(f"{phone.username}:{told['realm']}:{phone.password}")
    response = h(f"{ha1}:{told['nonce']}:{nc}:{cnonce}:auth:{h(f'{method}:{target}')}")
    return (
        f'Authorization: Digest username="{phone.username}", realm="{told["realm"]}", '
        f'nonce="{told["nonce"]}", uri="{target}", response="{response}", qop=auth, nc={nc}, '
        f'cnonce="{cnonce}", algorithm=MD5\r\n'
    )


def h(text):
    return md5(text.encode()).hexdigest()


def of(headers, name):
    return [value for each, value in headers if each.lower() == name]


async def test_head_handshake_post_and_resend(openrosa, connect):
    xml = await openrosa.lu.fill()
    content_type, body = body_of(xml, [File("1716168600000.jpg", b"\xff\xd8" * 40_000)])
    async with connect() as wire:
        status, headers, _ = await wire.ask("HEAD")
        (challenge,) = of(headers, "www-authenticate")
        assert (status, challenge.split()[0]) == (401, "Digest")
        assert len(of(headers, "date")) == 1

        status, headers, _ = await wire.ask("HEAD", headers=digest(openrosa.lu, challenge, "HEAD", 1))
        assert status == 204
        assert of(headers, "x-openrosa-version") == ["1.0"]
        assert len(of(headers, "date")) == 1
        assert int(of(headers, "x-openrosa-accept-content-length")[0]) > len(body)

        messages = []
        for count in (2, 3):
            sent = digest(openrosa.lu, challenge, "POST", count) + f"Content-Type: {content_type}\r\n"
            status, headers, content = await wire.ask("POST", headers=sent, body=body)
            assert (status, of(headers, "content-type")) == (201, ["text/xml; charset=utf-8"])
            assert of(headers, "x-openrosa-version") == ["1.0"]
            messages.append(content)
        assert messages[0] == messages[1]


async def test_a_refusal_before_the_body_was_read_leaves_the_connection_usable(openrosa, connect):
    content_type, body = body_of(await openrosa.lu.fill(), [File("a.jpg", b"x" * 300_000)])
    async with connect() as wire:
        status, headers, _ = await wire.ask("POST", headers=f"Content-Type: {content_type}\r\n", body=body)
        assert status == 401
        (challenge,) = of(headers, "www-authenticate")
        sent = digest(openrosa.lu, challenge, "POST", 1) + f"Content-Type: {content_type}\r\n"
        status, _, _ = await wire.ask("POST", headers=sent, body=body)
        assert status == 201


async def test_a_request_that_comes_again_is_asked_to_sign_in_anew(openrosa, connect):
    async with connect() as wire:
        _, headers, _ = await wire.ask("HEAD")
        sent = digest(openrosa.lu, of(headers, "www-authenticate")[0], "HEAD", 1)
        assert (await wire.ask("HEAD", headers=sent))[0] == 204
        status, headers, _ = await wire.ask("HEAD", headers=sent)
        (challenge,) = of(headers, "www-authenticate")
        assert (status, "stale=true" in challenge) == (401, True)
        assert (await wire.ask("HEAD", headers=digest(openrosa.lu, challenge, "HEAD", 1)))[0] == 204


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/formList"),
        ("GET", "/forms/general.xml"),
        ("GET", "/forms/general/manifest"),
        ("GET", "/media/a.png"),
        ("HEAD", "/submission"),
        ("POST", "/submission"),
    ],
)
async def test_nothing_is_there_without_signing_in(openrosa, method, path):
    client = openrosa.intake.client
    bearer = {"authorization": f"Bearer {openrosa.intake.tokens['offline']}"}
    for headers in ({}, bearer, {"authorization": "Basic " + b64encode(b"a:b").decode()}):
        answer = await client.request(method, BASE + path, headers=headers)
        assert answer.status_code == 401
        assert [each.split()[0] for each in answer.headers.get_list("www-authenticate")] == ["Digest"]
    https = await client.request(method, f"https://service{BASE}{path}")
    assert [each.split()[0] for each in https.headers.get_list("www-authenticate")] == ["Digest", "Basic"]


async def test_over_https_a_password_does(openrosa):
    lu = openrosa.lu
    answer = await openrosa.intake.client.get(
        f"https://service{BASE}/formList", auth=(lu.username, lu.password)
    )
    assert answer.status_code == 200
    assert b"https://service/" in answer.content


async def test_who_is_revoked_is_refused_within_a_second(openrosa):
    assert (await openrosa.lu.head()).status_code == 204
    settings = openrosa.intake.platform.settings
    revoke_interviewer(settings.interviewers_file, openrosa.lu.username, now=openrosa.intake.platform.clock())

    async def is_refused():
        return (await openrosa.lu.head()).status_code == 401

    await until(is_refused, "the phone to be refused", within_s=10 * LOOK_EVERY_S)
    assert (await openrosa.gu.head()).status_code == 204
