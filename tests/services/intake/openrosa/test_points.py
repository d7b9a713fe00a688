"""Interview points in the interviewer's form: those of the definition, and those that units set up besides."""

from xml.etree import ElementTree

import orjson

from shared.events import Topic
from tests.services.intake.openrosa.collect import BASE, XFORMS
from tests.services.running import until

NAME = "塘桥镇青年公寓访谈点"
POINTS = "/intake/v1/campaigns/suzhou-2024/units/zhangjiagang/points"
LIST = "{http://openrosa.org/xforms/xformsList}"


def points_in(xform):
    """Name by id of the points that can be chosen."""
    items = ElementTree.fromstring(xform).findall(
        f".//{XFORMS}instance[@id='_points']/{XFORMS}root/{XFORMS}item"
    )
    return {item.findtext(f"{XFORMS}name"): item.findtext(f"{XFORMS}label") for item in items}


async def hashes(openrosa):
    forms = ElementTree.fromstring((await openrosa.lu.get(f"{BASE}/formList")).content).findall(
        f"{LIST}xform"
    )
    return [form.findtext(f"{LIST}hash") for form in forms]


async def test_a_point_that_was_set_up_is_in_the_form_at_its_next_download_and_older_forms_go_on(openrosa):
    before, old = await hashes(openrosa), await openrosa.lu.fill()
    openrosa.intake.be("admin", "unit_admin", unit="zhangjiagang")
    form = {"name": NAME, "kind": "dormitory", "set_up_on": "2024-05-18"}
    own = (await openrosa.intake.ask("admin", "POST", POINTS, **form)).json()["point"]

    async def is_listed():
        return await hashes(openrosa) != before

    await until(is_listed, "forms that are other ones")
    openrosa.lu.xforms.clear()
    assert points_in(await openrosa.lu.xform())[own] == NAME
    assert (await openrosa.lu.send(await openrosa.lu.fill(point=own))).status_code == 201
    assert (await openrosa.lu.send(old)).status_code == 201
    told = [orjson.loads(event.data)["point"] for event in await openrosa.intake.events(Topic.SUBMISSIONS)]
    assert sorted(told) == sorted([own, "zhangjiagang-town-01"])
