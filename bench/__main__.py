"""Every bench in turn, each in a process of its own, and one table.

python -m bench [NAME ...] [--pairs 5]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator

from bench.harness import Comparison

BENCHES = (
    *("append", "store", "post", "batch", "openrosa", "fold", "redaction", "excel", "wechat"),
    *("board", "stream", "scale"),
)


def main() -> int:
    """Run them; the status is 1 when one of them failed. A missed aim is told in the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(BENCHES)}; all by default")
    parser.add_argument("--pairs", type=int, default=5, help="how many times each is measured (5)")
    options = parser.parse_args()
    unknown = set(options.names) - set(BENCHES)
    if unknown:
        parser.error(f"there is no bench called {', '.join(sorted(unknown))}: {', '.join(BENCHES)}")
    has_failed = False
    for name in options.names or BENCHES:
        command = [sys.executable, "-m", f"bench.{name}", "--json", "--pairs", str(options.pairs)]
        ended = subprocess.run(command, stdout=subprocess.PIPE, check=False)
        if ended.returncode:
            has_failed = True
            print(f"{name}: ended with status {ended.returncode}", flush=True)
        for comparison in _comparisons(ended.stdout):
            print(comparison.line(), flush=True)
    return int(has_failed)


def _comparisons(output: bytes) -> Iterator[Comparison]:
    for fields in json.loads(output or b"[]"):
        yield Comparison(**fields)


if __name__ == "__main__":
    sys.exit(main())
