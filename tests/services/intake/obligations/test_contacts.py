"""The table of contacts: registered, replaced, withdrawn, opened for few; what is gone can't be read by anybody."""

import asyncio
from datetime import timedelta

import pytest

from services.intake.obligations.store import CONTACTS
from shared.access import AuditTrail
from shared.privacy import KeyRing
from tests.services.intake.obligations.conftest import LEADER, PERSON, TABLE
from tests.services.intake.searching import contents, opened
from tests.services.running import until

ID = "suzhou-2024/zhangjiagang/contacts"
PURPOSE = "通知各单位具体负责人召开碰头会"
PERSONAL = ("沈晓燕", "陆建国", "13912345678", "13700001111", "58000000", "lujianguo")


def words(folder):
    """What the keys open of the table in all files."""
    keyring = KeyRing.load(folder / "keys.json")
    return b"".join(opened(contents(folder), keyring, [ID])[ID]).decode()


@pytest.mark.servers_too
async def test_what_flows_on_is_which_roles_are_registered_and_since_when(work, clock):
    first = await work.post("contacts", contacts={"leader": LEADER})
    assert (first.status_code, first.json()["roles"]) == (201, {"leader": "2024-06-01"})
    clock.advance(timedelta(days=2))
    second = await work.post("contacts", contacts=TABLE)
    roles = {"leader": "2024-06-01", "person_in_charge": "2024-06-03"}
    assert (second.status_code, second.json()["roles"], second.json()["revision"]) == (200, roles, 1)
    events = {event.revision: event for event in await work.told(2)}
    assert (events[0].roles, events[1].roles) == ({"leader": "2024-06-01"}, roles)
    assert not any(word in event.model_dump_json() for event in events.values() for word in PERSONAL)


async def test_the_same_table_again_is_the_same_in_whatever_order(work):
    first = await work.post("contacts", contacts=TABLE)
    again = await work.post("contacts", contacts=dict(reversed(TABLE.items())))
    assert (again.status_code, again.json()) == (200, first.json())
    assert len(await work.told(1)) == 1


async def test_a_table_may_name_the_revision_that_it_replaces(work):
    for table, status in ((TABLE, 201), ({"leader": LEADER}, 200), ({"leader": LEADER}, 200), (TABLE, 409)):
        answer = await work.post("contacts", if_match=0, contacts=table)
        assert answer.status_code == status
    assert answer.json()["code"] == "revision-moved"


async def test_a_late_repeat_of_an_older_table_changes_nothing_and_says_how_to_bring_it_back(work):
    await work.post("contacts", contacts={"leader": LEADER})
    newer = await work.post("contacts", contacts=TABLE)
    late = await work.post("contacts", contacts={"leader": LEADER})
    assert (late.status_code, late.json()["code"]) == (409, "stood-before")
    assert "If-Match: 1" in late.json()["detail"]
    assert (await work.get("contacts")).json() == newer.json()
    back = await work.post("contacts", if_match=1, contacts={"leader": LEADER})
    assert (back.status_code, back.json()["revision"]) == (200, 2)
    assert (await work.post("contacts", contacts={"leader": LEADER})).json() == back.json()
    assert (await work.post("contacts", contacts=TABLE)).status_code == 409
    other = {"leader": {**LEADER, "post": "张家港市总工会主席"}}
    assert (await work.post("contacts", contacts=other)).json()["revision"] == 3


async def test_the_same_table_posted_many_times_at_once_is_one(work):
    answers = await asyncio.gather(*[work.post("contacts", contacts=TABLE) for _ in range(6)])
    assert sorted(answer.status_code for answer in answers) == [200] * 5 + [201]
    assert {answer.json()["revision"] for answer in answers} == {0}


async def test_contacts_are_opened_with_a_purpose_and_an_audit_entry(work):
    await work.post("contacts", contacts=TABLE)
    seen = await work.get("contacts")
    assert not any(word in seen.text for word in PERSONAL)
    answer = await work.post("contacts/unseal", "office", purpose=PURPOSE)
    assert answer.status_code == 200, answer.text
    assert answer.json()["contacts"] == {
        "leader": {**LEADER, "office_phone": None, "mail": None},
        "person_in_charge": PERSON,
    }
    entries, _ = await AuditTrail(work.intake.platform.store, "intake").entries()
    entry = entries[answer.json()["audit_seq"] - 1]
    assert (entry.action, entry.resource["id"], entry.details["purpose"]) == ("open_sealed", ID, PURPOSE)
    assert (await work.post("contacts/unseal", "office", purpose="看看")).status_code == 422


async def test_a_table_that_was_replaced_opens_nowhere_and_the_new_one_does(work, tmp_path):
    await work.post("contacts", contacts=TABLE)
    assert "沈晓燕" in words(tmp_path)  # the search finds what can be found
    await work.post("contacts", contacts={**TABLE, "leader": {**LEADER, "name": "顾海涛"}})

    async def is_gone():
        return "沈晓燕" not in words(tmp_path)

    await until(is_gone, "the last traces to be gone from the store's file")
    assert "顾海涛" in words(tmp_path)
    for file in contents(tmp_path):
        assert not any(word.encode() in file for word in (*PERSONAL, "顾海涛"))


async def test_of_a_withdrawn_table_neither_key_nor_content_is_left_and_another_may_follow(work):
    await work.post("contacts", contacts=TABLE)
    withdrawn = await work.post("contacts:withdraw")
    assert (withdrawn.json()["is_withdrawn"], withdrawn.json()["roles"]) == (True, {})
    assert (await work.post("contacts:withdraw")).json() == withdrawn.json()
    body = (await work.intake.platform.store.get(CONTACTS, ID)).body
    assert (body["wrapped_key"], body["sealed"], body["content_mac"]) == (None, None, None)
    assert (await work.post("contacts/unseal", "office", purpose=PURPOSE)).json()["code"] == "no-contacts"
    assert (await work.post("contacts", contacts=TABLE)).json()["code"] == "stood-before"
    assert (await work.post("contacts", if_match=1, contacts=TABLE)).json()["revision"] == 2
    events = {event.revision: event.event_type.split(".")[2] for event in await work.told(3)}
    assert events == {0: "registered", 1: "withdrawn", 2: "registered"}


async def test_a_unit_records_for_itself_the_office_for_all_and_others_not_at_all(work):
    assert (await work.post("contacts", "other admin", contacts=TABLE)).status_code == 403
    for who in ("lead", "leader", "ann", "offline"):
        assert (await work.post("contacts", who, contacts=TABLE)).status_code == 403
    assert (await work.post("contacts", "office", contacts=TABLE)).status_code == 201
    for who in ("other admin", "lead", "leader", "ann", "offline"):
        assert (await work.post("contacts/unseal", who, purpose=PURPOSE)).status_code == 404
    for who, status in (("lead", 200), ("leader", 200), ("other admin", 404), ("ann", 404)):
        assert (await work.get("contacts", who)).status_code == status
    assert (await work.get("contacts", unit="kunshan")).status_code == 404
    assert (await work.get("contacts", "office", unit="kunshan")).json()["code"] == "no-contacts"


WRONG = (
    ({"chairman": LEADER}, "contacts.chairman"),
    ({}, "contacts"),
    ({"leader": {**LEADER, "mobile": "见附表"}}, "contacts.leader.mobile"),
    ({"leader": {"name": "沈晓燕", "post": "副主席"}}, "contacts.leader.mobile"),
    ({"leader": {**LEADER, "mail": "沈"}}, "contacts.leader.mail"),
)


async def test_what_is_wrong_with_a_table_is_told_by_field(work):
    answers = [await work.post("contacts", contacts=table) for table, _ in WRONG]
    assert {answer.status_code for answer in answers} == {422}
    fields = [[problem["field"] for problem in answer.json()["problems"]] for answer in answers]
    assert fields == [[field] for _, field in WRONG]


async def test_who_owes_nothing_registers_nothing(work):
    answer = await work.post("contacts", "office", unit="city", contacts=TABLE)
    assert (answer.status_code, answer.json()["code"]) == (404, "no-such-obligation")
    assert (await work.post("contacts", "office", unit="atlantis", contacts=TABLE)).status_code == 404
