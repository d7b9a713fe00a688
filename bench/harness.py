"""Measures one thing beside another, turn by turn, so that a machine's mood meets both alike."""

from __future__ import annotations

import argparse
import gc
import json
import statistics
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass

Rate = Callable[[], Awaitable[float]]
"""Does its work for about a second and returns how much it did in one: more is better."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """What was measured. ``ratio`` is the median of the pairs' own ratios, ours to the reference."""

    name: str
    ours_per_s: float
    reference_per_s: float
    ratio: float
    ratio_min: float
    ratio_max: float
    aim: float | None
    note: str = ""

    @property
    def is_short(self) -> bool:
        """Whether the ratio misses its aim."""
        return self.aim is not None and self.ratio < self.aim

    def line(self) -> str:
        """One line for people."""
        aim = "" if self.aim is None else f"  aim {self.aim:g}  {'short' if self.is_short else 'ok'}"
        line = (
            f"{self.name:<36} {self.ours_per_s:>10,.0f}/s {self.reference_per_s:>10,.0f}/s"
            f"  ratio {self.ratio:.2f} ({self.ratio_min:.2f}–{self.ratio_max:.2f}){aim}  {self.note}"
        )
        return line.rstrip()


async def compare(
    name: str, ours: Rate, reference: Rate, *, pairs: int = 5, aim: float | None = None
) -> Comparison:
    """Run both once to warm up, then in turn ``pairs`` times."""
    await reference()
    await ours()
    ours_rates, reference_rates = [], []
    for _ in range(pairs):
        gc.collect()
        reference_rates.append(await reference())
        gc.collect()
        ours_rates.append(await ours())
    ratios = [ours_rate / rate for ours_rate, rate in zip(ours_rates, reference_rates, strict=True)]
    return Comparison(
        name,
        statistics.median(ours_rates),
        statistics.median(reference_rates),
        statistics.median(ratios),
        min(ratios),
        max(ratios),
        aim,
    )


def arguments(description: str | None) -> argparse.ArgumentParser:
    """A parser with the options that every bench has."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--json", action="store_true", help="print one JSON array instead of lines")
    parser.add_argument("--pairs", type=int, default=5, help="how many times each is measured (5)")
    return parser


def report(comparisons: Sequence[Comparison], *, as_json: bool) -> None:
    """Print what was measured."""
    if as_json:
        print(json.dumps([asdict(comparison) for comparison in comparisons], ensure_ascii=False, indent=2))
        return
    for comparison in comparisons:
        print(comparison.line())
