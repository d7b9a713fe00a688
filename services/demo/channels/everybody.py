"""All clients of all channels at once, beside those who post JSON."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, NamedTuple

from services.demo.channels.app_board import send_post
from services.demo.channels.call_centre import send_call
from services.demo.channels.collect import Collect
from services.demo.channels.excel import send_workbook
from services.demo.channels.wechat import Account, Pusher
from services.demo.client import PatientClient
from services.demo.scenario import Scenario
from services.demo.steps import Step
from services.demo.talks import called_at, posted_at
from services.demo.tempo import Tempo

AT_ONCE = 4
"""Senders of one channel."""


A_JOB_MAY_TAKE = timedelta(days=5)
"""Of the campaign, until the rows of a workbook have all been received."""


class Sending(NamedTuple):
    """What is to be sent, when, and how many submissions are accepted of it."""

    at: datetime
    accepted_count: int
    send: Callable[[], Awaitable[None]]


@dataclass(frozen=True)
class Credentials:
    """What lets the clients in: ODK Collect's name and password, the app's key and secret, the official account's
    secrets, the hotline's channel key, and a token for the administrator of the unit whose workbook it is."""

    collect: tuple[str, str]
    app: tuple[str, str]
    wechat: Account
    hotline: str
    unit_admin: str


class Everybody:
    """The clients. ``surprises`` lists every answer that wasn't expected; ``accepted_count`` is how many submissions
    were accepted so far, if none of them was a surprise."""

    def __init__(
        self, client: PatientClient, intake_url: str, credentials: Credentials, tempo: Tempo
    ) -> None:
        self.surprises: list[str] = []
        self.accepted_count = 0
        self._client = client
        self._intake_url = intake_url
        self._credentials = credentials
        self._tempo = tempo

    async def run(self, scenario: Scenario, advance: Callable[[int], None]) -> None:
        """Send all; ``advance`` is told how many more are done."""
        async with asyncio.TaskGroup() as channels:
            for channel in (self._collect, self._workbooks, self._followers, self._posts, self._calls):
                channels.create_task(channel(scenario, advance))

    async def _collect(self, scenario: Scenario, advance: Callable[[int], None]) -> None:
        if not scenario.collected:
            return
        url = f"{self._intake_url}/intake/openrosa/{scenario.campaign}"
        collect = Collect(self._client, url, *self._credentials.collect)
        await collect.fetch_forms()
        work = [
            Sending(step.at, 1, partial(collect.send, scenario.campaign, step)) for step in scenario.collected
        ]
        await self._in_turn(work, advance)
        self.surprises += collect.surprises

    async def _workbooks(self, scenario: Scenario, advance: Callable[[int], None]) -> None:
        for steps in _workbooks(scenario.tabulated, self._tempo.workbook_span):
            token = self._credentials.unit_admin
            async with self._tempo.step(steps[-1].at, may_take=A_JOB_MAY_TAKE):
                self.surprises += await send_workbook(
                    self._client, self._intake_url, token, scenario.campaign, steps
                )
            self.accepted_count += len(steps)
            advance(len(steps))

    async def _followers(self, scenario: Scenario, advance: Callable[[int], None]) -> None:
        url = f"{self._intake_url}/intake/wechat/{scenario.campaign}"
        pusher = Pusher(self._client, url, self._credentials.wechat)
        work = [
            Sending(each.at, each.message_count, partial(pusher.push_all, each))
            for each in scenario.talks.followers
        ]
        await self._in_turn(work, advance)
        self.surprises += pusher.surprises

    async def _posts(self, scenario: Scenario, advance: Callable[[int], None]) -> None:
        url = f"{self._intake_url}/intake/v1/app/{scenario.campaign}/posts"

        async def send(post: Mapping[str, Any]) -> None:
            self.surprises += await send_post(self._client, url, *self._credentials.app, post)

        work = [Sending(posted_at(post), 1, partial(send, post)) for post in scenario.talks.posts]
        await self._in_turn(work, advance)

    async def _calls(self, scenario: Scenario, advance: Callable[[int], None]) -> None:
        url = f"{self._intake_url}/intake/v1/hotline/{scenario.campaign}/calls"

        async def send(call: Mapping[str, Any]) -> None:
            self.surprises += await send_call(self._client, url, self._credentials.hotline, call)

        work = [
            Sending(called_at(call), len(call["matters"]), partial(send, call))
            for call in scenario.talks.calls
        ]
        await self._in_turn(work, advance)

    async def _in_turn(self, work: Sequence[Sending], advance: Callable[[int], None]) -> None:
        """Some at once, in order."""
        waiting = iter(work)

        async def take() -> None:
            for each in waiting:
                async with self._tempo.step(each.at):
                    await each.send()
                self.accepted_count += each.accepted_count
                advance(1)

        async with asyncio.TaskGroup() as senders:
            for _ in range(AT_ONCE):
                senders.create_task(take())


def _workbooks(steps: Sequence[Step], span: timedelta) -> list[list[Step]]:
    """The rows of each workbook: of one edition, and within ``span``; in the order in which they are sent."""
    by_edition: dict[str, list[list[Step]]] = {}
    for step in steps:
        assert step.form is not None
        books = by_edition.setdefault(step.form["edition"], [[]])
        if books[-1] and step.at - books[-1][0].at > span:
            books.append([])
        books[-1].append(step)
    return sorted((book for books in by_edition.values() for book in books), key=lambda book: book[-1].at)
