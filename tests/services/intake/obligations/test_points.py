"""Interview points: set up, closed, set up again; every action has an answer in every state."""

from itertools import product

import pytest

from services.intake.obligations.points import TRANSITIONS, Point, PointAction, PointState, closed, set_up
from shared.errors import Conflict

AT = "2024-06-01T01:30:00.000Z"
DEFINED = {"point": "zhangjiagang-town-01", "set_up_on": "2024-05-16"}
NEW = {
    "name": "塘桥镇青年公寓访谈点",
    "kind": "dormitory",
    "address": "人民中路 8 号",
    "set_up_on": "2024-05-18",
}


def point(set_up_on="2024-05-16", **changes):
    return Point("i", "c", "u", "p", "somebody", AT, set_up_on, **changes)


def test_every_action_has_an_answer_in_every_state():
    assert TRANSITIONS.keys() == set(product(PointState, PointAction))


def test_a_repeat_of_the_setting_up_opens_nothing_again():
    stands = closed(set_up(None, point()), on="2024-05-20", by="x", at=AT)
    assert set_up(stands, point()) is stands
    with pytest.raises(Conflict, match="晚于"):
        set_up(stands, point("2024-05-20"))
    again = set_up(stands, point("2024-05-21"))
    assert (again.state, again.revision) == (PointState.OPEN, 2)


def test_a_point_closes_after_it_was_set_up_and_once():
    stands = set_up(None, point())
    with pytest.raises(Conflict, match="不能更早"):
        closed(stands, on="2024-05-15", by="x", at=AT)
    with pytest.raises(Conflict, match="尚未"):
        closed(None, on="2024-05-15", by="x", at=AT)
    done = closed(stands, on="2024-05-16", by="x", at=AT)
    assert (done.state, closed(done, on="2024-05-16", by="y", at="later")) == (PointState.CLOSED, done)


@pytest.mark.servers_too
async def test_defined_and_new_points_are_told_without_the_address(work):
    for form in (DEFINED, NEW):
        assert (await work.post("points", **form)).status_code == 201
        assert (await work.post("points", **form)).status_code == 200
    defined, new = sorted(await work.told(2), key=lambda event: event.set_up_on)
    assert (defined.point, defined.name) == ("zhangjiagang-town-01", None)
    assert (new.name, new.kind) == (NEW["name"], "dormitory")
    assert "人民中路" not in new.model_dump_json()
    closing = await work.post(f"points/{new.point}:close", closed_on="2024-05-31")
    assert (closing.json()["state"], closing.json()["name"]) == ("closed", NEW["name"])
    (told,) = [event for event in await work.told(3) if event.revision == 1]
    assert (told.event_type, told.closed_on) == ("dafangtan.point.closed.v1", "2024-05-31")
    points = (await work.get("points", "lead")).json()["points"]
    states = {each["point"]: each["state"] for each in points}
    assert len(points) == 75  # 74 of the definition
    assert states["zhangjiagang-town-01"] == "open"
    assert states["zhangjiagang-town-02"] == "expected"
    assert states[new.point] == "closed"


WRONG = (
    ({**DEFINED, "point": "kunshan-town-01"}, "point"),
    ({**DEFINED, "name": "别名"}, "name"),
    ({**DEFINED, "set_up_on": "2024-06-02"}, "set_up_on"),
    ({**NEW, "name": None}, "name"),
    ({**NEW, "kind": "palace"}, "kind"),
    ({**NEW, "address": "找沈晓燕 13912345678"}, "address"),
)


async def test_what_is_wrong_with_a_point_is_told_by_field(work):
    answers = [await work.post("points", **form) for form, _ in WRONG]
    assert {answer.status_code for answer in answers} == {422}
    fields = [[problem["field"] for problem in answer.json()["problems"]] for answer in answers]
    assert fields == [[field] for _, field in WRONG]


async def test_what_was_never_set_up_is_not_closed(work):
    expected = await work.post("points/zhangjiagang-town-01:close", closed_on="2024-05-31")
    assert (expected.status_code, expected.json()["code"]) == (409, "point-state")
    unknown = await work.post("points/kunshan-town-01:close", closed_on="2024-05-31")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "unknown-point")
    future = await work.post("points/zhangjiagang-town-01:close", closed_on="2024-06-02")
    assert future.json()["problems"][0]["field"] == "closed_on"
