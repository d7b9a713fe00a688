"""What Prometheus is told: valid rules over metrics that exist, one target a service."""

import re
import shutil
import subprocess
from typing import Any

import pytest
import yaml
from prometheus_client import REGISTRY

import shared.metrics  # noqa: F401 - declares the metrics
from tests.servers import ROOT

FOLDER = ROOT / "deploy" / "prometheus"
RULES: list[dict[str, Any]] = [
    rule for group in yaml.safe_load((FOLDER / "rules.yml").read_text())["groups"] for rule in group["rules"]
]

ALERTS = [rule for rule in RULES if "alert" in rule]


def _alert(rule: dict[str, Any]) -> str:
    return str(rule["alert"])


def test_every_metric_of_the_rules_exists() -> None:
    named = {name for rule in RULES for name in re.findall(r"(?<!:)\bdafangtan_\w+", rule["expr"])}
    assert named
    assert named <= _exposed_names()


def _exposed_names() -> set[str]:
    """The names as Prometheus sees them: with the endings of counters and histograms."""
    families = [family for family in REGISTRY.collect() if family.name.startswith("dafangtan_")]
    endings = {"counter": ["_total"], "histogram": ["_bucket", "_count", "_sum"], "gauge": [""]}
    return {family.name + ending for family in families for ending in endings[family.type]}


@pytest.mark.parametrize("rule", ALERTS, ids=_alert)
def test_an_alert_says_how_urgent_it_is_what_is_wrong_and_what_to_do(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in {"page", "ticket"}
    assert set(rule["annotations"]) == {"summary", "action"}


def test_every_service_is_scraped() -> None:
    (job,) = yaml.safe_load((FOLDER / "prometheus.yml").read_text())["scrape_configs"]
    targets = {config["labels"]["service"]: config["targets"] for config in job["static_configs"]}
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    services = [name for name, service in compose["services"].items() if service["image"] == "dafangtan"]
    assert targets == {name: [f"{name}:8000"] for name in services}


@pytest.mark.parametrize(
    "words",
    [
        ["check", "config", "prometheus.yml"],
        ["check", "rules", "rules.yml"],
        ["test", "rules", "rules.test.yml"],
    ],
    ids=" ".join,
)
def test_prometheus_own_tool_agrees(words: list[str]) -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool (Debian: package prometheus) is missing: the alert rules were not run")
    done = subprocess.run([promtool, *words], cwd=FOLDER, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
