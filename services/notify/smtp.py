"""Handing mails to a mail server over SMTP (RFC 5321). The only module that imports the driver."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import parse_qs, unquote, urlsplit

from aiosmtplib import (
    SMTP,
    SMTPDataError,
    SMTPException,
    SMTPRecipientRefused,
    SMTPResponseException,
)

from services.notify.model import DeliveryAction
from shared.errors import RetryLater

TIMEOUT_S = 30.0
"""For each of the server's answers. A handing-over waits for at most six of them."""


class MailServerAway(RetryLater):
    """No mail can be handed over to anybody now; no mail was touched."""


class Security(StrEnum):
    """How the connection is protected."""

    TLS = "tls"
    STARTTLS = "starttls"
    NONE = "none"


_DEFAULT_PORTS = {Security.TLS: 465, Security.STARTTLS: 587, Security.NONE: 25}


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server made of a mail, as an action on its delivery."""

    action: DeliveryAction
    reason: str = ""


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where to hand mails over. ``sender_address`` is the envelope's return path too."""

    host: str
    port: int
    security: Security
    sender_address: str
    username: str | None = None
    password: str | None = field(default=None, repr=False)

    @classmethod
    def at(cls, url: str, sender_address: str) -> MailServer:
        """The server at ``smtps://…`` (TLS) or ``smtp://…`` (STARTTLS, unless ``?starttls=off``).

        Raises ValueError, in the words of the operator.
        """
        parts = urlsplit(url)
        security = _security_of(parts.scheme, parts.query)
        if not parts.hostname:
            raise ValueError("邮件服务器地址缺少主机名；应形如 smtp://用户:密码@主机:587")
        return cls(
            host=parts.hostname,
            port=parts.port or _DEFAULT_PORTS[security],
            security=security,
            sender_address=sender_address,
            username=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password) if parts.password else None,
        )

    @contextlib.asynccontextmanager
    async def connect(self) -> AsyncIterator[Session]:
        """A connection that is logged in, for one mail. Raises MailServerAway."""
        client = SMTP(
            hostname=self.host,
            port=self.port,
            username=self.username,
            password=self.password,
            use_tls=self.security is Security.TLS,
            start_tls=self.security is Security.STARTTLS,
            timeout=TIMEOUT_S,
        )
        try:
            await client.connect()
        except (SMTPException, OSError) as error:
            client.close()
            raise MailServerAway(f"邮件服务器 {self.host}:{self.port} 暂不可用：{error}") from error
        try:
            yield Session(client, self.sender_address)
            with contextlib.suppress(SMTPException, OSError):
                await client.quit()
        finally:
            client.close()


class Session:
    """A connection that takes one mail."""

    def __init__(self, client: SMTP, sender_address: str) -> None:
        self._client = client
        self._sender_address = sender_address

    async def hand_over(self, letter: bytes, address: str) -> Answer:
        """Hand ``letter`` over for ``address`` and return what the server said.

        A connection that breaks, or an answer that doesn't come, before DATA means that the server has no
        mail: DEFER. After DATA was sent nobody can know (RFC 5321, section 4.5.3.2.6): LOSE.
        """
        try:
            await self._client.mail(self._sender_address)
            await self._client.rcpt(address)
        except SMTPRecipientRefused as error:
            return _refused(error)
        except SMTPResponseException as error:  # of us, not of this mail: somebody has to mend the settings
            return Answer(DeliveryAction.DEFER, _said(error))
        except (SMTPException, OSError) as error:
            return Answer(DeliveryAction.DEFER, f"交付前中断：{error}")
        try:
            await self._client.data(letter)
        except SMTPDataError as error:
            return _refused(error) if error.code >= 400 else _lost(error)
        except (SMTPException, OSError) as error:
            return _lost(error)
        return Answer(DeliveryAction.ACCEPT)


def _refused(error: SMTPResponseException) -> Answer:
    """For good with 5yz, for now with anything else (RFC 5321, section 4.2.1)."""
    is_final = 500 <= error.code < 600
    return Answer(DeliveryAction.REFUSE if is_final else DeliveryAction.DEFER, _said(error))


def _said(error: SMTPResponseException) -> str:
    return f"邮件服务器答复 {error.code}：{error.message}"


def _lost(error: Exception) -> Answer:
    return Answer(DeliveryAction.LOSE, f"邮件内容已发出，但没有得到邮件服务器的确认：{error}")


def _security_of(scheme: str, query: str) -> Security:
    starttls = parse_qs(query).get("starttls", ["required"])[-1]
    match scheme, starttls:
        case "smtps", _:
            return Security.TLS
        case "smtp", "required":
            return Security.STARTTLS
        case "smtp", "off":
            return Security.NONE
        case "smtp", _:
            raise ValueError(f"starttls 只能是 required 或 off，收到“{starttls}”")
        case _:
            raise ValueError(f"邮件服务器地址应以 smtp:// 或 smtps:// 开头，收到“{scheme}://”")
