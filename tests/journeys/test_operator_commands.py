"""The operator's commands beside a running embedded system."""

import asyncio
import json
import os
import subprocess
import sys
from functools import cache

import httpx
import pytest

from services.demo.scenario import build_scenario
from shared.events import Topic
from shared.log import open_log
from shared.log.port import Message
from tests.journeys.conftest import ROOT, eventually, free_ports
from tests.suzhou import suzhou

pytestmark = pytest.mark.timeout(180)


@cache
def forms():
    """What was sent before the commands are given."""
    return [step for step in build_scenario(suzhou(), 7, 0.01).steps if step.case == "new"]


class System:
    """``dafangtan up`` in a folder of its own."""

    def __init__(self, folder):
        self.folder = folder
        self.port = free_ports(1)
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = {
            **os.environ,
            "DAFANGTAN_LOG_URL": f"sqlite:///{folder}/log.db",
            "DAFANGTAN_STORE_URL": f"sqlite:///{folder}/store.db",
            "DAFANGTAN_KEYS_FILE": f"{folder}/keys.json",
            "DAFANGTAN_CHANNEL_KEYS_FILE": f"{folder}/channel-keys.json",
            "DAFANGTAN_INTERVIEWERS_FILE": f"{folder}/interviewers.json",
            "DAFANGTAN_ISSUER_FILE": f"{folder}/issuer.json",
            "DAFANGTAN_OIDC_KEYS_URL": f"file:{folder}/issuer-public.json",
            "DAFANGTAN_INTAKE_SPOOL_DIR": f"{folder}/spool",
            "DAFANGTAN_INTAKE_URL": self.url,
            "DAFANGTAN_QUOTA_URL": self.url,
            "DAFANGTAN_ANALYTICS_URL": self.url,
            "NO_COLOR": "1",
        }
        self.server = None
        self.client = httpx.Client(base_url=self.url, trust_env=False)

    def run(self, *arguments):
        return subprocess.run(
            [sys.executable, "-m", "services.cli", *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def start(self):
        self.server = subprocess.Popen(
            [sys.executable, "-m", "services.cli", "up", "--port", str(self.port)],
            cwd=ROOT,
            env=self.environment,
            stderr=(self.folder / "up.log").open("ab"),
        )
        eventually(self.is_ready)

    def is_ready(self):
        try:
            return self.client.get("/readyz").is_success
        except httpx.TransportError:
            return False

    def post(self, form, key):
        return self.client.post(
            "/intake/v1/submissions",
            content=form.content,
            headers={"Authorization": f"Bearer {key}"},
        )


def listing_of(system, wanted):
    """What ``dead-letters list`` prints, if that is in it."""
    listed = system.run("dead-letters", "list").stdout
    return listed if wanted in listed else ""


@pytest.fixture(scope="module")
def system(tmp_path_factory):
    system = System(tmp_path_factory.mktemp("system"))
    assert system.run("keys", "init").returncode == 0
    keys = {
        channel: system.run("channel-key", "add", channel).stdout.strip()
        for channel in {form.channel for form in forms()}
    }
    system.start()
    for form in forms():
        answer = system.post(form, keys[form.channel])
        assert answer.status_code == 201, answer.text
    system.keys = keys
    yield system
    system.client.close()
    system.server.terminate()
    assert system.server.wait(30) == 0


def test_reconcile_says_that_the_books_balance(system):
    done = system.run("reconcile")
    assert done.returncode == 0, done.stderr
    assert f"已接收 {len(forms()):,}" in done.stdout
    assert "账目平衡" in done.stdout


def test_a_rebuild_equals_what_stood(system):
    for service in ("quota", "notify"):
        done = system.run("rebuild", service)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "与原来一致" in done.stdout
    assert system.run("reconcile").returncode == 0


def test_what_is_no_fold_is_not_rebuilt(system):
    done = system.run("rebuild", "intake")
    assert done.returncode == 1
    assert "备份" in done.stderr


def test_an_unreadable_event_is_listed_with_its_reason_and_can_be_replayed(system):
    async def append():
        log = open_log(system.environment["DAFANGTAN_LOG_URL"], topic_prefix="")
        await log.open(list(Topic), partition_count=8)
        await log.append(Topic.SUBMISSIONS, [Message("k", (("ce_id", b"x"),), b"not json")])
        await log.close()

    asyncio.run(append())
    listed = eventually(lambda: listing_of(system, "共 3 条"))
    assert "ce_type" in listed
    assert {"intake", "quota", "analytics"} <= {line.split()[0] for line in listed.splitlines()[:-1]}
    assert "已重放 1 条" in system.run("dead-letters", "replay", "quota").stdout
    assert system.run("reconcile").returncode == 0


def test_what_was_not_accepted_is_listed_replayed_and_discarded(system):
    broken = system.client.post(
        "/intake/v1/submissions",
        content=b'{"answers": ',
        headers={"Authorization": f"Bearer {system.keys['offline']}"},
    ).json()["kept_as"]
    listed = system.run("quarantine", "list")
    assert (listed.returncode, broken in listed.stdout) == (0, True), listed.stderr
    assert "共 1 件待处理" in listed.stdout
    replayed = system.run("quarantine", "replay")
    assert replayed.returncode == 1
    assert "仍待处理 1 件" in replayed.stdout
    unknown = system.run("quarantine", "replay", "nothing")
    assert (unknown.returncode, "没有这一件" in unknown.stderr) == (1, True)
    assert system.run("quarantine", "discard", broken, "--why", "试机数据").returncode == 0
    assert "共 0 件待处理" in system.run("quarantine", "list").stdout


def test_the_audit_chain_verifies(system):
    done = system.run("audit", "verify")
    assert done.returncode == 0, done.stderr
    assert "release" in done.stdout


def test_the_audit_trail_tells_from_which_unit_to_which_a_submission_was_moved(system):
    form = next(form for form in forms() if form.form["edition"] == "general" and form.channel != "offline")
    other = "gusu" if form.unit != "gusu" else "kunshan"
    key = system.keys[form.channel]
    stands = system.post(form, key).json()
    moved = system.client.put(
        f"/intake/v1/receipts/{stands['receipt']}/submission",
        json={**form.form, "unit": other},
        headers={"Authorization": f"Bearer {key}"},
    )
    assert moved.status_code == 200, moved.text
    id = stands["submission_id"]
    listed = system.run("audit", "list", "intake", "--action", "amend", "--about", id)
    assert listed.returncode == 0, listed.stderr
    entry, count = listed.stdout.splitlines()
    assert f"moved_from={form.unit} moved_to={other}" in entry
    assert f"  amend  kind=submission id={id}" in entry
    assert count == "共 1 条。"
    assert system.run("audit", "list", "intake", "--about", "nothing").stdout == "共 0 条。\n"
    assert "intake、analytics、release" in system.run("audit", "list", "quota").stderr


def test_a_campaign_is_checked_with_file_line_and_reason(system, tmp_path):
    good = system.run("campaign", "check", "deploy/campaigns/suzhou-2024")
    assert good.returncode == 0
    assert "14 个名额" in good.stdout
    broken = tmp_path / "broken"
    subprocess.run(["cp", "-r", ROOT / "deploy/campaigns/suzhou-2024", broken], check=True)
    quotas = (broken / "quotas.yaml").read_text()
    (broken / "quotas.yaml").write_text(quotas.replace("target", "tarrget", 1))
    bad = system.run("campaign", "check", str(broken))
    assert bad.returncode == 1
    assert "quotas.yaml:" in bad.stdout


def test_every_setting_is_told(system):
    told = system.run("settings").stdout
    for variable in ("DAFANGTAN_LOG_URL", "DAFANGTAN_INTAKE_SPOOL_DIR", "DAFANGTAN_SMTP_URL"):
        assert variable in told


def test_the_events_are_described(system):
    document = json.loads(system.run("events", "asyncapi").stdout)
    assert "dafangtan.submission.received.v1" in document["components"]["messages"]


def test_a_token_opens_what_its_role_may_see(system):
    token = system.run("token", "--role", "office").stdout.strip()
    answer = system.client.get(
        "/quota/v1/campaigns/suzhou-2024/progress", headers={"Authorization": f"Bearer {token}"}
    )
    assert answer.status_code == 200
    assert answer.json()["accepted"] == len(forms())


def test_an_unknown_service_is_named_with_those_there_are(system):
    done = system.run("serve", "nonsense")
    assert done.returncode == 1
    assert "intake、quota" in done.stderr
