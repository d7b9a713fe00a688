"""One process of notify, for tests that kill it: LOG_URL STORE_URL TOPIC_PREFIX FOLDER NOW."""

from __future__ import annotations

import asyncio
import sys
from datetime import datetime
from pathlib import Path

from services.notify.app import build
from tests.services.running import ClockInTest, Engine, running


async def main(log_url: str, store_url: str, topic_prefix: str, folder: str, now: str) -> None:
    """Run until killed."""
    clock = ClockInTest(datetime.fromisoformat(now))
    async with running(build, Engine(log_url, store_url, topic_prefix), Path(folder), clock):
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
