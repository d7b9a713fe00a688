"""Joins the parts of notify."""

from __future__ import annotations

from uuid import uuid4

from services.notify import store
from services.notify.handlers import NotifyHandler
from services.notify.inbox import Inbox
from services.notify.mails import Mails
from services.notify.routes import router_of
from services.notify.sender import MailSender
from services.notify.settings import NotifySettings
from shared.consuming import Outbox, Runner
from shared.http import Service
from shared.platform import Component, Platform


def build(platform: Platform) -> Service:
    """The service over ``platform``; without a mail server, notices lie in the inbox only."""
    outbox = Outbox(NotifyHandler.name, log=platform.log, store=platform.store, clock=platform.real_clock)
    sender = _sender(platform, outbox)
    handler = NotifyHandler(
        platform.campaigns,
        is_mail_on=sender is not None,
        clock=platform.clock,
        real_clock=platform.real_clock,
        when_applied=sender.wake if sender is not None else _nobody_waits,
    )
    runner = Runner(handler, log=platform.log, store=platform.store, outbox=outbox, clock=platform.real_clock)
    inbox = Inbox(access=platform.access, store=platform.store, clock=platform.clock)
    senders: tuple[Component, ...] = () if sender is None else (sender,)
    return Service(
        name=NotifyHandler.name,
        router=router_of(inbox, Mails(access=platform.access, store=platform.store)),
        components=(outbox, runner, *senders),
        collections=(*runner.collections, store.DELIVERIES, store.READ_MARKS, outbox.collection),
    )


def _sender(platform: Platform, outbox: Outbox) -> MailSender | None:
    server = NotifySettings().mail_server
    if server is None:
        return None
    return MailSender(
        str(uuid4()), server, log=platform.log, store=platform.store, outbox=outbox, clock=platform.real_clock
    )


def _nobody_waits() -> None:
    """There is no sender to wake."""
