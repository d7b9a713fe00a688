"""House rules about who may import what, beyond those that import-linter holds."""

import ast
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

DRIVERS = {
    "aiokafka": {"shared/log/kafka"},
    "motor": {"shared/store/mongo"},
    "pymongo": {"shared/store/mongo"},
    "sqlite3": {"shared/log/sqlite", "shared/store/sqlite", "shared/write_ahead"},
    "aiosmtplib": {"services/notify/"},
    "cedarpy": {"shared/access/policies"},
    "joserfc": {"shared/access/"},
}
WEB = ("fastapi", "starlette", "uvicorn")
WEB_FILES = ("routes.py", "app.py", "part.py")


def sources():
    return [path for room in ("services", "shared") for path in sorted((ROOT / room).rglob("*.py"))]


@cache
def imported(path):
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.split(".")[0])
    return names


def place(path):
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("driver", DRIVERS)
def test_a_driver_is_imported_in_its_adapter_alone(driver):
    users = {place(path) for path in sources() if driver in imported(path)}
    assert users, f"nobody imports {driver}; drop the rule"
    strangers = {user for user in users if not user.startswith(tuple(DRIVERS[driver]))}
    assert not strangers


def test_the_web_framework_is_imported_in_routes_and_apps_alone():
    users = {path for path in sources() if imported(path) & set(WEB)}
    strangers = {
        place(path)
        for path in users
        if path.name not in WEB_FILES and not place(path).startswith("shared/http/")
    }
    assert not strangers


def test_the_environment_is_read_in_settings_alone():
    readers = {
        place(path)
        for path in sources()
        if "os.environ" in (text := path.read_text()) or "getenv" in text
        if path.name != "settings.py"
    }
    assert not readers
