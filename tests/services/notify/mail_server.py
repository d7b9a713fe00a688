"""A real SMTP server for the tests, which answers as it is told."""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from enum import StrEnum
from typing import cast

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session


class Behaviour(StrEnum):
    """What the server does where it isn't a plain answer."""

    DROP = "drop"
    TAKE_AND_DROP = "take and drop"
    HANG = "hang"


@dataclass
class Taken:
    """A mail that the server took over."""

    address: str
    sender: str
    message: EmailMessage


@dataclass
class MailServerInTest:
    """Answers with what lies in ``to_rcpt`` and ``to_data``, first come first used; else accepts.

    ``taken`` holds every mail that it has whole, whatever the client got to hear. ``is_asked`` is set when a
    mail came; with ``answer_after`` the answer waits for that.
    """

    to_rcpt: deque[str] = field(default_factory=deque)
    to_data: deque[str] = field(default_factory=deque)
    taken: list[Taken] = field(default_factory=list)
    tls: ssl.SSLContext | None = None
    login: tuple[str, str] | None = None
    port: int = 0
    is_asked: asyncio.Event = field(default_factory=asyncio.Event)
    answer_after: asyncio.Event | None = None
    _server: asyncio.Server | None = None
    _protocols: list[SMTP] = field(default_factory=list)

    async def start(self) -> None:
        """Listen, at the same port as before once it has one."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._protocol, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Go away, with every connection."""
        if self._server is None:
            return
        self._server.close()
        for protocol in self._protocols:
            if protocol.transport is not None:
                protocol.transport.abort()
        self._protocols.clear()
        await self._server.wait_closed()
        self._server = None

    @property
    def url(self) -> str:
        """How the settings name it."""
        return f"smtp://127.0.0.1:{self.port}?starttls=off"

    def _protocol(self) -> SMTP:
        protocol = SMTP(
            self,
            hostname="mail.test",
            tls_context=self.tls,
            require_starttls=self.tls is not None,
            authenticator=self._authenticate if self.login else None,
            auth_required=self.login is not None,
            loop=asyncio.get_running_loop(),
        )
        self._protocols.append(protocol)
        return protocol

    def _authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object
    ) -> AuthResult:
        given = cast("LoginPassword", data)
        is_right = (given.login.decode(), given.password.decode()) == self.login
        return AuthResult(success=is_right, handled=False)

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take the address, or say what ``to_rcpt`` says."""
        answer = self.to_rcpt.popleft() if self.to_rcpt else "250 OK"
        if answer == Behaviour.DROP:
            cast("asyncio.Transport", server.transport).abort()
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Take the mail, or do what ``to_data`` says."""
        answer = self.to_data.popleft() if self.to_data else "250 taken"
        if answer.startswith("250") or answer == Behaviour.TAKE_AND_DROP:
            message = message_from_bytes(cast("bytes", envelope.content), policy=policy.default)
            self.taken.append(
                Taken(envelope.rcpt_tos[0], str(envelope.mail_from), cast("EmailMessage", message))
            )
        self.is_asked.set()
        if self.answer_after is not None:
            await self.answer_after.wait()
        if answer in (Behaviour.DROP, Behaviour.TAKE_AND_DROP):
            cast("asyncio.Transport", server.transport).abort()
        if answer == Behaviour.HANG:
            await asyncio.Event().wait()
        return answer
