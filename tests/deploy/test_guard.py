"""No server outlives the run of the tests that started it."""

import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.local.places import downloads_folder
from tests.servers import ROOT

KILLED_RUN = """
import os, pathlib, signal

def test_that_is_killed(mongo_server):
    pathlib.Path("server.pid").write_text(str(mongo_server.pid()))
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.mongo
def test_a_killed_run_leaves_no_server(tmp_path: Path) -> None:
    (tmp_path / "test_killed.py").write_text(KILLED_RUN)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "DAFANGTAN_SERVERS_DIR": str(downloads_folder())}
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-c", os.devnull, "--rootdir", ".", "-p", "tests.servers"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        check=False,
    )
    assert run.returncode == -signal.SIGKILL, run.stdout
    assert _ends(int((tmp_path / "server.pid").read_text()), timeout_s=30.0)


def _ends(pid: int, timeout_s: float) -> bool:
    try:
        process = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([process], [], [], timeout_s)[0])
    finally:
        os.close(process)
