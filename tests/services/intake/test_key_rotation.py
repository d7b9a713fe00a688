"""Rotating the sealing key of a running service by command: nothing stops, nothing is lost, the old key is gone."""

from __future__ import annotations

import ast
import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.intake.key_holders import KEY_HOLDERS, holders_of_other_keys
from services.intake.rewrapping import WRAPPED
from services.intake.store import REGISTRATIONS
from shared.privacy import KeyDestroyed, KeyRing, Privacy, begin_rotation
from shared.store import open_store
from tests.services.intake.forms import content
from tests.services.running import Engine, Running, until

CAMPAIGN = "suzhou-2024"
PATH = "/intake/v1/submissions"
ROOT = Path(__file__).parents[3]


@pytest.fixture
def clock(clock):
    clock.now = datetime.now(UTC)  # the command goes by the machine's clock
    return clock


@asynccontextmanager
async def command(engine: Engine, folder: Path, settle: float) -> AsyncIterator[asyncio.subprocess.Process]:
    """``dafangtan keys rotate`` as a process of its own; killed at the end if it still runs."""
    env = os.environ | {
        "DAFANGTAN_STORE_URL": engine.store_url,
        "DAFANGTAN_KEYS_FILE": str(folder / "keys.json"),
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "services.cli", "keys", "rotate", CAMPAIGN, "--settle", str(settle)),
        env=env,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGKILL)
        await process.wait()


async def submit(intake: Running, name: str, count: int) -> list[dict[str, object]]:
    lines = [content(source_id=f"{name}-{number}") for number in range(count)]
    answer = await intake.post("offline", f"{PATH}:batch", b"\n".join(lines))
    receipts = [json.loads(line) for line in answer.text.splitlines()]
    assert {receipt["status"] for receipt in receipts} == {201}
    return receipts


async def wrapped_keys(intake: Running) -> dict[str, str]:
    """Every wrapped key by the id of its submission."""
    found, cursor = {}, None
    while True:
        page = await intake.platform.store.find(REGISTRATIONS, {}, limit=1000, cursor=cursor)
        found |= {each.body["submission_id"]: each.body["wrapped_key"] for each in page.documents}
        if (cursor := page.cursor) is None:
            return found


def privacy_now(folder: Path) -> Privacy:
    return Privacy.for_campaign(KeyRing.load(folder / "keys.json"), CAMPAIGN)


def keys_before(folder: Path) -> tuple[bytes, ...]:
    return KeyRing.load(folder / "keys.json").campaign(CAMPAIGN).sealing_before


@pytest.mark.timeout(120)
async def test_a_rotation_stops_nobody_and_afterwards_the_old_key_opens_nothing(intake, engine, tmp_path):
    intake.be("clerk", "office")
    (first,) = await submit(intake, "before", 1)
    broken = (await intake.post("offline", PATH, b'{"broken": ')).json()["kept_as"]
    await submit(intake, "early", 700)
    old = privacy_now(tmp_path)
    backup = await wrapped_keys(intake)
    async with command(engine, tmp_path, 0.5) as process:
        rounds = 0
        while process.returncode is None:
            await submit(intake, f"meanwhile-{rounds}", 5)
            rounds += 1
            await asyncio.sleep(0)
        told = (await process.stdout.read()).decode()
    assert process.returncode == 0, told
    assert "旧密钥已销毁" in told
    assert rounds > 1
    assert keys_before(tmp_path) == ()
    now = privacy_now(tmp_path).sealer
    for id, wrapped in (await wrapped_keys(intake)).items():
        assert now.is_current(wrapped)
        now.unwrap(id, wrapped)
    for id, wrapped in backup.items():  # as in a copy of the store from before
        assert old.sealer.unwrap(id, wrapped)
        with pytest.raises(KeyDestroyed):
            now.unwrap(id, wrapped)
    path = f"{PATH}/{first['submission_id']}/unseal"
    opened = await intake.ask("clerk", "POST", path, fields=["name"], purpose="核对更换密钥之后能否打开")
    assert opened.json()["fields"] == {"name": "沈晓燕"}
    replayed = await intake.ask("clerk", "POST", f"/intake/v1/quarantine/{broken}:replay")
    assert replayed.json()["state"] == "waiting"


@pytest.mark.timeout(120)
async def test_killed_in_the_middle_everything_opens_and_the_next_run_goes_on(intake, engine, tmp_path):
    await submit(intake, "s", 1600)
    before = await wrapped_keys(intake)
    async with command(engine, tmp_path, 60):

        async def has_begun():
            now, keys = privacy_now(tmp_path).sealer, await wrapped_keys(intake)
            return keys_before(tmp_path) and any(map(now.is_current, keys.values()))

        await until(has_begun, "the first data keys to be wrapped anew")
    assert len(keys_before(tmp_path)) == 1
    now = privacy_now(tmp_path).sealer
    middle = await wrapped_keys(intake)
    assert middle.keys() == before.keys()
    for id, wrapped in middle.items():
        now.unwrap(id, wrapped)
    await submit(intake, "after-the-kill", 3)
    async with command(engine, tmp_path, 0.5) as process:
        told, _ = await process.communicate()
    assert process.returncode == 0, told.decode()
    assert "继续上次未完成的更换" in told.decode()
    assert keys_before(tmp_path) == ()
    now = privacy_now(tmp_path).sealer
    for id, wrapped in (await wrapped_keys(intake)).items():
        now.unwrap(id, wrapped)


async def test_while_a_process_wraps_by_the_old_key_it_is_not_destroyed(intake, engine, tmp_path, clock):
    begin_rotation(tmp_path / "keys.json", CAMPAIGN)
    current_id = privacy_now(tmp_path).sealer.current_id

    async def is_known():
        store = intake.platform.store
        count = await store.count(KEY_HOLDERS)
        return count and not await holders_of_other_keys(store, CAMPAIGN, current_id, clock())

    await until(is_known, "the running service to take up the new key")
    store = open_store(engine.store_url)
    await store.open([KEY_HOLDERS])
    async with store.transaction() as transaction:
        body = {"key_ids": {CAMPAIGN: "00000000"}, "at": clock().isoformat()}
        await transaction.insert(KEY_HOLDERS, "a-process-that-does-not-see-the-file", body)
    assert await holders_of_other_keys(store, CAMPAIGN, current_id, clock()) == 1
    await store.close()
    async with command(engine, tmp_path, 0) as process:
        async with asyncio.timeout(60):
            while b"\xe7\xad\x89\xe5\xbe\x85" not in await process.stdout.readline():
                assert process.returncode is None
        assert keys_before(tmp_path)


def test_whatever_keeps_data_keys_is_wrapped_anew():
    """Whoever wraps a data key in another file enters its collection in WRAPPED, or says here why it needn't."""
    makers = {
        "services/intake/door.py": REGISTRATIONS.name,
        "services/intake/quarantine/keeping.py": "intake.quarantine_contents",
        "services/intake/cases/opening.py": "intake.cases",
        "services/intake/obligations/contacts.py": "intake.contacts",
        "services/intake/channels/excel/importing.py": "intake.imports",
        "services/intake/channels/wechat/access_tokens.py": None,  # one that doesn't open is asked for again
    }
    found = set()
    for path in (ROOT / "services").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Attribute) and node.attr == "new_data_key":
                found.add(path.relative_to(ROOT).as_posix())
    assert found == makers.keys()
    assert {name for name in makers.values() if name} == {each.collection.name for each in WRAPPED}


@pytest.mark.timeout(120)
@pytest.mark.parametrize("engine", ["servers"], indirect=True)
async def test_a_rotation_waits_out_a_transaction_that_is_in_its_way(intake, engine, tmp_path):
    (receipt,) = await submit(intake, "s", 1)
    standing = await intake.platform.store.get(REGISTRATIONS, receipt["receipt"])
    async with command(engine, tmp_path, 0) as process:
        # Not before: the server gives up a transaction that lasts, and a process may take long to start.
        told = (await process.stdout.readline()).decode()
        async with intake.platform.store.transaction() as held:
            await held.replace(REGISTRATIONS, standing.id, standing.body, version=standing.version)
            while "稍后再试" not in (line := (await process.stdout.readline()).decode()):
                assert line, told
                told += line
        told, _ = await process.communicate()
        assert process.returncode == 0, told.decode()
    now = privacy_now(tmp_path).sealer
    assert all(map(now.is_current, (await wrapped_keys(intake)).values()))
