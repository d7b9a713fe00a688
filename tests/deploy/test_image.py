"""The image: built from what is in the tree, with locked dependencies, for a user who is not root."""

import json
import re

from tests.servers import ROOT

DOCKERFILE = (ROOT / "deploy" / "Dockerfile").read_text()
IGNORE = (ROOT / "deploy" / "Dockerfile.dockerignore").read_text().splitlines()


def _copied() -> list[str]:
    lines = re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, flags=re.MULTILINE)
    return [source for line in lines for source in line.split()[:-1]]


def test_what_is_copied_is_there_and_reaches_the_builder() -> None:
    reaching = [line[1:] for line in IGNORE if line.startswith("!")]
    for source in _copied():
        assert (ROOT / source).exists(), source
        assert any(source == path or source.startswith(f"{path}/") for path in reaching), source


def test_nothing_else_reaches_the_builder() -> None:
    assert "*" in IGNORE
    kept = [line[1:] for line in IGNORE if line.startswith("!")]
    assert all(any(source.startswith(path) for source in _copied()) for path in kept)


def test_dependencies_are_installed_by_their_hashes_alone() -> None:
    installs = re.findall(r"pip install (.+)$", DOCKERFILE, flags=re.MULTILINE)
    assert installs == [
        "--require-hashes -r /build/requirements/runtime.lock",
        "--no-deps --no-build-isolation /build",
    ]
    lock = (ROOT / "requirements" / "runtime.lock").read_text()
    assert re.search(r"^setuptools==", lock, flags=re.MULTILINE), "the project itself is built with it"


def test_it_runs_the_command_as_another_user_than_root() -> None:
    assert json.loads(_last("ENTRYPOINT")) == ["dafangtan"]
    assert _last("USER") == "1000"


def _last(instruction: str) -> str:
    found: list[str] = re.findall(rf"^{instruction} (.+)$", DOCKERFILE, flags=re.MULTILINE)
    return found[-1]
