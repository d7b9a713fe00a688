"""One submission (1.5 KB) posted, to its durable receipt, beside the same app that only validates.

1, 16 and 64 keep-alive connections. See ``bench/reference.py`` for what the reference does and leaves out.
"""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median

from bench.forms import load, numbered_forms
from bench.harness import Comparison, arguments, compare, report
from bench.load import Load, request, run, write_requests
from bench.systems import CHANNEL, ENGINES, INTAKE, TRIVIAL, VALIDATING, System, system

WIDTHS = (1, 16, 64)
SECONDS = 2.0
WARM_UP_S = {"sqlite": 2.0, "distributed": 10.0}
"""A broker is slow before its code is compiled."""
FORM_COUNT = 4000
AIM = 0.7


@dataclass(slots=True)
class Target:
    """A server under load; every request that it ever gets has a number of its own."""

    requests: Path
    port: int
    loads: list[Load] = field(default_factory=list)
    _next_number: int = 0

    async def rate(self, connections: int, seconds: float = SECONDS) -> float:
        """Good answers a second."""
        load = await run(
            self.requests,
            self.port,
            connections=connections,
            seconds=seconds,
            first_number=self._next_number,
        )
        if load.bad_count:
            raise RuntimeError(f"{load.bad_count} answers of {load.bad_count + load.good_count} were bad")
        self._next_number += load.good_count + connections
        self.loads.append(load)
        return load.rate

    def times(self) -> str:
        """The median of the latest runs' own medians and 99th percentiles."""
        p50_ms, p99_ms = median(e.p50_ms for e in self.loads), median(e.p99_ms for e in self.loads)
        return f"p50 {p50_ms:.1f} ms, p99 {p99_ms:.1f} ms"


async def measure(engine: str, pairs: int) -> list[Comparison]:
    """Compare at every width, and the load generator's ceiling with what it is used for."""
    async with AsyncExitStack() as stack:
        its_system = await stack.enter_async_context(system(engine))
        requests = _requests(its_system)
        ours, reference, ceiling = [
            Target(requests, await stack.enter_async_context(its_system.serving(command)))
            for command in (INTAKE, VALIDATING, TRIVIAL)
        ]
        await ours.rate(max(WIDTHS), WARM_UP_S[engine])
        comparisons = [await _compare(engine, ours, reference, width, pairs) for width in WIDTHS]
        name = "load generator beside: validating"
        widest = max(WIDTHS)
        comparisons.append(
            await compare(name, lambda: ceiling.rate(widest), lambda: reference.rate(widest), pairs=1)
        )
        return comparisons


async def _compare(engine: str, ours: Target, reference: Target, width: int, pairs: int) -> Comparison:
    ours.loads, reference.loads = [], []
    comparison = await compare(
        f"{engine}: post, {width} connections",
        lambda: ours.rate(width),
        lambda: reference.rate(width),
        pairs=pairs,
        aim=AIM if width == max(WIDTHS) else None,
    )
    return replace(comparison, note=f"{ours.times()}; reference {reference.times()}")


def _requests(its_system: System) -> Path:
    path = its_system.folder / "requests"
    headers = [("Authorization", f"Bearer {its_system.channel_key}"), ("Content-Type", "application/json")]
    forms = numbered_forms(load(), CHANNEL, FORM_COUNT)
    write_requests(path, [request("/intake/v1/submissions", headers, *form) for form in forms])
    return path


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
