"""The whole system on the embedded engine, as ``make demo`` runs it."""

import os
import signal
import socket
import sqlite3
from functools import cache
from pathlib import Path

import pytest

from services.demo.scenario import build_scenario
from tests.journeys.conftest import SCALE, eventually, free_ports, reconciliation
from tests.suzhou import suzhou

pytestmark = pytest.mark.timeout(300)


@cache
def scenario():
    """What the demo replays."""
    return build_scenario(suzhou(), 2024, float(SCALE))


def number(text):
    return int(text.replace(",", ""))


def check_ended_well(demo):
    assert demo.ended() == 0, demo.text
    line = reconciliation(demo.text)
    assert line, demo.text
    assert number(line[1]) == scenario().expected_accepted
    assert number(line[4]) == scenario().expected_withdrawn


def appended_count(folder):
    """How many transactions the log's file has seen; grows while the replay runs."""
    try:
        return (folder / "log.db-wal").stat().st_size + (folder / "log.db").stat().st_size
    except FileNotFoundError:
        return 0


def test_the_demo_ends_balanced_though_its_server_is_killed_and_names_nobody_on_disk(start_demo, tmp_path):
    demo = start_demo(port=free_ports(1))
    eventually(lambda: appended_count(tmp_path / "demo") > 300_000, within_s=120)
    (server,) = demo.children().values()
    os.kill(server, signal.SIGKILL)
    check_ended_well(demo)
    for shown in ("重新启动", "作战图", "张家港市", "受保护的统计表", "每秒"):
        assert shown in demo.text
    details = {
        value.encode()
        for step in scenario().steps
        if step.action == "submit" and step.expected_status == 201
        for field in ("name", "phone", "employer")
        if (value := step.form["respondent"].get(field)) and len(value) > 2
    }
    assert len(details) > 100
    for path in (tmp_path / "demo").rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            found = [detail.decode() for detail in details if detail in content]
            assert not found, f"{path.name}: {found[:3]}"


@pytest.mark.parametrize("with_what_it_started", [True, False])
def test_a_killed_demo_can_be_run_again(start_demo, tmp_path, with_what_it_started):
    port = free_ports(1)
    first = start_demo(port=port)
    eventually(lambda: appended_count(tmp_path / "demo") > 300_000, within_s=120)
    first.kill(with_what_it_started=with_what_it_started)
    check_ended_well(start_demo(port=port))
    for name in ("log.db", "store.db"):
        with sqlite3.connect(tmp_path / "demo" / name) as database:
            assert database.execute("pragma integrity_check").fetchone() == ("ok",)


def test_a_demo_that_is_stopped_stops_what_it_started(start_demo, tmp_path):
    demo = start_demo(port=free_ports(1))
    eventually(lambda: appended_count(tmp_path / "demo") > 300_000, within_s=120)
    (server,) = demo.children().values()
    demo.terminate()
    assert demo.ended() == 130
    assert not Path(f"/proc/{server}").exists()


def test_a_port_that_is_taken_is_told(start_demo):
    port = free_ports(1)
    with socket.create_server(("127.0.0.1", port)):
        demo = start_demo(port=port)
        assert demo.ended() == 1
    assert f"无法在 127.0.0.1:{port} 上监听" in demo.text
