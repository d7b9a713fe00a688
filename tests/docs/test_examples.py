"""The examples work: every ``sh`` block of every page is run, as a reader would, beside a running demo."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.cli.demo_systems import DemoSystem, embedded_system
from tests.docs.pages import ROOT, WRITTEN, Block, blocks, read
from tests.journeys.conftest import eventually, free_ports

pytestmark = [
    pytest.mark.timeout(300),
    pytest.mark.skipif(shutil.which("curl") is None, reason="curl is missing: the examples were not run"),
]

SCALE = "0.02"
SHOWN_URL = "http://127.0.0.1:8000"
ROLES = {
    "interviewer.md": "interviewer",
    "unit-administrator.md": "unit_admin",
    "office.md": "office",
    "leading-group.md": "leading_group",
    "analyst.md": "analyst",
    "operations.md": "operator",
    "board.md": "office",
}
"""Whose token the page's reader has."""
PROMISED = {
    "README.md": ('"receipt":"', '"counted":'),
    "analyst.md": ('"threshold_count":10', '"state":"requested"', '"footnotes":['),
    "board.md": ('"sees":"all"', "304", "event: board"),
    "channels.md": (
        '"revision":1',
        '"state":"withdrawn"',
        '"status":201',
        '"status":422',
        "asyncapi",
        '"arrival":"not_arrived"',
        '"standing":"withdrawn"',
        '"answered_at":null',
        "<formID>suzhou-2024-general</formID>",
        '"state_name":"等待处理"',
        '"thread":"',
        '"matter":2',
        '"unit":"taicang"',
    ),
    "interviewer.md": ('"receipt":"',),
    "leading-group.md": ('"state":"approved"', '"state":"revoked"'),
    "office.md": (
        '"kind":"contacts"',
        '"mobile":"13800000002"',
        '"purpose"',
        '"items":[',
        '"status_name":',
        '"requested_by"',
        '"hash"',
        "没有问题",
    ),
    "operations.md": ("账目平衡", "与原来一致", "链完整", "条死信", '"ready"', "DAFANGTAN_LOG_URL"),
    "unit-administrator.md": (
        '"eligible":',
        '"state_name":',
        '"firms_visited_count":',
        '"status_name":"逾期"',
        '"person_in_charge":{',
        '"state_name":"已关闭"',
        '"questionnaires_count":1050',
        '"handed_in_on":"2024-08-28"',
        '"is_signed_off":true',
        '"state_name":"办理中"',
        '"state_name":"已答复"',
        '"notices":[',
    ),
}
"""What the pages say that one sees."""
PAGES = {page.name: page for page in WRITTEN if any(block.language == "sh" for block in blocks(read(page)))}


@dataclass(frozen=True)
class Place:
    """A folder as a reader has it, beside a running system."""

    folder: Path
    url: str
    system: DemoSystem
    given: dict[str, str]

    def run(self, page: str, block: Block) -> str:
        """Run one block; what it printed."""
        token = self.system.tokens.get(ROLES.get(page, ""), "")
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", block.text.replace(SHOWN_URL, self.url)],
            cwd=self.folder,
            env={**os.environ, **self.given, "TOKEN": token},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, f"{block.text}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def post(self, role: str, path: str, content: dict[str, Any]) -> dict[str, Any]:
        """What somebody else did before the reader begins."""
        headers = {"Authorization": f"Bearer {self.system.tokens[role]}"}
        answer = httpx.post(self.url + path, json=content, headers=headers, trust_env=False)
        assert answer.is_success, answer.text
        answered: dict[str, Any] = answer.json()
        return answered


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("reader")
    port = free_ports(1)
    system = embedded_system(folder / "demo", port)
    arguments = ["demo", "--scale", SCALE, "--folder", str(folder / "demo"), "--port", str(port)]
    with (folder / "demo.txt").open("wb") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "services.cli", *arguments], cwd=ROOT, stdout=said, stderr=said
        )
    try:
        eventually(
            lambda: "仍在运行" in read(folder / "demo.txt") or process.poll() is not None, within_s=200
        )
        assert process.poll() is None, read(folder / "demo.txt")
        yield furnished(Place(folder, f"http://127.0.0.1:{port}", system, environment(folder, system)))
    finally:
        process.terminate()
        process.wait(60)


def environment(folder: Path, system: DemoSystem) -> dict[str, str]:
    """The settings of the running system, for the commands."""
    settings = system.commands[0].environment.items()
    return {
        **{name: value for name, value in settings if name.startswith("DAFANGTAN_")},
        "DAFANGTAN_INTAKE_URL": system.urls.intake,
        "DAFANGTAN_QUOTA_URL": system.urls.quota,
        "DAFANGTAN_ANALYTICS_URL": system.urls.analytics,
        "PYTHONPATH": str(ROOT),
        "NO_COLOR": "1",
        "NO_PROXY": "127.0.0.1",
    }


def furnished(place: Place) -> Place:
    """With the installed commands, the definitions, and what the pages say that others have handed over."""
    commands = place.folder / ".venv" / "bin"
    commands.mkdir(parents=True)
    (commands / "python").symlink_to(sys.executable)
    (commands / "dafangtan").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m services.cli "$@"\n')
    (commands / "dafangtan").chmod(0o755)
    (place.folder / "deploy").symlink_to(ROOT / "deploy")
    place.given["RECEIPT"] = place.post("interviewer", "/intake/v1/submissions", INTERVIEW)["receipt"]
    return place


INTERVIEW = {
    "campaign": "suzhou-2024",
    "channel": "offline",
    "source_id": "handed-over",
    "edition": "general",
    "unit": "zhangjiagang",
    "collected_at": "2024-06-01T14:30:00+08:00",
    "consent": {"version": "2024-05", "given_at": "2024-06-01T14:00:00+08:00"},
    "respondent": {"age": 28},
    "answers": {"q01": "c", "q07": ["a"]},
}


def wish() -> dict[str, Any]:
    """A request for a grant."""
    return {
        "campaign": "suzhou-2024",
        "units": ["*"],
        "variables": ["sex"],
        "purpose": "了解受访青年职工的性别构成。",
        "until": (datetime.now(UTC) + timedelta(days=30)).isoformat(),
    }


@pytest.mark.parametrize("name", PAGES)
def test_the_examples_of_a_page_work_and_show_what_it_says(place: Place, name: str) -> None:
    # A request of this reader's own: another page's reader may have decided on the last one.
    place.given["GRANT"] = place.post("analyst", "/release/v1/grants", wish())["id"]
    printed = "".join(place.run(name, block) for block in blocks(read(PAGES[name])) if block.language == "sh")
    missing = [text for text in PROMISED[name] if text not in printed]
    assert not missing, f"{missing} not in:\n{printed[-4000:]}"


def test_a_consumer_has_one_name_in_all_metrics(place: Place) -> None:
    """ConsumerStuck holds what waits against what was applied, by this name."""
    told = httpx.get(f"{place.url}/metrics", trust_env=False).text
    waiting = set(re.findall(r'^dafangtan_consumer_lag_messages{consumer="([^"]+)"', told, re.MULTILINE))
    applied = set(re.findall(r'^dafangtan_consumer_messages_total{consumer="([^"]+)"', told, re.MULTILINE))
    assert waiting == applied


def test_every_page_with_examples_promises_something() -> None:
    assert set(PAGES) == set(PROMISED)
