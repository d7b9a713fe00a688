"""An NDJSON batch (5,000 lines of 1.5 KB) posted, to all its receipts, beside validation alone.

The references (``bench/reference.py``) get the same batch over HTTP, read and check each line and answer it:
nothing is sealed or kept. One reads lines by the pydantic model, as an app would that has no reader of its own;
the aim is for that one. The other has intake's own reader, which takes a fraction of that, so that what is left
is what sealing and keeping cost. Rates are lines a second.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from itertools import cycle, islice
from time import perf_counter

from bench.forms import load, numbered_forms
from bench.harness import Comparison, arguments, compare, report
from bench.load import HOST, NUMBER, Request, post
from bench.reference import MODEL_BATCH, READER_BATCH
from bench.systems import CHANNEL, ENGINES, INTAKE, VALIDATING, system

LINE_COUNT = 5000
FORM_COUNT = 1000
PATH = "/intake/v1/submissions:batch"
AIM = 0.3


@dataclass(slots=True)
class Target:
    """A server that gets batches; no two lines that it ever gets are the same submission."""

    lines: Sequence[Request]
    key: str
    port: int
    path: str
    next_number: int = 0

    async def rate(self) -> float:
        """Post one batch; good lines a second."""
        content = self._request()
        started_s = perf_counter()
        reader, writer = await asyncio.open_connection(HOST, self.port)
        writer.write(content)
        answer = await reader.read()
        took_s = perf_counter() - started_s
        writer.close()
        if answer.count(b'"status":201') != LINE_COUNT:
            raise RuntimeError(f"not every line was good: {answer[:2000].decode()}")
        return LINE_COUNT / took_s

    def _request(self) -> bytes:
        numbers = range(self.next_number, self.next_number + LINE_COUNT)
        self.next_number += LINE_COUNT
        lines = [
            before + NUMBER % number + after
            for number, (before, after) in zip(numbers, islice(cycle(self.lines), LINE_COUNT), strict=True)
        ]
        headers = [
            ("Authorization", f"Bearer {self.key}"),
            ("Content-Type", "application/x-ndjson"),
            ("Connection", "close"),
        ]
        return post(self.path, headers, b"\n".join(lines))


async def measure(engine: str, pairs: int) -> list[Comparison]:
    """Compare over one engine."""
    async with AsyncExitStack() as stack:
        its_system = await stack.enter_async_context(system(engine))
        lines = list(numbered_forms(load(), CHANNEL, FORM_COUNT))
        ours_port = await stack.enter_async_context(its_system.serving(INTAKE))
        reference_port = await stack.enter_async_context(its_system.serving(VALIDATING))
        ours = Target(lines, its_system.channel_key, ours_port, PATH)
        return [
            await compare(
                f"{engine}: batch, beside {name} alone",
                ours.rate,
                Target(lines, its_system.channel_key, reference_port, path).rate,
                pairs=pairs,
                aim=aim,
            )
            for name, path, aim in (("model", MODEL_BATCH, AIM), ("reader", READER_BATCH, None))
        ]


async def main() -> None:
    """Measure the engines that were asked for."""
    parser = arguments(__doc__)
    parser.add_argument("--engine", choices=(*ENGINES, "both"), default="both")
    options = parser.parse_args()
    engines = ENGINES if options.engine == "both" else (options.engine,)
    comparisons = [each for engine in engines for each in await measure(engine, options.pairs)]
    report(comparisons, as_json=options.json)


if __name__ == "__main__":
    asyncio.run(main())
