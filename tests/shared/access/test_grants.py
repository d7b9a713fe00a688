"""Use grants and the book that makes them."""

import dataclasses
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from itertools import permutations
from pathlib import Path

import pytest

from shared.access import Grant, GrantBook, Principal
from shared.errors import NotAllowed, RejectEvent
from shared.events import AccessGranted, AccessRevoked, rfc3339

NOW = datetime(2024, 7, 1, tzinfo=UTC)
LI = Principal("li", "person", frozenset({"analyst"}))
ROOT = Path(__file__).parents[3]


def granted(id="g1", units=("*",), variables=("*",), to="li", until=NOW + timedelta(days=1), **changes):
    return AccessGranted(
        **{
            "grant_id": id,
            "campaign": "suzhou-2024",
            "granted_to": to,
            "units": list(units),
            "variables": list(variables),
            "purpose": "年度报告",
            "until": rfc3339(until),
            "granted_by": "wang",
            "granted_at": rfc3339(NOW),
            **changes,
        }
    )


def revoked(id="g1"):
    return AccessRevoked(
        grant_id=id,
        campaign="suzhou-2024",
        granted_to="li",
        revoked_by="wang",
        reason="用途已完成",
        revoked_at=rfc3339(NOW),
    )


def book_of(*events):
    book = GrantBook()
    for event in events:
        (book.granted if isinstance(event, AccessGranted) else book.revoked)(event)
    return book


def require(book, units=("gusu",), variables=("sex",), principal=LI, campaign="suzhou-2024", now=NOW):
    return book.require(principal, campaign, units, variables, now)


def test_an_approval_gives_a_grant_that_names_what_it_covers():
    grant = require(book_of(granted(units=["gusu"], variables=["sex", "age_band"])))
    assert (grant.id, grant.holder, grant.units, grant.has_all_units) == ("g1", "li", {"gusu"}, False)
    assert grant.until == NOW + timedelta(days=1)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"principal": Principal("zhao", "person", frozenset())}, "您在本活动中没有有效的数据使用批准"),
        ({"campaign": "other"}, "您在本活动中没有有效的数据使用批准"),
        ({"units": ["gusu", "wujiang"]}, "您现有的批准不包括：责任单位 wujiang。"),
        ({"variables": ["sex", "q01"]}, "您现有的批准不包括：变量 q01。"),
        ({"units": ["*"]}, "您现有的批准不包括：责任单位 全部。"),
        ({"units": ["x"], "variables": ["y"]}, "责任单位 x；变量 y。"),
        ({"now": NOW + timedelta(days=1)}, "您在本活动中没有有效的数据使用批准"),
    ],
)
def test_what_the_approval_doesnt_cover_is_refused_by_name(asked, message):
    book = book_of(granted(units=["gusu"], variables=["sex"]))
    with pytest.raises(NotAllowed, match=re.escape(message)) as refused:
        require(book, **asked)
    assert refused.value.code == "no-grant"
    assert not refused.value.is_hidden


def test_a_revocation_ends_it_in_whatever_order_the_events_come_and_however_often():
    events = [granted("g1"), revoked("g1"), granted("g1"), granted("g2", units=["gusu"])]
    for order in permutations(events):
        assert require(book_of(*order)).id == "g2"


def test_two_grants_dont_add_up():
    book = book_of(granted("g1", units=["gusu"]), granted("g2", units=["wujiang"]))
    with pytest.raises(NotAllowed):
        require(book, units=["gusu", "wujiang"])


def test_without_units_the_broadest_grant_that_covers_the_variables_is_given():
    narrow, wide = granted("g1", units=["gusu"]), granted("g2", units=["gusu", "wujiang"], variables=["sex"])
    assert require(book_of(narrow, wide), units=[]).units == {"gusu", "wujiang"}
    assert require(book_of(narrow, wide), units=[], variables=["q01"]).units == {"gusu"}
    assert require(book_of(narrow, wide, granted("g0")), units=[]).has_all_units


@pytest.mark.parametrize("until", ["soon", "2024-07-02T00:00:00", ""])
def test_an_approval_whose_end_cant_be_read_is_rejected(until):
    with pytest.raises(RejectEvent, match="until"):
        GrantBook().granted(granted(**{"until": NOW}).model_copy(update={"until": until}))


def test_nobody_else_makes_a_grant():
    fields = {
        "id": "g",
        "campaign": "c",
        "holder": "li",
        "units": frozenset("*"),
        "variables": frozenset("*"),
    }
    with pytest.raises(TypeError):
        Grant(**fields, purpose="", until=NOW)
    with pytest.raises(TypeError):
        Grant(**fields, purpose="", until=NOW, proof=object())
    with pytest.raises(ValueError, match="proof"):
        dataclasses.replace(require(book_of(granted(units=["gusu"]))), units=frozenset("*"))


def test_the_type_checker_refuses_a_grant_that_somebody_else_made(tmp_path):
    code = tmp_path / "forger.py"
    code.write_text(
        "from datetime import datetime\nfrom shared.access import Grant\n"
        "Grant('g', 'c', 'li', frozenset('*'), frozenset('*'), '', datetime.now())\n"
        "Grant('g', 'c', 'li', frozenset('*'), frozenset('*'), '', datetime.now(), object())\n"
    )
    command = [sys.executable, "-m", "mypy", "--strict", "--follow-imports=silent", str(code)]
    checked = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert checked.stdout.count("error:") == 2, checked.stdout + checked.stderr
