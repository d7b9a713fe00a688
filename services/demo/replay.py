"""Replays a scenario through the public HTTP API, as the channels' frontends would."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from zlib import crc32

import httpx
import orjson

from services.demo.client import PatientClient
from services.demo.steps import Step
from services.demo.tempo import Tempo

SENDERS_PER_CHANNEL = 8
LINES_AT_ONCE = 100
AS_GOOD_AS_NEW = {(201, 200)}
"""A demo that is run again meets what it had accepted before: then a new one is a repeat."""

Tokens = Callable[[Step], str]
"""The token or key to send a step with."""


class Replay:
    """Posts the steps: offline interviews one by one, online questionnaires in batches, as each comes in life.

    What concerns the same form keeps its order. ``answers`` counts (case, status); ``surprises`` lists every
    answer that wasn't expected.
    """

    def __init__(self, client: PatientClient, intake_url: str, tokens: Tokens, tempo: Tempo) -> None:
        self.answers: Counter[tuple[str, int]] = Counter()
        self.surprises: list[str] = []
        self._client = client
        self._url = f"{intake_url}/intake/v1"
        self._tokens = tokens
        self._tempo = tempo
        self._receipts: dict[tuple[str, str], str] = {}

    @property
    def accepted_count(self) -> int:
        """How many submissions were accepted so far, by this run or one before it."""
        return self.answers["new", 201] + self.answers["new", 200]

    async def run(self, steps: Sequence[Step], advance: Callable[[int], None]) -> None:
        """Post all; ``advance`` is told how many more are done."""
        async with asyncio.TaskGroup() as senders:
            for mine in _shares(steps).values():
                senders.create_task(self._send_all(mine, advance))

    async def _send_all(self, steps: Sequence[Step], advance: Callable[[int], None]) -> None:
        for group in _groups(steps, self._tempo.batch_span):
            async with self._tempo.step(group[-1].at):
                if len(group) > 1:
                    await self._send_batch(group)
                else:
                    await self._send_one(group[0])
            advance(len(group))

    async def _send_one(self, step: Step) -> None:
        receipt = self._receipts.get((step.channel, step.source_id), "")
        token = self._tokens(step)
        match step.action:
            case "submit":
                answer = await self._send("POST", "/submissions", token, step.content)
            case "amend":
                answer = await self._send("PUT", f"/receipts/{receipt}/submission", token, step.content)
            case "withdraw":
                answer = await self._send("POST", f"/receipts/{receipt}:withdraw", token)
            case "sign_off":
                answer = await self._send("POST", f"/receipts/{receipt}:sign-off", token)
        self._note(step, answer.status_code, answer.content)

    async def _send(self, method: str, path: str, token: str, content: bytes | None = None) -> httpx.Response:
        return await self._client.send(method, self._url + path, token=token, content=content)

    async def _send_batch(self, steps: Sequence[Step]) -> None:
        """Send lines until each has an answer; those that met an absent log or store are sent again."""
        waiting = list(steps)
        while waiting:
            body = b"\n".join(step.content for step in waiting)
            answer = await self._send("POST", "/submissions:batch", self._tokens(waiting[0]), body)
            answer.raise_for_status()
            again = []
            for step, line in zip(waiting, answer.content.splitlines(), strict=True):
                status = orjson.loads(line)["status"]
                if status == httpx.codes.SERVICE_UNAVAILABLE:
                    again.append(step)
                else:
                    self._note(step, status, line)
            waiting = again

    def _note(self, step: Step, status: int, body: bytes) -> None:
        self.answers[step.case, status] += 1
        if step.expected_status != status and (step.expected_status, status) not in AS_GOOD_AS_NEW:
            self.surprises.append(
                f"{step.action} {step.channel}/{step.source_id}（{step.case}）：应为 {step.expected_status}，"
                f"收到 {status}：{body[:300].decode(errors='replace')}"
            )
        if step.action == "submit" and status in (200, 201):
            self._receipts[step.channel, step.source_id] = orjson.loads(body)["receipt"]


def _shares(steps: Sequence[Step]) -> Mapping[tuple[str, int], list[Step]]:
    """The steps of each sender, in order; all steps of a form go to the same one."""
    shares: defaultdict[tuple[str, int], list[Step]] = defaultdict(list)
    for step in steps:
        share = crc32(step.source_id.encode()) % SENDERS_PER_CHANNEL
        shares[step.channel, share].append(step)
    return shares


def _groups(steps: Sequence[Step], span: timedelta) -> Iterator[Sequence[Step]]:
    """Runs of online submissions within ``span``, to be sent as one batch each; everything else by itself."""
    run: list[Step] = []
    for step in steps:
        fits = step.channel != "offline" and step.action == "submit" and step.raw is None
        if run and (not fits or len(run) == LINES_AT_ONCE or step.at - run[0].at > span):
            yield run
            run = []
        if fits:
            run.append(step)
        else:
            yield [step]
    if run:
        yield run
