"""The demo's clients beside those who post JSON: each channel by its own endpoint, and the books of it all."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path

import httpx
import pytest

from services.cli.assembly import SERVICES, build_app
from services.cli.demo_systems import CAMPAIGN, DemoSystem, embedded_system
from services.cli.reconciling import wait_for_balance
from services.demo.channels.everybody import Everybody
from services.demo.client import PatientClient
from services.demo.scenario import build_scenario
from services.demo.tempo import AtOnce
from shared.campaign import load_campaign
from tests.services.running import WITHIN_S

SCENARIO = build_scenario(load_campaign(Path("deploy/campaigns/suzhou-2024")), seed=2024, scale=0.005)
ENDPOINTS = {
    "openrosa": f"/intake/openrosa/{CAMPAIGN}/submission",
    "excel": "/intake/v1/imports",
    "wechat": f"/intake/wechat/{CAMPAIGN}",
    "app": f"/intake/v1/app/{CAMPAIGN}/posts",
    "hotline": f"/intake/v1/hotline/{CAMPAIGN}/calls",
}


@pytest.fixture
def system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DemoSystem:
    """The demo's, in this process."""
    system = embedded_system(tmp_path / "demo", port=1)
    (command,) = system.commands
    for name, value in command.environment.items():
        if name.startswith("DAFANGTAN_"):
            monkeypatch.setenv(name, value)
    return system


@pytest.mark.timeout(120)
async def test_wechat_app_hotline_excel_and_openrosa_are_replayed_through_their_own_endpoints_and_the_books_balance(
    system: DemoSystem,
) -> None:
    posted: Counter[str] = Counter()

    async def note(request: httpx.Request) -> None:
        posted.update([request.url.path] if request.method == "POST" else [])

    app = build_app(SERVICES, system.settings)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(
            transport=httpx.ASGITransport(app), event_hooks={"request": [note]}, timeout=60
        ) as http,
    ):
        await asyncio.wait_for(app.state.lifecycle.started.wait(), WITHIN_S)
        everybody = Everybody(PatientClient(http), system.urls.intake, system.credentials, AtOnce())
        await everybody.run(SCENARIO, lambda _: None)
        http.headers["authorization"] = f"Bearer {system.tokens['operator']}"
        books = await wait_for_balance(
            CAMPAIGN,
            app.state.platform.log,
            http,
            system.client_settings,
            within_s=WITHIN_S,
            accepted_count=everybody.accepted_count,
        )
    assert app.state.lifecycle.crash is None, app.state.lifecycle.crash
    assert everybody.surprises == []
    assert books.is_balanced, books.line()
    talks = SCENARIO.talks
    assert books.accepted == len(SCENARIO.collected) + len(SCENARIO.tabulated) + talks.message_count
    counts = {way: posted.pop(path, 0) for way, path in ENDPOINTS.items()}
    assert not posted
    assert counts["openrosa"] == len(SCENARIO.collected)
    assert counts["excel"] == len({step.form["edition"] for step in SCENARIO.tabulated if step.form})
    assert (counts["app"], counts["hotline"]) == (len(talks.posts), len(talks.calls))
    assert counts["wechat"] > sum(follower.message_count for follower in talks.followers)
