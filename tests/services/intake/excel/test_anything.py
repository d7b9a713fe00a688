"""Whatever bytes arrive: a defined end with a reason in Chinese, no crash, nothing half-stored."""

import io
import re
import zipfile
from functools import cache

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from services.intake.channels.excel.errors import WorkbookRefused
from services.intake.channels.excel.rows import Filled, Wrong
from services.intake.channels.excel.template import write_template
from services.intake.store import REGISTRATIONS
from shared.events import Topic
from tests.services.intake.excel.workbooks import (
    CAMPAIGN,
    IDS,
    cells_of,
    read_back,
    repacked,
    row,
    rows_of,
    workbook,
)

CHINESE = re.compile("[一-鿿]")
MANY = settings(max_examples=60, deadline=None)


@cache
def good():
    return workbook([row(1), row(2, age=7)])


@cache
def parts():
    with zipfile.ZipFile(io.BytesIO(good())) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def check(content):
    """Read it as the reading process does."""
    try:
        rows = list(rows_of(content))
    except WorkbookRefused as error:
        rows, reason = [], str(error)
    else:
        reason = "无"
    assert CHINESE.search(reason)
    for each in rows:
        assert isinstance(each.said, Filled) or (
            isinstance(each.said, Wrong) and all(map(CHINESE.search, each.said.problems))
        )


def mutated(content, changes):
    body = bytearray(content)
    for place, byte in changes:
        body[place % len(body)] = byte
    return bytes(body)


CHANGES = st.lists(st.tuples(st.integers(0, 2**20), st.integers(0, 255)), min_size=1, max_size=8)


@MANY
@given(st.binary(max_size=2000))
@example(b"PK\x05\x06" + b"\0" * 18)
def test_random_bytes(content):
    check(content)
    check(b"PK\x03\x04" + content)


@MANY
@given(st.integers(0, 2**16))
def test_cut_off_workbooks(length):
    check(good()[: length % len(good())])


@MANY
@given(CHANGES)
def test_workbooks_with_broken_bytes(changes):
    check(mutated(good(), changes))


@MANY
@given(st.data(), CHANGES)
def test_workbooks_whose_parts_are_broken_inside(data, changes):
    name = data.draw(st.sampled_from(sorted(parts())))
    check(repacked(good(), {name: mutated(parts()[name], changes)}))


@MANY
@given(st.data(), st.text(max_size=200))
def test_workbooks_with_any_xml_in_the_place_of_a_part(data, text):
    name = data.draw(st.sampled_from(sorted(parts())))
    check(repacked(good(), {name: f"<a>{text}</a>".encode("utf-8", "surrogatepass")}))


VALUES = st.one_of(
    st.none(), st.text(max_size=30), st.integers(-(10**18), 10**18), st.floats(allow_nan=False), st.booleans()
).filter(lambda value: value not in (float("inf"), float("-inf")))


@MANY
@given(st.lists(st.dictionaries(st.sampled_from(IDS), VALUES, max_size=12), max_size=4))
def test_any_cells_in_a_workbook(changes):
    check(workbook([row(number, **each) for number, each in enumerate(changes)]))


@MANY
@given(st.lists(st.lists(VALUES, max_size=10), max_size=8))
def test_any_table(lines):
    check(workbook(lines, titles=["x"]))


@pytest.mark.parametrize("engine", ["embedded"], indirect=True)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
async def test_over_http_every_job_ends_with_a_reason_and_what_is_accepted_is_stored(importing, data):
    content = data.draw(
        st.one_of(
            st.binary(max_size=500),
            CHANGES.map(lambda changes: mutated(good(), changes)),
            st.dictionaries(st.sampled_from(IDS), VALUES, max_size=4).map(
                lambda each: workbook([row(1, **each)])
            ),
        )
    )
    store = importing.intake.platform.store
    before = await store.count(REGISTRATIONS)
    job = await importing.ended(content)
    assert await store.count(REGISTRATIONS) - before == job["accepted"]
    assert (
        len({event.id for event in await importing.intake.events(Topic.SUBMISSIONS)})
        == before + job["accepted"]
    )
    if job["state"] == "refused":
        assert CHINESE.search(job["reason"])
        assert job["rows_read"] == 0
    elif job["rows_read"]:
        told = read_back(await importing.workbook(job["id"]))[1:]
        assert len([each for each in told if any(each)]) == job["rows_read"]
        assert all(each[-3] or CHINESE.search(each[-1]) for each in told if any(each))


def test_the_template_itself_is_a_workbook_without_rows():
    assert list(rows_of(write_template(CAMPAIGN, "general"))) == []
    assert len(cells_of(row(1))) == len(IDS)
