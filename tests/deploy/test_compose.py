"""docker-compose.yml does what it says: its services start, get healthy and stop, with real servers."""

import importlib
import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import ECKey, KeySet

from deploy.local import KafkaServer, MongoServer
from shared.settings import DafangtanSettings
from tests.deploy.compose import Container, Machine, entrypoint, own_services, read_compose, wait_until
from tests.servers import ROOT

HEALTHY_WITHIN_S = 90.0
STOPPED_WITHIN_S = 30.0
COMPOSE = read_compose()
SERVICES = own_services(COMPOSE)


@pytest.fixture
def machine(kafka_server: KafkaServer, mongo_server: MongoServer, tmp_path: Path) -> Machine:
    _make_secrets(tmp_path / "secrets")
    (tmp_path / "data").mkdir()
    mongo_address = f"127.0.0.1:{mongo_server.port}"
    return Machine(tmp_path, {"kafka:9092": kafka_server.bootstrap, "mongo:27017": mongo_address})


def _make_secrets(folder: Path) -> None:
    """What a person does before the first start, with the same commands."""
    folder.mkdir()
    files = {
        "DAFANGTAN_KEYS_FILE": str(folder / "keys"),
        "DAFANGTAN_CHANNEL_KEYS_FILE": str(folder / "channel_keys"),
    }
    environment = {**os.environ, **files}
    for words in (["keys", "init"], ["channel-key", "add", "wechat"]):
        subprocess.run([*entrypoint(), *words], cwd=ROOT, env=environment, check=True, capture_output=True)
    issuer = KeySet([ECKey.generate_key("P-256", parameters={"kid": "test"})])
    (folder / "issuer_public").write_text(json.dumps(issuer.as_dict(private=False)))


@pytest.fixture
def containers(machine: Machine) -> Iterator[list[Container]]:
    started = [Container(name, service, machine) for name, service in SERVICES.items()]
    yield started
    for container in started:
        container.kill()


@pytest.mark.timeout(300)
def test_the_services_get_healthy_and_stop_in_good_order(containers: list[Container]) -> None:
    for container in containers:
        wait_until(container.is_healthy, HEALTHY_WITHIN_S, f"{container.name} is healthy")
    for container in containers:
        container.terminate()
    statuses = {container.name: container.exit_status(STOPPED_WITHIN_S) for container in containers}
    assert statuses == dict.fromkeys(SERVICES, 0), "\n".join(container.output() for container in containers)


def test_every_service_has_its_container_and_a_port_of_its_own() -> None:
    commands = {name: service["command"] for name, service in SERVICES.items()}
    listening = ["--host", "0.0.0.0", "--port", "8000"]
    assert commands == {
        name: ["serve", name, *listening] for name in ("intake", "quota", "analytics", "notify", "release")
    }
    published = [port for service in SERVICES.values() for port in service["ports"]]
    assert all(re.fullmatch(r"127\.0\.0\.1:\d+:8000", port) for port in published)
    assert len(set(published)) == len(SERVICES)


def test_the_environment_names_settings_that_exist() -> None:
    for module in ("shared.settings", *(f"services.{name}.settings" for name in SERVICES)):
        _import_if_there(module)
    known = {f"DAFANGTAN_{field.upper()}" for kind in _all_settings() for field in kind.model_fields}
    named = {name for service in SERVICES.values() for name in service["environment"]}
    assert named <= known


def _import_if_there(module: str) -> None:
    if (ROOT / f"{module.replace('.', '/')}.py").is_file():
        importlib.import_module(module)


def _all_settings() -> list[type[DafangtanSettings]]:
    return DafangtanSettings.__subclasses__()


def test_secrets_are_files_and_have_no_default() -> None:
    assert all(set(secret) == {"file"} for secret in COMPOSE["secrets"].values())
    environments = [service.get("environment", {}) for service in COMPOSE["services"].values()]
    names = [name for environment in environments for name in environment]
    telling = re.compile(r"(PASSWORD|PASSWD|SECRET|TOKEN|_KEY)$")
    assert not [name for name in names if telling.search(name)]


def test_intake_alone_gets_the_sealing_keys() -> None:
    assert [name for name, service in SERVICES.items() if "keys" in service["secrets"]] == ["intake"]


@pytest.mark.parametrize("section", ["networks", "secrets", "volumes"])
def test_what_the_services_use_is_declared(section: str) -> None:
    used = {
        name
        for service in COMPOSE["services"].values()
        for entry in service.get(section, [])
        if (name := _name(entry)) is not None
    }
    assert used == set(COMPOSE[section])


def _name(entry: str) -> str | None:
    """The declared thing that an entry uses; None for a mounted path of this machine."""
    return None if entry.startswith(("./", "/")) else entry.partition(":")[0]


def test_mounted_files_are_there() -> None:
    mounts = [mount for service in COMPOSE["services"].values() for mount in service.get("volumes", [])]
    paths = [ROOT / mount.partition(":")[0] for mount in mounts if mount.startswith("./")]
    assert paths
    assert all(path.exists() for path in paths)


@pytest.mark.parametrize("name", [name for name in COMPOSE["services"] if name != "prometheus"])
def test_a_container_says_when_it_is_ready_and_comes_back_after_a_crash(name: str) -> None:
    service: dict[str, Any] = COMPOSE["services"][name]
    assert service["healthcheck"]["test"]
    assert service["restart"] == "unless-stopped"
