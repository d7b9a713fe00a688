"""``dafangtan recount``, as an operator uses it."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from services.cli import app
from services.cli.operations import with_platform
from services.cli.rebuilding import read_to_end, runners_of
from services.quota.app import build
from services.quota.generations import Generation
from shared.events import Topic, to_message
from tests.services.quota.recount.test_recount import EVENTS
from tests.suzhou import suzhou

OLD = Generation.of({suzhou().id: suzhou()}).id


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A system of its own, with an installed definition and another one under ``new``."""
    shutil.copytree("deploy/campaigns/suzhou-2024", tmp_path / "campaigns" / "suzhou-2024")
    shutil.copytree("deploy/campaigns/suzhou-2024", tmp_path / "new")
    quotas = tmp_path / "new" / "quotas.yaml"
    quotas.write_text(quotas.read_text().replace("person_once_per: campaign", "person_once_per: unit"))
    monkeypatch.setenv("DAFANGTAN_LOG_URL", f"sqlite:///{tmp_path}/log.db")
    monkeypatch.setenv("DAFANGTAN_STORE_URL", f"sqlite:///{tmp_path}/store.db")
    monkeypatch.setenv("DAFANGTAN_CAMPAIGNS_DIR", str(tmp_path / "campaigns"))
    monkeypatch.setenv("DAFANGTAN_OIDC_KEYS_URL", f"file:{tmp_path}/issuer-public.json")
    monkeypatch.setenv("DAFANGTAN_ISSUER_FILE", str(tmp_path / "issuer.json"))
    monkeypatch.setenv("DAFANGTAN_KEYS_FILE", str(tmp_path / "keys.json"))
    monkeypatch.setenv("DAFANGTAN_CHANNEL_KEYS_FILE", str(tmp_path / "channel-keys.json"))
    recount("keys", "init", command=())
    return tmp_path


def recount(*words: str | Path, command: tuple[str, ...] = ("recount",)):
    return CliRunner().invoke(app, [*command, *map(str, words)], env={"COLUMNS": "200"})


async def count(platform) -> int:
    """What a process of quota does with the events."""
    built = build(platform)
    await platform.store.open(built.collections)
    await platform.log.append(Topic.SUBMISSIONS, [to_message(event) for event in EVENTS])
    await read_to_end(runners_of(built)[0])
    return 0


def test_a_definition_is_tried_and_then_switched_to(folder):
    assert "还没有任何计数" in recount("show").output
    tried_too_early = recount("run", folder / "new")
    assert (tried_too_early.exit_code, str(tried_too_early.exception)[:8]) == (1, "还没有任何计数，")
    with_platform(count)

    tried = recount("run", folder / "new")
    assert tried.exit_code == 0, tried.output
    rows = [line.split("│")[1:-1] for line in tried.output.splitlines() if line.startswith("│")]
    assert [[cell.strip() for cell in row] for row in rows] == [
        ["昆山市", "计入名额", "15", "30", "+15"],
        ["昆山市", "同一人重复", "15", "0", "-15"],
    ]
    (new,) = set(re.findall("g[0-9a-f]{8}", tried.output)) - {OLD}
    assert "不必重算" in recount("run", folder / "campaigns" / "suzhou-2024").output

    shown = recount("show", new, "--by-unit")
    assert shown.exit_code == 0
    assert "昆山市总工会" in shown.output
    assert "60 / 60" in shown.output
    assert str(recount("show", "g0").exception).startswith("没有计数")

    switched = recount("switch", new)
    assert switched.exit_code == 0, switched.exception
    assert "请装上相应的定义" in switched.output
    assert (recount("drop", new).exit_code, recount("drop", OLD).exit_code) == (1, 0)
    assert str(recount("switch").exception).startswith(f"没有计数“{OLD}”")
