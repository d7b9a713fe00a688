"""The board in one answer, of 14 lines, 1,000 and 50,000 units, beside orjson alone.

Ours is the app from the request (with a person's token) to the last byte that it hands to the server: who asks, what
he may see, whether something moved since, and the answer. The reference encodes the same body with orjson, from
objects that are there already. The note says how long one answer takes as bytes (the aim is 100 ms), as gzip, and as
304; how long the first one after the start took; and how long after a counter had moved an answer said so.
14 is the worked example; of the others, 50 units share a line, and each unit has counts of 14 days.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from time import perf_counter
from typing import Any

import orjson
import uvloop

from bench.forms import load
from bench.harness import Comparison, arguments, compare, report
from bench.systems import scratch_folder
from services.quota.app import build
from services.quota.documents import sum_id
from services.quota.generations import Generation, enroll, live_of
from services.quota.live.ahead import SHOWN_DAYS
from services.quota.model import By, Rules
from shared.access import Access, LocalIssuer, Role
from shared.campaign import Campaign, QuotaLine, Unit
from shared.consuming.positions import positions_of
from shared.http import App, create_app
from shared.log import open_log
from shared.platform import Platform
from shared.real_time import system_clock
from shared.settings import Settings
from shared.store import open_store

SIZES = (14, 1_000, 50_000)
UNITS_OF_A_LINE = 50
TARGET_COUNT = 1_000
AIM_MS = 100.0
SECONDS = 1.0
AT_ONCE = 5_000
POSITION = "submissions/bench"
"""No partition of the log: the consumer, which has nothing to do, isn't told to look for what isn't there."""


@dataclass(slots=True)
class Asked:
    """The app, asked directly; ``took_ms`` of each answer."""

    app: App
    platform: Platform
    campaign: Campaign
    token: str
    took_ms: list[float] = field(default_factory=list)

    async def get(self, **headers: str) -> tuple[int, Mapping[bytes, bytes], bytes]:
        """Status, headers and body of the board."""
        messages: list[Mapping[str, Any]] = []
        told = {"authorization": f"Bearer {self.token}"} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        scope = {
            "type": "http",
            "method": "GET",
            "path": f"/quota/v1/campaigns/{self.campaign.id}/board",
            "query_string": b"",
            "headers": [(name.encode(), value.encode()) for name, value in told.items()],
        }

        async def send(message: Any) -> None:
            messages.append(message)

        began_s = perf_counter()
        await self.app(scope, _nothing, send)
        self.took_ms.append((perf_counter() - began_s) * 1000)
        start, *parts = messages
        return start["status"], dict(start["headers"]), b"".join(part.get("body", b"") for part in parts)

    async def rate(self, **headers: str) -> float:
        """Answers a second, for about a second."""
        self.took_ms, began_s = [], perf_counter()
        while (took_s := perf_counter() - began_s) < SECONDS:
            await self.get(**headers)
        return len(self.took_ms) / took_s

    async def ms(self, **headers: str) -> float:
        """The median of the answers of about a second."""
        await self.get(**headers)
        await self.rate(**headers)
        return sorted(self.took_ms)[len(self.took_ms) // 2]

    async def seen_after_ms(self) -> float:
        """How long after one unit got an interview an answer said so."""
        _, headers, _ = await self.get()
        etag = headers[b"etag"].decode()
        unit = next(iter(self.campaign.units))
        await _count(self.platform, {sum_id(self.campaign.id, unit): {"eligible": 1}}, {})
        began_s = perf_counter()
        while (await self.get(if_none_match=etag))[0] != 200:  # noqa: ASYNC110 - asking is what is measured
            await asyncio.sleep(0)
        return (perf_counter() - began_s) * 1000


async def measure(size: int, pairs: int) -> Comparison:
    """One size."""
    async with _board_of(size) as asked:
        began_s = perf_counter()
        _, _, body = await asked.get()
        first_ms = (perf_counter() - began_s) * 1000
        content = orjson.loads(body)

        async def encode() -> float:
            count, began_s = 0, perf_counter()
            while (took_s := perf_counter() - began_s) < SECONDS:
                orjson.dumps(content)
                count += 1
            return count / took_s

        measured = await compare(f"board: {size:,}", asked.rate, encode, pairs=pairs)
        plain_ms = await asked.ms()
        zipped_ms = await asked.ms(accept_encoding="gzip")
        etag = (await asked.get())[1][b"etag"].decode()
        same_ms = await asked.ms(if_none_match=etag)
        seen_ms = sorted([await asked.seen_after_ms() for _ in range(5)])[2]
    note = (
        f"{len(body) / 1000:,.0f} KB in {plain_ms:.2f} ms ({'ok' if plain_ms < AIM_MS else 'short'}), "
        f"gzip {zipped_ms:.2f} ms, 304 {same_ms:.2f} ms; first {first_ms:,.0f} ms, a change {seen_ms:,.0f} ms"
    )
    return replace(measured, note=note)


@asynccontextmanager
async def _board_of(size: int) -> AsyncIterator[Asked]:
    """Quota over SQLite, with counts."""
    campaign = load() if size == SIZES[0] else _campaign(load(), size)
    with scratch_folder() as folder:
        settings = Settings(
            oidc_keys_url=f"file:{folder}/public.json", channel_keys_file=folder / "keys.json"
        )
        files = folder / "private.json", folder / "public.json"
        issuer = LocalIssuer(*files, settings.oidc_issuer, settings.oidc_audience)
        token = issuer.issue("office", [Role.OFFICE])
        platform = _platform(settings, folder, campaign)
        app = create_app([build(platform)], platform, title="bench")
        async with app.router.lifespan_context(app):
            await app.state.lifecycle.started.wait()
            await _fill(platform, campaign)
            yield Asked(app, platform, campaign, token)


def _platform(settings: Settings, folder: Path, campaign: Campaign) -> Platform:
    return Platform(
        settings=settings,
        log=open_log(f"sqlite:///{folder}/log.db", topic_prefix=""),
        store=open_store(f"sqlite:///{folder}/store.db"),
        campaigns={campaign.id: campaign},
        access=Access.from_settings(settings),
        clock=lambda: system_clock().replace(year=2024, month=6, day=1),
    )


def _campaign(worked_example: Campaign, unit_count: int) -> Campaign:
    edition = next(iter(worked_example.editions))
    units: dict[str, Unit] = {}
    lines: dict[str, QuotaLine] = {}
    for number in range(unit_count):
        line = f"line-{number // UNITS_OF_A_LINE:04}"
        name, id = f"第{number}级工会联合会", f"unit-{number:05}"
        units[id] = Unit(id, name, "district", line, edition, (), ())
        shared_by = (*(lines[line].units if line in lines else ()), id)
        lines[line] = QuotaLine(line, f"名额{line}", TARGET_COUNT, edition, shared_by, False)
    return replace(worked_example, units=units, quota_lines=lines)


async def _fill(platform: Platform, campaign: Campaign) -> None:
    rules = {campaign.id: Rules.of(campaign)}
    async with platform.store.transaction() as transaction:
        await enroll(transaction, Generation.by(rules), rules, platform.clock())
    today = platform.clock().date()
    days = [(today - timedelta(ago)).isoformat() for ago in range(SHOWN_DAYS)]
    by_day = {f"{by}/{day}/{bucket}": 1 for by in By for day in days for bucket in ("eligible", "online")}
    ids = [sum_id(campaign.id, unit) for unit in campaign.units]
    for start in range(0, len(ids), AT_ONCE):
        part = ids[start : start + AT_ONCE]
        sums = {id: {"eligible": len(days), "online": len(days)} for id in part}
        await _count(platform, sums, dict.fromkeys(part, by_day))


async def _count(
    platform: Platform, sums: Mapping[str, Mapping[str, int]], days: Mapping[str, Mapping[str, int]]
) -> None:
    """As the fold does: the sums, the days and the position in one transaction."""
    async with platform.store.transaction() as transaction:
        live = await live_of(transaction)
        assert live is not None, "whoever fills the store has begun it"
        positions = positions_of(live.consumer)
        await transaction.increment(live.sums, sums)
        if days:
            await transaction.increment(live.days, days)
        at = await transaction.get(positions, POSITION)
        if at is None:
            await transaction.insert(positions, POSITION, {"next_offset": 1})
        else:
            moved = {"next_offset": at.body["next_offset"] + 1}
            await transaction.replace(positions, POSITION, moved, version=at.version)


async def _nothing() -> dict[str, object]:
    return {"type": "http.request", "body": b"", "more_body": False}


async def main() -> None:
    """Measure the sizes that were asked for."""
    parser = arguments(__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="how many units (14 1000 50000)")
    options = parser.parse_args()
    comparisons = [await measure(size, options.pairs) for size in options.sizes]
    report(comparisons, as_json=options.json)


if __name__ == "__main__":
    uvloop.run(main())
