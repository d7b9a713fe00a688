"""Use grants over HTTP: asked for, decided on, told to the log, and in the audit trail."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import Any

import httpx
import orjson
import pytest
from prometheus_client import REGISTRY

from shared.access import AuditTrail, GrantBook, Principal
from shared.errors import NotAllowed
from shared.events import AccessGranted, AccessRevoked, Topic
from shared.metrics import GrantDecision
from tests.services.running import ClockInTest, Running, until

GRANTS = "/release/v1/grants"
WISH: dict[str, Any] = {
    "campaign": "suzhou-2024",
    "units": ["zhangjiagang"],
    "variables": ["age_band", "sex"],
    "purpose": "分析青年职工的住房诉求，供起草访谈要点报告之用",
    "until": "2024-07-01T00:00:00+08:00",
}


async def requested(release: Running, by: str = "ann") -> str:
    answer = await release.ask(by, "POST", GRANTS, **WISH)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def decide(
    release: Running, by: str, id: str, action: str, reason: str | None = None
) -> httpx.Response:
    content = {} if reason is None else {"reason": reason}
    return await release.ask(by, "POST", f"{GRANTS}/{id}:{action}", **content)


async def told(release: Running, count: int) -> list[tuple[str, dict[str, Any]]]:
    """The types and data of the access events, once there are ``count``."""

    async def are_there() -> bool:
        return sum((await release.platform.log.ends(Topic.ACCESS)).values()) >= count

    await until(are_there, f"{count} access events")
    return [
        (event.type.split(".")[2], orjson.loads(event.data)) for event in await release.events(Topic.ACCESS)
    ]


async def audit(release: Running) -> list[dict[str, Any]]:
    answer = await release.ask("off", "GET", "/release/v1/audit")
    assert answer.status_code == 200, answer.text
    return list(answer.json()["entries"])


async def test_a_grant_is_requested_approved_and_revoked_and_each_is_told_and_recorded(
    release: Running, clock: ClockInTest
) -> None:
    id = await requested(release)
    clock.advance(timedelta(hours=1))
    approved = await decide(release, "lee", id, "approve")
    assert (approved.status_code, approved.json()["state"]) == (200, "approved")
    assert approved.json()["is_in_force"] is True
    clock.advance(timedelta(hours=1))
    revoked = await decide(release, "liu", id, "revoke", "用途已完成")
    assert (revoked.status_code, revoked.json()["is_in_force"]) == (200, False)
    assert [(d["action"], d["by"], d["reason"]) for d in revoked.json()["decisions"]] == [
        ("approve", "lee", None),
        ("revoke", "liu", "用途已完成"),
    ]
    events = await told(release, 3)
    assert [kind for kind, _ in events] == ["requested", "granted", "revoked"]
    assert {data["grant_id"] for _, data in events} == {id}
    granted = events[1][1]
    assert (granted["granted_to"], granted["granted_by"]) == ("ann", "lee")
    assert granted["units"] == WISH["units"]
    assert granted["until"] == "2024-06-30T16:00:00.000Z"
    entries = await audit(release)
    assert [(e["action"], e["actor"]["subject"], e["resource"]["id"]) for e in entries] == [
        ("request_grant", "ann", id),
        ("approve_grant", "lee", id),
        ("revoke_grant", "liu", id),
    ]
    assert entries[2]["details"]["reason"] == "用途已完成"
    assert (await AuditTrail(release.platform.store, "release").verify()).count == 3


async def test_what_is_told_opens_and_closes_the_door_to_the_data(
    release: Running, clock: ClockInTest
) -> None:
    id = await requested(release)
    await decide(release, "lee", id, "approve")
    await decide(release, "lee", id, "revoke", "用途已完成")
    _, granted, revoked = await told(release, 3)
    book, ann = GrantBook(), Principal("ann", "person", frozenset({"analyst"}))
    book.granted(AccessGranted.model_validate(granted[1]))
    assert book.require(ann, "suzhou-2024", ["zhangjiagang"], ["sex"], clock()).id == id
    book.revoked(AccessRevoked.model_validate(revoked[1]))
    with pytest.raises(NotAllowed):
        book.require(ann, "suzhou-2024", ["zhangjiagang"], ["sex"], clock())


async def test_half_a_character_is_no_campaign_and_no_purpose(release: Running) -> None:
    headers = {"content-type": "application/json"}
    for field in ("campaign", "purpose"):
        body = json.dumps({**WISH, field: "\ud800" * 10}).encode()
        answer = await release.post("ann", GRANTS, body, headers=headers)
        assert (answer.status_code, answer.json()["problems"][0]["field"]) == (422, field)


async def test_a_repeated_request_gives_the_original_and_other_content_is_a_conflict(
    release: Running, clock: ClockInTest
) -> None:
    first = await release.ask("ann", "POST", GRANTS, key="k-1", **WISH)
    clock.advance(timedelta(days=60))  # by now the end that was asked for is over
    again = await release.ask("ann", "POST", GRANTS, key="k-1", **{**WISH, "variables": ["sex", "age_band"]})
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    other = await release.ask("ann", "POST", GRANTS, key="k-1", **{**WISH, "units": ["*"]})
    assert (other.status_code, other.json()["code"]) == (409, "idempotency-key-reused")
    of_somebody_else = await release.ask(
        "bob", "POST", GRANTS, key="k-1", **{**WISH, "until": "2024-09-01T00:00:00Z"}
    )
    assert of_somebody_else.status_code == 201
    assert len(await told(release, 2)) == 2


async def test_the_same_request_twenty_times_at_once_is_one_request(release: Running) -> None:
    answers = await asyncio.gather(
        *(release.ask("ann", "POST", GRANTS, key="k-1", **WISH) for _ in range(20))
    )
    assert sorted(answer.status_code for answer in answers) == [200] * 19 + [201]
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert len(await audit(release)) == 1
    assert len(await told(release, 1)) == 1


async def test_without_a_key_each_request_is_a_new_one(release: Running) -> None:
    assert await requested(release) != await requested(release)


async def test_two_decisions_at_once_one_wins_and_the_other_hears_what_stands(release: Running) -> None:
    for _ in range(5):
        id = await requested(release)
        answers = await asyncio.gather(
            decide(release, "lee", id, "approve"), decide(release, "liu", id, "refuse", "用途不明确")
        )
        assert sorted(answer.status_code for answer in answers) == [200, 409]
        winner = next(answer for answer in answers if answer.status_code == 200).json()
        loser = next(answer for answer in answers if answer.status_code == 409).json()
        assert loser["code"] == "grant-state"
        assert winner["state_name"] in loser["detail"]
        stands = await release.ask("ann", "GET", f"{GRANTS}/{id}")
        assert stands.json() == winner
    assert len(await audit(release)) == 10
    assert len(await told(release, 10)) == 10


async def test_ones_own_decision_again_is_answered_with_what_stands(release: Running) -> None:
    id = await requested(release)
    before = refusals_counted()
    first = await decide(release, "lee", id, "refuse", "用途不明确")
    again = await decide(release, "lee", id, "refuse", " 用途不明确 ")
    assert (again.status_code, again.json()) == (200, first.json())
    assert (await decide(release, "lee", id, "refuse", "范围过大")).status_code == 409
    assert (await decide(release, "liu", id, "refuse", "用途不明确")).status_code == 409
    assert refusals_counted() == before + 1
    assert len(await audit(release)) == 2
    assert len(await told(release, 2)) == 2


async def test_nobody_decides_on_their_own_request(release: Running) -> None:
    id = await requested(release, by="liu")
    for action, reason in (("approve", None), ("refuse", "不需要")):
        answer = await decide(release, "liu", id, action, reason)
        assert (answer.status_code, "本人" in answer.json()["detail"]) == (403, True)
    assert (await decide(release, "lee", id, "approve")).status_code == 200


async def test_those_who_may_not_decide_are_told_so_or_nothing_at_all(release: Running) -> None:
    id = await requested(release)
    assert (await decide(release, "off", id, "approve")).status_code == 403
    assert (await decide(release, "ann", id, "revoke", "不需要")).status_code == 403
    hidden = await decide(release, "bob", id, "approve")
    missing = await decide(release, "bob", "no-such-id", "approve")
    assert (hidden.status_code, missing.status_code) == (404, 404)
    assert hidden.json()["detail"].replace(id, "no-such-id") == missing.json()["detail"]
    assert len(await audit(release)) == 1


async def test_only_the_requester_cancels_and_only_before_a_decision(release: Running) -> None:
    id = await requested(release)
    assert (await decide(release, "lee", id, "cancel")).status_code == 403
    cancelled = await decide(release, "ann", id, "cancel")
    assert (cancelled.status_code, cancelled.json()["state"]) == (200, "cancelled")
    late = await decide(release, "lee", id, "approve")
    assert (late.status_code, "已撤销申请" in late.json()["detail"]) == (409, True)
    assert [kind for kind, _ in await told(release, 1)] == ["requested"]


async def test_a_grant_is_seen_by_its_requester_the_leading_group_and_the_office(release: Running) -> None:
    id = await requested(release)
    seen = {who: (await release.ask(who, "GET", f"{GRANTS}/{id}")).status_code for who in release.tokens}
    assert seen == {"ann": 200, "lee": 200, "liu": 200, "off": 200, "bob": 404, "int": 404, "ops": 404}
    listed = {who: len((await release.ask(who, "GET", GRANTS)).json()["grants"]) for who in release.tokens}
    assert listed == {"ann": 1, "lee": 1, "liu": 1, "off": 1, "bob": 0, "int": 0, "ops": 0}


async def test_grants_are_listed_by_state_page_by_page_latest_first(
    release: Running, clock: ClockInTest
) -> None:
    ids = []
    for _ in range(53):
        ids.append(await requested(release))
        clock.advance(timedelta(seconds=1))
    await decide(release, "lee", ids[0], "approve")
    first = (await release.ask("ann", "GET", f"{GRANTS}?state=requested")).json()
    second = (await release.ask("ann", "GET", f"{GRANTS}?state=requested&cursor={first['cursor']}")).json()
    assert [grant["id"] for grant in first["grants"] + second["grants"]] == ids[:0:-1]
    assert second["cursor"] is None
    approved = (await release.ask("lee", "GET", f"{GRANTS}?state=approved")).json()
    assert [grant["id"] for grant in approved["grants"]] == ids[:1]
    assert (await release.ask("lee", "GET", f"{GRANTS}?state=lost")).status_code == 422
    assert (await release.ask("lee", "GET", f"{GRANTS}?cursor=nonsense")).status_code == 422


async def test_a_wrong_request_is_told_field_by_field(release: Running) -> None:
    wrong = {**WISH, "units": ["atlantis"], "purpose": "短", "until": "2020-01-01T00:00:00Z"}
    answer = await release.ask("ann", "POST", GRANTS, **wrong)
    assert answer.status_code == 422
    assert {problem["field"] for problem in answer.json()["problems"]} == {"units", "purpose", "until"}
    naive = await release.ask("ann", "POST", GRANTS, **{**WISH, "until": "2024-07-01T00:00:00"})
    assert naive.json()["problems"][0]["field"] == "until"
    unknown = await release.ask("ann", "POST", GRANTS, **{**WISH, "campaign": "venice-1900"})
    assert (unknown.status_code, unknown.json()["code"]) == (404, "unknown-campaign")
    assert await audit(release) == []


async def test_who_may_not_request_is_told_so(release: Running) -> None:
    for who in ("int", "ops", "lee"):
        assert (await release.ask(who, "POST", GRANTS, **WISH)).status_code == 403
    assert (await release.client.post(GRANTS, json=WISH)).status_code == 401


async def test_a_refusal_needs_its_reason(release: Running) -> None:
    id = await requested(release)
    for reason in ("", "   ", "长" * 501):
        assert (await decide(release, "lee", id, "refuse", reason)).status_code == 422
    assert (await decide(release, "lee", id, "refuse")).status_code == 422


async def test_the_audit_trail_is_for_those_who_watch(release: Running) -> None:
    await requested(release)
    may = {who: (await release.ask(who, "GET", "/release/v1/audit")).status_code for who in release.tokens}
    assert may == {"off": 200, "lee": 200, "liu": 200, "ops": 200, "ann": 404, "bob": 404, "int": 404}


def refusals_counted() -> float:
    """How many refusals the metric counts."""
    name = "dafangtan_release_grant_decisions_total"
    return REGISTRY.get_sample_value(name, {"decision": GrantDecision.REFUSED}) or 0.0
