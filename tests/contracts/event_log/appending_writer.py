"""Appends to a log until it is killed, and says on stdout what was acknowledged: ``URL PREFIX NAME``.

One line an append: the value, a space, the partition, a space, its offset.
"""

from __future__ import annotations

import asyncio
import sys
from itertools import count

from shared.log import open_log
from shared.log.port import Message

IN_FLIGHT = 20


async def main(url: str, prefix: str, name: str) -> None:
    """Append under as many keys as there are callers."""
    log = open_log(url, topic_prefix=prefix)
    await log.open(["submissions"], partition_count=4)

    async def keep_appending(key: str) -> None:
        for i in count():
            value = f"{name}-{key}-{i:05}"
            (position,) = await log.append("submissions", [Message(key, (), value.encode() + b"." * 500)])
            sys.stdout.write(f"{value} {position.partition} {position.next_offset - 1}\n")
            sys.stdout.flush()

    await asyncio.gather(*(keep_appending(f"k{n}") for n in range(IN_FLIGHT)))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
