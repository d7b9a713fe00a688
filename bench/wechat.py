"""Messages through the WeChat callback in safe mode, each to its durable receipt, beside bare decryption.

Texts of 50 characters from followers who have agreed, over 64 keep-alive connections. The reference opens the same
requests in this process, one after the other: signature, AES, padding, XML; it has no HTTP and keeps nothing.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import count, islice
from pathlib import Path
from statistics import median
from time import perf_counter
from urllib.parse import urlencode

import httpx
import orjson

from bench.forms import load
from bench.harness import Comparison, arguments, compare, report
from bench.load import HOST, Load, Request, request, run, write_requests
from bench.systems import ENGINES, INTAKE, System, system
from services.intake.channels.wechat.accounts import Account
from services.intake.channels.wechat.crypto import MessageCipher, signature_of
from services.intake.channels.wechat.envelope import Opener
from shared.real_time import system_clock

CONNECTIONS = 64
SECONDS = 2.0
WARM_UP_S = {"sqlite": 2.0, "distributed": 10.0}
MOST_A_SECOND = 8000
"""More messages than a server can take, so that none is sent twice."""
FOLLOWER_COUNT = 500
APP_ID, TOKEN, AES_KEY = "wxbench0000000000", "bench-token", "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
NONCE, TIMESTAMP = "1320562132", "1714036504"
WORDS = "食堂的饭菜涨价了，夜班只有泡面，希望工会和单位谈一谈，给上夜班的人留一份热饭，最好也有素菜，谢谢。"
_ACCEPTED = re.compile(
    rb'dafangtan_intake_wechat_messages_total\{kind="text",outcome="accepted"\} ([0-9.e+]+)'
)


@dataclass(slots=True)
class Sender:
    """WeChat, as it pushes: every message has an id of its own."""

    campaign: str
    cipher: MessageCipher = field(default_factory=lambda: MessageCipher(AES_KEY, APP_ID))
    _ids: Iterator[int] = field(default_factory=lambda: count(6054768590064713728))

    def push(self, follower: int, words: str) -> tuple[str, bytes]:
        """Query and body of a push."""
        message = (
            f"<xml><ToUserName><![CDATA[gh_10f6c3c3ac5a]]></ToUserName>"
            f"<FromUserName><![CDATA[oyORnuP8q7ou2gfYjqLzSI{follower:06d}]]></FromUserName>"
            f"<CreateTime>{TIMESTAMP}</CreateTime><MsgType><![CDATA[text]]></MsgType>"
            f"<Content><![CDATA[{words}]]></Content><MsgId>{next(self._ids)}</MsgId></xml>"
        )
        encrypted = self.cipher.encrypt(message.encode())
        query = {
            "signature": signature_of(TOKEN, TIMESTAMP, NONCE),
            "timestamp": TIMESTAMP,
            "nonce": NONCE,
            "encrypt_type": "aes",
            "msg_signature": signature_of(TOKEN, TIMESTAMP, NONCE, encrypted),
        }
        body = f"<xml><ToUserName><![CDATA[gh]]></ToUserName><Encrypt><![CDATA[{encrypted}]]></Encrypt></xml>"
        return urlencode(query), body.encode()

    def pushes(self, words: str) -> Iterator[tuple[str, bytes]]:
        """One of each follower, again and again."""
        return (self.push(number % FOLLOWER_COUNT, words) for number in count())

    def request(self, push: tuple[str, bytes]) -> Request:
        """As the load generator has it; its number goes where nobody looks."""
        query, body = push
        headers = [("Content-Type", "text/xml")]
        before, after = body.split(b"<Encrypt>")
        numbered = (before + b"<Number>", b"</Number><Encrypt>" + after)
        return request(f"/intake/wechat/{self.campaign}?{query}", headers, *numbered)


@dataclass(slots=True)
class Callback:
    """The endpoint under load."""

    its_system: System
    port: int
    sender: Sender
    loads: list[Load] = field(default_factory=list)
    accepted_count: int = 0

    async def agree(self) -> None:
        """Let every follower agree."""
        async with httpx.AsyncClient(base_url=f"http://{HOST}:{self.port}") as client:
            for query, body in islice(self.sender.pushes("同意"), FOLLOWER_COUNT):
                answer = await client.post(f"/intake/wechat/{self.sender.campaign}?{query}", content=body)
                answer.raise_for_status()

    async def rate(self, seconds: float = SECONDS) -> float:
        """Messages that became durable, a second."""
        path = self.its_system.folder / "pushes"
        many = islice(self.sender.pushes(WORDS), int(MOST_A_SECOND * seconds))
        write_requests(path, [self.sender.request(push) for push in many])
        measured = await run(
            path, self.port, connections=CONNECTIONS, seconds=seconds, first_number=0, status=200
        )
        accepted_before, self.accepted_count = self.accepted_count, await self._accepted()
        if measured.bad_count or self.accepted_count - accepted_before != measured.good_count:
            raise RuntimeError(f"not every message was accepted: {measured}")
        self.loads.append(measured)
        return measured.rate

    async def _accepted(self) -> int:
        async with httpx.AsyncClient(base_url=f"http://{HOST}:{self.port}") as client:
            found = _ACCEPTED.search((await client.get("/metrics")).content)
        return int(float(found[1])) if found else 0

    def times(self) -> str:
        """The median of the runs' own medians and 99th percentiles."""
        p50_ms, p99_ms = median(e.p50_ms for e in self.loads), median(e.p99_ms for e in self.loads)
        return f"p50 {p50_ms:.1f} ms, p99 {p99_ms:.1f} ms"


async def bare_rate(sender: Sender) -> float:
    """Messages opened, a second."""
    account = Account(sender.campaign, APP_ID, TOKEN, sender.cipher, None, None)
    opener, now = Opener(fresh_s=0), system_clock()
    pushes = [
        (dict(pair.split("=") for pair in query.split("&")), body)
        for query, body in islice(sender.pushes(WORDS), MOST_A_SECOND)
    ]
    began_s = perf_counter()
    for query, body in pushes:
        opener.open(account, query, body, now)
    return len(pushes) / (perf_counter() - began_s)


async def measure(engine: str, pairs: int) -> Comparison:
    """Compare on one engine."""
    sender = Sender(load().id)
    account = {"app_id": APP_ID, "token": TOKEN, "encoding_aes_key": AES_KEY}
    async with system(engine) as plain:
        environment = {
            **plain.environment,
            "DAFANGTAN_INTAKE_WECHAT_ACCOUNTS": orjson.dumps({sender.campaign: account}).decode(),
            "DAFANGTAN_INTAKE_WECHAT_FRESH_S": "0",
            "DAFANGTAN_INTAKE_ATTACHMENTS_DIR": str(Path(plain.folder) / "attachments"),
        }
        its_system = replace(plain, environment=environment)
        async with its_system.serving(INTAKE) as port:
            callback = Callback(its_system, port, sender)
            await callback.agree()
            await callback.rate(WARM_UP_S[engine])
            callback.loads.clear()
            name = f"{engine}: WeChat, {CONNECTIONS} connections"
            comparison = await compare(name, callback.rate, lambda: bare_rate(sender), pairs=pairs)
        return replace(comparison, note=f"{callback.times()}; reference: bare decryption")


async def main() -> None:
    """Measure the engines that were asked for."""
    parser = arguments(__doc__)
    parser.add_argument("--engine", choices=(*ENGINES, "both"), default="both")
    options = parser.parse_args()
    engines = ENGINES if options.engine == "both" else (options.engine,)
    report([await measure(engine, options.pairs) for engine in engines], as_json=options.json)


if __name__ == "__main__":
    asyncio.run(main())
