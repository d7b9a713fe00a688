"""What a second process reads for quota is what quota reads."""

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from bench.events import invented_messages
from bench.forms import load
from services.quota.app import ahead_of
from services.quota.gathering import Gatherer
from services.quota.handlers import QuotaHandler
from shared.consuming.forerunning import Errand
from shared.events import Topic
from shared.log.port import LogAddress, LoggedMessage
from shared.real_time import system_clock

SLOW = {"cryptography", "jinja2", "pydantic", "shared.consuming.runner", "shared.platform", "yaml"}
IMPORTS = """
import pickle, sys
import shared.consuming.forerunning, shared.log.sqlite
pickle.load(open(sys.argv[1], "rb")).make_gatherer()
print(*sys.modules)
"""


def test_what_another_process_gathers_is_what_quota_gathers() -> None:
    campaign = load()
    handler = QuotaHandler({campaign.id: campaign}, clock=system_clock)
    ahead = ahead_of(handler)
    assert ahead is not None
    there, here = pickle.loads(pickle.dumps(ahead.make_gatherer))(), Gatherer(handler.rules)
    messages = [
        LoggedMessage(n, m.key, m.headers, m.value) for n, m in enumerate(invented_messages(campaign, 300))
    ]
    gathered = there.gather([there.read(message) for message in messages])
    told = msgspec.msgpack.decode(msgspec.msgpack.encode(gathered), type=ahead.gathered_type)
    assert told == here.gather([here.read(message) for message in messages])


def test_another_process_imports_little(tmp_path: Path) -> None:
    """It is waited for."""
    campaign = load()
    ahead = ahead_of(QuotaHandler({campaign.id: campaign}, clock=system_clock))
    assert ahead is not None
    errand = Errand(LogAddress("sqlite:///log.db", "", 8), [Topic.SUBMISSIONS.value], ahead.make_gatherer, 1)
    (tmp_path / "errand").write_bytes(pickle.dumps(errand))
    said = subprocess.run(
        [sys.executable, "-c", IMPORTS, tmp_path / "errand"], check=True, capture_output=True
    )
    modules = said.stdout.decode().split()
    assert "services.quota.gathering" in modules
    assert not SLOW.intersection(modules)


def test_nobody_reads_ahead_where_that_is_switched_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAFANGTAN_QUOTA_FORERUN_FROM", "0")
    campaign = load()
    assert ahead_of(QuotaHandler({campaign.id: campaign}, clock=system_clock)) is None
