"""``dafangtan interviewer``."""

import pytest
from typer.testing import CliRunner

from services.cli import app
from shared.access.interviewers import ha1_of, known_of, read_interviewers
from shared.errors import Invalid, NotFound
from shared.privacy import KeyRing


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setenv("DAFANGTAN_KEYS_FILE", str(tmp_path / "keys.json"))
    monkeypatch.setenv("DAFANGTAN_INTERVIEWERS_FILE", str(tmp_path / "interviewers.json"))
    monkeypatch.setenv("DAFANGTAN_ISSUER_FILE", str(tmp_path / "issuer.json"))
    monkeypatch.setenv("DAFANGTAN_OIDC_KEYS_URL", f"file:{tmp_path}/public.json")

    def invoke(*words):
        result = CliRunner().invoke(app, words)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.output

    invoke("keys", "init")
    return invoke


def test_an_interviewer_is_added_listed_and_revoked(run, tmp_path):
    lines = run("interviewer", "add", "陆建国", "--unit", "gusu").splitlines()
    username, password = (line.partition("：")[2] for line in lines[:2])
    (kept,) = read_interviewers(tmp_path / "interviewers.json").values()
    keys = KeyRing.load(tmp_path / "keys.json").campaign("suzhou-2024")
    assert (kept.username, known_of(kept, keys).ha1) == (username, ha1_of(username, password))

    listed = run("interviewer", "list")
    assert f"{username}  suzhou-2024  gusu  陆建国  在用" in listed
    assert password not in listed
    run("interviewer", "revoke", username)
    assert "停用" in run("interviewer", "list")


def test_a_unit_that_isnt_there_is_told(run):
    with pytest.raises(NotFound, match="gusu"):
        run("interviewer", "add", "陆建国", "--unit", "atlantis")


def test_a_campaign_that_isnt_there_is_told(run):
    with pytest.raises(Invalid, match="suzhou-2024"):
        run("interviewer", "add", "陆建国", "--unit", "gusu", "--campaign", "nowhere")


def test_without_interviewers_the_list_says_so(run):
    assert "共 0 名" in run("interviewer", "list")
