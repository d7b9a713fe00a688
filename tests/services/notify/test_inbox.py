"""The inbox over HTTP: everybody's own, and whether it was read is each reader's own."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from shared.events import Topic
from tests.services.notify.telling import granted, milestone
from tests.services.running import ClockInTest, Running, until

INBOX = "/notify/v1/inbox"


async def inbox(notify: Running, who: str, query: str = "") -> dict[str, Any]:
    answer = await notify.ask(who, "GET", INBOX + query)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def wait_for_notices(notify: Running, who: str, count: int) -> None:
    async def are_there() -> bool:
        return len((await inbox(notify, who))["notices"]) >= count

    await until(are_there, f"{count} notices for {who}")


async def test_everybody_sees_what_is_for_them_for_their_roles_and_for_their_unit(
    notify: Running, clock: ClockInTest
) -> None:
    await notify.append(Topic.QUOTA, milestone("e1", clock()))
    await notify.append(Topic.ACCESS, granted("e2", clock() + timedelta(minutes=1)))
    await wait_for_notices(notify, "off", 2)
    seen = {
        who: [(n["kind"], n["recipient"]) for n in (await inbox(notify, who))["notices"]]
        for who in notify.tokens
    }
    assert seen == {
        "ann": [("grant_approved", "subject:ann")],
        "off": [("grant_approved", "role:office"), ("milestone", "role:office")],
        "bob": [("milestone", "unit:kunshan")],
        "lee": [],
        "ops": [],
    }
    (notice,) = (await inbox(notify, "ann"))["notices"]
    assert "批准您使用数据" in notice["body"]
    assert (await notify.client.get(INBOX)).status_code == 401


async def test_reading_is_each_readers_own(notify: Running, clock: ClockInTest) -> None:
    notify.be("off2", "office")
    await notify.append(Topic.QUOTA, milestone("e1", clock()))
    await wait_for_notices(notify, "off", 1)
    (notice,) = (await inbox(notify, "off"))["notices"]
    assert notice["is_read"] is False
    for _ in range(2):
        answer = await notify.ask("off", "POST", f"{INBOX}/{notice['id']}:read")
        assert (answer.status_code, answer.json()) == (200, {**notice, "is_read": True})
    assert (await inbox(notify, "off"))["notices"] == [{**notice, "is_read": True}]
    assert (await inbox(notify, "off", "?unread=true"))["notices"] == []
    assert (await inbox(notify, "off2", "?unread=true"))["notices"] == [notice]


async def test_the_notice_of_others_is_not_there(notify: Running, clock: ClockInTest) -> None:
    await notify.append(Topic.QUOTA, milestone("e1", clock()))
    await wait_for_notices(notify, "off", 1)
    (notice,) = (await inbox(notify, "off"))["notices"]
    others = await notify.ask("ann", "POST", f"{INBOX}/{notice['id']}:read")
    nothing = await notify.ask("ann", "POST", f"{INBOX}/no-such-id:read")
    assert (others.status_code, nothing.status_code) == (404, 404)
    assert others.json()["detail"].replace(notice["id"], "no-such-id") == nothing.json()["detail"]


async def test_pages_go_on_where_they_ended_over_all_recipients(notify: Running, clock: ClockInTest) -> None:
    notify.be("all", "office", unit="kunshan")
    now = clock()
    events = [milestone(f"e{n}", now + timedelta(seconds=n // 2)) for n in range(60)]
    await notify.append(Topic.QUOTA, *events)
    await notify.append(Topic.ACCESS, *(granted(f"g{n}", now, to="all") for n in range(5)))
    wanted_count = 60 * 2 + 5 * 2
    found: list[dict[str, Any]] = []

    async def are_all_there() -> bool:
        found.clear()
        cursor = ""
        while True:
            page = await inbox(notify, "all", f"?{cursor}")
            found.extend(page["notices"])
            if page["cursor"] is None:
                return len(found) >= wanted_count
            cursor = f"cursor={page['cursor']}"

    await until(are_all_there, f"{wanted_count} notices")
    assert len({notice["id"] for notice in found}) == len(found) == wanted_count
    assert [notice["at"] for notice in found] == sorted((notice["at"] for notice in found), reverse=True)
    for notice in found[:55]:
        await notify.ask("all", "POST", f"{INBOX}/{notice['id']}:read")
    unread = await inbox(notify, "all", "?unread=true")
    assert unread["notices"] == found[55:105]
    rest = await inbox(notify, "all", f"?unread=true&cursor={unread['cursor']}")
    assert (rest["notices"], rest["cursor"]) == (found[105:], None)


async def test_deliveries_are_for_the_operator(notify: Running, clock: ClockInTest) -> None:
    await notify.append(Topic.QUOTA, milestone("e1", clock()))

    async def are_sent() -> bool:
        answer = await notify.ask("ops", "GET", "/notify/v1/mails?state=sent")
        return len(answer.json()["mails"]) == 2

    await until(are_sent, "two mails are sent")
    assert (await notify.ask("off", "GET", "/notify/v1/mails?state=sent")).status_code == 403
    assert (await notify.ask("ops", "GET", "/notify/v1/mails?state=lost")).status_code == 422
