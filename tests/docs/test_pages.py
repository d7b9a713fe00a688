"""Everything that the pages name is there: commands, settings, metrics, paths, codes, files, sections."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml
from typer.core import TyperGroup

from services.cli import app, references
from tests.docs.pages import GENERATED, ROOT, WRITTEN, anchors, code, headings, links, read, section

ALL = [*WRITTEN, *sorted(GENERATED.glob("*.md"))]
SOURCES = [path for room in ("services", "shared", "deploy/local") for path in (ROOT / room).rglob("*.py")]
SOURCE = "\n".join(path.read_text(encoding="utf-8") for path in SOURCES)
OPERATIONS = read(ROOT / "docs" / "operations.md")


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


every_page = pytest.mark.parametrize("page", ALL, ids=name_of)


@every_page
def test_links_lead_somewhere(page: Path) -> None:
    for link in links(read(page)):
        path, _, anchor = link.partition("#")
        target = (page.parent / path) if path else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(read(target)), link


@every_page
def test_make_has_the_targets(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {
        target for line in code(read(page)) for target in re.findall(r"^(?:\$ )?make ([a-z][a-z-]*)", line)
    }
    assert named <= targets


@every_page
def test_dafangtan_has_the_commands_and_options(page: Path) -> None:
    root = typer.main.get_command(app)
    assert isinstance(root, TyperGroup)
    for line in code(read(page)):
        for words in re.findall(r"(?<![\w.-])dafangtan((?: [^\s`)|;\"]+)+)", line.replace(".venv/bin/", "")):
            check_command(root, words.split())


def check_command(group: TyperGroup, words: list[str]) -> None:
    """Raises AssertionError where ``words`` are no command line of ours; arguments may be anything."""
    command: Any = group
    while isinstance(command, TyperGroup) and words and re.fullmatch(r"[a-z-]+", words[0]):
        assert words[0] in command.commands, words
        command = command.commands[words.pop(0)]
    known = {option for parameter in command.params for option in parameter.opts}
    unknown = {word for word in words if word.startswith("--")} - known
    assert not unknown, f"{command.name}: {unknown}"


@every_page
def test_settings_are_real(page: Path) -> None:
    known = {setting.variable for setting in references.all_settings()}
    known |= set(re.findall(r"\$\{(DAFANGTAN_\w+)", (ROOT / "docker-compose.yml").read_text()))
    known |= set(re.findall(r'environ\.get\("(DAFANGTAN_\w+)"', SOURCE))
    for name in re.findall(r"\bDAFANGTAN_\w+", read(page)):
        is_group = name.endswith("_") and any(setting.startswith(name) for setting in known)
        assert name in known or is_group, name


@every_page
def test_metrics_are_real(page: Path) -> None:
    known = set(re.findall(r"`(dafangtan_\w+)`", read(GENERATED / "metrics.md")))
    claims = set(re.findall(r'"(dafangtan_\w+)"', read(ROOT / "shared" / "access" / "tokens.py")))
    named = set(re.findall(r"\bdafangtan_[a-z_]+\b", prose_of(page)))
    assert named <= known | claims


def prose_of(page: Path) -> str:
    """Without the settings' defaults, which name a database."""
    return read(page).replace("/dafangtan_demo?", "/")


@every_page
def test_paths_of_the_api_are_real(page: Path) -> None:
    routes = re.findall(r"\| `(/\S+)` \|", read(GENERATED / "http.md"))
    patterns = [re.compile(re.sub(r"\\{\w+\\}", r"[^/:]+", re.escape(route))) for route in routes]
    for path in re.findall(r"/(?:intake|quota|analytics|release|notify)/v1/[^\s\"`?）)，；、]+", read(page)):
        assert any(pattern.fullmatch(path) for pattern in patterns), path


@every_page
def test_codes_of_problems_are_real(page: Path) -> None:
    for codes in problem_codes(read(page)):
        assert f'"{codes}"' in SOURCE, codes


def problem_codes(text: str) -> Iterator[str]:
    """Those in tables: the code stands behind its status or in the column after it."""
    for row in re.findall(r"^\| (\d{3}.*) \|$", text, re.MULTILINE):
        for cell in row.split("|")[:2]:
            yield from re.findall(r"`([a-z]+(?:-[a-z]+)+|invalid|unavailable)`", cell)


def test_every_alert_has_its_heading_and_no_other() -> None:
    rules = yaml.safe_load((ROOT / "deploy" / "prometheus" / "rules.yml").read_text())
    alerts = [rule for group in rules["groups"] for rule in group["rules"] if "alert" in rule]
    written = section(OPERATIONS, "Alerts")
    assert headings(written, 3) == [alert["alert"] for alert in alerts]
    for alert in alerts:
        said = section(written, alert["alert"]).strip()
        assert said.startswith(f"{alert['labels']['severity']}: ")


def test_pages_that_the_project_names_are_there() -> None:
    files = [
        *SOURCES,
        *(ROOT / "deploy").rglob("*.y*ml"),
        *ROOT.glob("*.yml"),
        *(ROOT / "requirements").glob("*.in"),
    ]
    for path in files:
        for page in re.findall(r"\bdocs/[\w./-]+\.(?:md|svg)\b", path.read_text(encoding="utf-8")):
            assert (ROOT / page).exists(), f"{name_of(path)}: {page}"


def test_every_dependency_is_explained() -> None:
    explained = section(read(ROOT / "docs" / "architecture.md"), "Dependencies")
    named = set(re.findall(r"^\| `([\w-]+)` \|", explained, re.MULTILINE))
    wanted = {
        match[1]
        for file in ("runtime.in", "dev.in")
        for line in (ROOT / "requirements" / file).read_text().splitlines()
        if (match := re.match(r"([A-Za-z][\w-]*)", line))
    }
    assert named == wanted
