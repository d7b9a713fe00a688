"""What can't be started is given up, and said."""

import asyncio
import os

import pytest

from services.demo.supervisor import MOST_DEATHS_AT_ONCE, CannotStart, Command, Supervisor


async def test_a_process_that_dies_again_and_again_at_once_is_given_up(tmp_path):
    command = Command("short-lived", ["settings", "--no-such-option"], os.environ)
    supervisor = Supervisor([command], tmp_path)
    with pytest.raises(CannotStart) as caught:
        async with asyncio.timeout(60), supervisor:
            await asyncio.Event().wait()
    log = tmp_path / "short-lived.log"
    assert "short-lived" in str(caught.value)
    assert str(log) in str(caught.value)
    assert log.read_text().splitlines()[-1] in str(caught.value)
    assert log.read_text().count("--no-such-option") == MOST_DEATHS_AT_ONCE
    assert supervisor.restarts_count == MOST_DEATHS_AT_ONCE - 1
