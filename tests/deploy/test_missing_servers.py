"""A run without a tool says what it did not test, and fails where everything is meant to be tested."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers import ROOT

TESTS = """
import pytest

def test_with_a_broker(kafka_url): pass

@pytest.mark.kafka
def test_with_the_mark_alone(): pass

def test_with_a_database(mongo_url): pass

@pytest.fixture(params=["sqlite", pytest.param("mongo", marks=pytest.mark.mongo)])
def store(request):
    return request.param if request.param == "sqlite" else request.getfixturevalue("mongo_url")

def test_with_both_stores(store): pass
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "test_some.py").write_text(TESTS)
    (tmp_path / "bin").mkdir()
    for name in ("sh", "cat", "rm"):
        found = shutil.which(name)
        assert found is not None
        (tmp_path / "bin" / name).symlink_to(found)
    return tmp_path


def _run(project: Path, *words: str, ci: str = "") -> subprocess.CompletedProcess[str]:
    environment = {
        "PATH": str(project / "bin"),
        "PYTHONPATH": str(ROOT),
        "DAFANGTAN_SERVERS_DIR": str(project / "downloads"),
        "CI": ci,
    }
    plugins = ["-p", "tests.servers", "-p", "no:cacheprovider"]
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-c", os.devnull, "--rootdir", ".", *plugins, *words],
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_summary_names_the_tool_and_what_was_not_tested(project: Path) -> None:
    run = _run(project)
    assert run.returncode == 0
    last_section = run.stdout.partition("NOT TESTED")[2]
    assert "Java 17+ (java) is missing, so no real Kafka could be started." in last_section
    assert "npm is missing, so no real MongoDB could be started." in last_section
    assert last_section.count("Not tested: 2 tests that need it:\n  test_some.py: 2\n") == 2
    assert "1 passed, 4 skipped" in last_section


def test_untested_promises_fail_a_run_in_ci(project: Path) -> None:
    assert _run(project, ci="true").returncode == 1


def test_tests_can_be_chosen_by_the_server_that_they_use(project: Path) -> None:
    run = _run(project, "-m", "not kafka and not mongo", ci="true")
    assert run.returncode == 0
    assert "1 passed, 4 deselected" in run.stdout
    assert "NOT TESTED" not in run.stdout
