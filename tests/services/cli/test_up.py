"""``dafangtan up`` where nothing was there before."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

import orjson
import pytest

from tests.journeys.conftest import ROOT, eventually, free_ports

SECRETS = ("keys.json", "issuer.json")


@contextmanager
def up(folder: Path) -> Iterator[None]:
    """The system with the settings that are there by themselves, started in ``folder``, once it is ready."""
    port = free_ports(1)
    own = {name: value for name, value in os.environ.items() if not name.startswith("DAFANGTAN_")}
    environment = own | {"PYTHONPATH": str(ROOT), "DAFANGTAN_CAMPAIGNS_DIR": str(ROOT / "deploy/campaigns")}
    command = [sys.executable, "-m", "services.cli", "up", "--port", str(port)]
    with subprocess.Popen(command, cwd=folder, env=environment, stderr=subprocess.DEVNULL) as process:
        try:
            eventually(lambda: is_ready(port))
            yield
        finally:
            process.terminate()
    assert process.returncode == 0


def is_ready(port: int) -> bool:
    try:
        with build_opener(ProxyHandler({})).open(f"http://127.0.0.1:{port}/readyz") as answer:
            return answer.status == 200
    except URLError:
        return False


@pytest.mark.timeout(120)
def test_the_embedded_mode_makes_its_own_keys_at_first_start_readable_by_their_owner_alone(
    tmp_path: Path,
) -> None:
    made = []
    for place in ("here", "there"):
        folder = tmp_path / place
        folder.mkdir()
        with up(folder):
            files = [folder / "var/run" / name for name in SECRETS]
            assert [file.stat().st_mode & 0o777 for file in files] == [0o600] * len(files)
            made.append([file.read_bytes() for file in files])
    assert all(one != other for one, other in zip(*made, strict=True))  # none of them is a default
    assert len({*orjson.loads(made[0][0])["campaigns"]["suzhou-2024"].values()}) == 3
