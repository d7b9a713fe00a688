"""A store belongs to one kind of clock."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from prometheus_client import REGISTRY

from services.cli.clock_guard import CLOCKS, ClockGuard, bind_clock
from services.cli.ground import build_platform
from services.cli.references import settings_in
from shared.errors import Conflict
from shared.replay_clock import Pace, ReplayClock, write_pace

START = datetime(2024, 5, 10, tzinfo=UTC)


@pytest.fixture
async def real(tmp_path):
    platform = build_platform(settings_in(tmp_path))
    await platform.store.open([CLOCKS])
    yield platform
    await platform.store.close()


@pytest.fixture
def replayed(real, tmp_path):
    write_pace(tmp_path / "clock.json", Pace(START, START, 1.0, START + timedelta(days=1)))
    return replace(real, clock=ReplayClock(tmp_path / "clock.json"))


async def test_a_store_of_real_time_is_never_opened_by_a_replay(real, replayed):
    await bind_clock(real)
    await bind_clock(real)
    with pytest.raises(Conflict, match=r"真实时钟.*重放时钟"):
        await ClockGuard(replayed).start()


async def test_a_store_of_a_replay_is_never_opened_in_real_time(real, replayed):
    await bind_clock(replayed)
    with pytest.raises(Conflict, match=r"重放时钟.*真实时钟"):
        await ClockGuard(real).start()


async def test_a_replay_says_so_wherever_one_looks(replayed):
    guard = ClockGuard(replayed)
    await guard.start()
    assert guard.health().is_ready
    assert "不是真实时间" in guard.health().detail
    assert REGISTRY.get_sample_value("dafangtan_clock_replayed_flag") == 1


async def test_real_time_is_nothing_to_talk_about(real):
    guard = ClockGuard(real)
    await guard.start()
    assert not guard.health().detail
    assert REGISTRY.get_sample_value("dafangtan_clock_replayed_flag") == 0
