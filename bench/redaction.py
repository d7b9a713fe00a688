"""Redaction of free text, beside the least that one would do.

The messages are the labelled sentences that come with the code. The reference makes full-width digits plain by one
``str.translate`` and replaces every run of seven digits or more by one compiled expression: no names, addresses,
spaced or Chinese numbers. Rates are messages a second; the note says microseconds a message.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from time import perf_counter

from bench.harness import Comparison, arguments, compare, report
from shared.privacy import redact
from shared.privacy.redaction_measure import labelled_sentences

SECONDS = 0.5
MICROSECONDS = 1_000_000
PLAIN_DIGITS = str.maketrans("０１２３４５６７８９", "0123456789")
LONG_NUMBER = re.compile(r"\d{7,}")


def reference(text: str) -> str:
    """One translation, one expression."""
    return LONG_NUMBER.sub("〔号码〕", text.translate(PLAIN_DIGITS))


async def rate(work: Callable[[str], str], texts: list[str]) -> float:
    """Messages a second."""
    done, started_s = 0, perf_counter()
    while (took_s := perf_counter() - started_s) < SECONDS:
        for text in texts:
            work(text)
        done += len(texts)
    return done / took_s


async def measure(pairs: int) -> list[Comparison]:
    """Compare over all sentences."""
    texts = [sentence.text for sentence in labelled_sentences()]
    comparison = await compare(
        "redaction, beside one expression",
        partial(rate, redact, texts),
        partial(rate, reference, texts),
        pairs=pairs,
    )
    ours_us, reference_us = (
        MICROSECONDS / rate for rate in (comparison.ours_per_s, comparison.reference_per_s)
    )
    return [replace(comparison, note=f"{ours_us:.0f} µs a message, the reference {reference_us:.1f} µs")]


async def main() -> None:
    """Measure and print."""
    options = arguments(__doc__).parse_args()
    report(await measure(options.pairs), as_json=options.json)


if __name__ == "__main__":
    asyncio.run(main())
