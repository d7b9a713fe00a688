"""All clients of all channels at once, beside those who post JSON."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.demo.channels.app_board import send_post
from services.demo.channels.call_centre import send_call
from services.demo.channels.collect import Collect
from services.demo.channels.excel import send_workbook
from services.demo.channels.wechat import Account, Pusher
from services.demo.client import PatientClient
from services.demo.scenario import Scenario
from services.demo.steps import Step

AT_ONCE = 4
"""Senders of one channel."""


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
    """The clients. ``surprises`` lists every answer that wasn't expected."""

    def __init__(self, client: PatientClient, intake_url: str, credentials: Credentials) -> None:
        self.surprises: list[str] = []
        self._client = client
        self._intake_url = intake_url
        self._credentials = credentials

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
        await _in_turn([collect.send(scenario.campaign, step) for step in scenario.collected], advance)
        self.surprises += collect.surprises

    async def _workbooks(self, scenario: Scenario, advance: Callable[[int], None]) -> None:
        by_edition: defaultdict[str, list[Step]] = defaultdict(list)
        for step in scenario.tabulated:
            assert step.form is not None
            by_edition[step.form["edition"]].append(step)
        for steps in by_edition.values():
            token = self._credentials.unit_admin
            self.surprises += await send_workbook(
                self._client, self._intake_url, token, scenario.campaign, steps
            )
            advance(len(steps))

    async def _followers(self, scenario: Scenario, advance: Callable[[int], None]) -> None:
        url = f"{self._intake_url}/intake/wechat/{scenario.campaign}"
        pusher = Pusher(self._client, url, self._credentials.wechat)
        await _in_turn([pusher.push_all(follower) for follower in scenario.talks.followers], advance)
        self.surprises += pusher.surprises

    async def _posts(self, scenario: Scenario, advance: Callable[[int], None]) -> None:
        url = f"{self._intake_url}/intake/v1/app/{scenario.campaign}/posts"

        async def send(post: Mapping[str, Any]) -> None:
            self.surprises += await send_post(self._client, url, *self._credentials.app, post)

        await _in_turn([send(post) for post in scenario.talks.posts], advance)

    async def _calls(self, scenario: Scenario, advance: Callable[[int], None]) -> None:
        url = f"{self._intake_url}/intake/v1/hotline/{scenario.campaign}/calls"

        async def send(call: Mapping[str, Any]) -> None:
            self.surprises += await send_call(self._client, url, self._credentials.hotline, call)

        await _in_turn([send(call) for call in scenario.talks.calls], advance)


async def _in_turn(work: Sequence[Coroutine[Any, Any, None]], advance: Callable[[int], None]) -> None:
    """Some at once, in order."""
    waiting = iter(work)

    async def take() -> None:
        for each in waiting:
            await each
            advance(1)

    async with asyncio.TaskGroup() as senders:
        for _ in range(AT_ONCE):
            senders.create_task(take())
