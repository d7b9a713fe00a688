"""Handing a mail over to a real SMTP server, and what each of its answers means."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pydantic import ValidationError

from services.notify import smtp
from services.notify.model import DeliveryAction
from services.notify.settings import NotifySettings
from services.notify.smtp import Answer, MailServer, MailServerAway, Security
from tests.services.notify.mail_server import Behaviour, MailServerInTest

SENDER = "dafangtan@example.invalid"
ADDRESS = "office@suzhou.example.invalid"
LETTER = b"Subject: hello\r\n\r\nhello\r\n"


async def hand_over(server: MailServerInTest, url: str = "") -> Answer:
    async with MailServer.at(url or server.url, SENDER).connect() as session:
        return await session.hand_over(LETTER, ADDRESS)


async def test_an_accepted_mail_is_at_the_server(mail_server: MailServerInTest) -> None:
    assert await hand_over(mail_server) == Answer(DeliveryAction.ACCEPT)
    (taken,) = mail_server.taken
    assert (taken.address, taken.sender, taken.message["Subject"]) == (ADDRESS, SENDER, "hello")


@pytest.mark.parametrize(
    ("to_rcpt", "to_data", "action", "said"),
    [
        ("450 busy", "", DeliveryAction.DEFER, "450：busy"),
        ("550 no such user", "", DeliveryAction.REFUSE, "550：no such user"),
        ("421 going down", "", DeliveryAction.DEFER, "421"),
        ("", "451 try later", DeliveryAction.DEFER, "451：try later"),
        ("", "554 no spam here", DeliveryAction.REFUSE, "554：no spam here"),
        (Behaviour.DROP, "", DeliveryAction.DEFER, "中断"),
        ("", Behaviour.DROP, DeliveryAction.LOSE, "没有得到邮件服务器的确认"),
        ("", Behaviour.TAKE_AND_DROP, DeliveryAction.LOSE, "没有得到邮件服务器的确认"),
    ],
)
async def test_each_answer_has_its_meaning(
    mail_server: MailServerInTest, to_rcpt: str, to_data: str, action: DeliveryAction, said: str
) -> None:
    mail_server.to_rcpt.extend([to_rcpt] if to_rcpt else [])
    mail_server.to_data.extend([to_data] if to_data else [])
    answer = await hand_over(mail_server)
    assert answer.action is action
    assert said in answer.reason


async def test_an_answer_that_does_not_come_can_not_be_known(
    mail_server: MailServerInTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smtp, "TIMEOUT_S", 0.2)
    mail_server.to_data.append(Behaviour.HANG)
    assert (await hand_over(mail_server)).action is DeliveryAction.LOSE


async def test_a_server_that_is_away_touches_no_mail(mail_server: MailServerInTest) -> None:
    await mail_server.stop()
    with pytest.raises(MailServerAway, match=str(mail_server.port)):
        await hand_over(mail_server)
    await mail_server.start()
    assert (await hand_over(mail_server)).action is DeliveryAction.ACCEPT


async def test_with_tls_and_a_login_a_mail_goes_through(
    mail_server: MailServerInTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mail_server.tls = certified(tmp_path)
    mail_server.login = ("office", "p@ss word")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "server.pem"))
    url = f"smtp://office:p%40ss%20word@127.0.0.1:{mail_server.port}"
    assert (await hand_over(mail_server, url)).action is DeliveryAction.ACCEPT
    with pytest.raises(MailServerAway, match="535"):
        await hand_over(mail_server, url.replace("word", "wort"))


async def test_a_server_that_nobody_vouches_for_gets_no_password(
    mail_server: MailServerInTest, tmp_path: Path
) -> None:
    mail_server.tls = certified(tmp_path)
    with pytest.raises(MailServerAway, match="certificate"):
        await hand_over(mail_server, f"smtp://127.0.0.1:{mail_server.port}")


async def test_a_server_without_tls_is_not_spoken_to_in_the_clear(mail_server: MailServerInTest) -> None:
    with pytest.raises(MailServerAway, match="STARTTLS"):
        await hand_over(mail_server, f"smtp://office:secret@127.0.0.1:{mail_server.port}")


def test_an_url_says_where_and_how() -> None:
    server = MailServer.at("smtps://a%40b.c:p%3Aw@mail.example.invalid", SENDER)
    assert (server.host, server.port, server.security) == ("mail.example.invalid", 465, Security.TLS)
    assert (server.username, server.password) == ("a@b.c", "p:w")
    assert "p:w" not in repr(server)
    assert MailServer.at("smtp://mail.example.invalid", SENDER).security is Security.STARTTLS
    assert MailServer.at("smtp://mail.example.invalid?starttls=off", SENDER).port == 25


@pytest.mark.parametrize(
    ("url", "sender", "said"),
    [
        ("http://mail.example.invalid", SENDER, "smtp://"),
        ("smtp://", SENDER, "主机名"),
        ("smtp://mail.example.invalid?starttls=maybe", SENDER, "required"),
        ("smtp://mail.example.invalid", "", "DAFANGTAN_SMTP_SENDER"),
    ],
)
def test_a_wrong_setting_is_told_at_the_start_without_the_password(url: str, sender: str, said: str) -> None:
    with pytest.raises(ValidationError, match=said) as caught:
        NotifySettings(smtp_url=url.replace("://", "://u:sesame@"), smtp_sender=sender)
    assert "sesame" not in str(caught.value)


def certified(folder: Path) -> ssl.SSLContext:
    """A server context with a certificate for 127.0.0.1 that it signed itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    address = x509.IPAddress(ip_address("127.0.0.1"))
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .sign(key, hashes.SHA256())
    )
    encoding = serialization.Encoding.PEM
    (folder / "server.pem").write_bytes(certificate.public_bytes(encoding))
    (folder / "server.key").write_bytes(
        key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem", folder / "server.key")
    return context
