"""What a second process reads for quota is what quota reads."""

from __future__ import annotations

import pickle

import msgspec
import pytest

from bench.events import invented_messages
from bench.forms import load
from services.quota.app import ahead_of
from services.quota.handlers import QuotaHandler
from shared.log.port import LoggedMessage
from shared.real_time import system_clock


def test_what_another_process_reads_is_what_quota_reads() -> None:
    campaign = load()
    handler = QuotaHandler({campaign.id: campaign}, clock=system_clock)
    ahead = ahead_of(handler)
    assert ahead is not None
    read = pickle.loads(pickle.dumps(ahead.make_read))()
    messages = [
        LoggedMessage(n, m.key, m.headers, m.value) for n, m in enumerate(invented_messages(campaign, 300))
    ]
    steps = [handler.read(message) for message in messages]
    there = [read(message) for message in messages]
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(there), type=list[ahead.heard_type]) == steps


def test_nobody_reads_ahead_where_that_is_switched_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAFANGTAN_QUOTA_FORERUN_FROM", "0")
    campaign = load()
    assert ahead_of(QuotaHandler({campaign.id: campaign}, clock=system_clock)) is None
