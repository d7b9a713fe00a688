"""Whatever bytes, CSV or JSON arrive at the hotline."""

import asyncio
import json

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.channels.hotline.sheet import BadRow, open_sheet
from services.intake.channels.hotline.store import MATTERS
from shared.errors import Invalid
from tests.services.intake.hotline.any_input import (
    RELAXED,
    as_json,
    changed,
    check_balance,
    mutated,
    waiting_here,
)
from tests.services.intake.hotline.calls import CALL, CALLS, HEADING, IMPORT, ROW, sheet
from tests.services.running import Engine

CELLS = st.one_of(st.text(max_size=12), st.sampled_from([*ROW, "1.38E+10", '"', "=1+1", "2024-02-30 25:61"]))
ROWS = st.one_of(
    st.lists(CELLS, max_size=12),
    st.tuples(*(st.one_of(st.just(cell), st.just(cell), CELLS) for cell in ROW)),
)
SHEETS = st.builds(
    lambda rows, delimiter, encoding: sheet(*rows, delimiter=delimiter, encoding=encoding),
    st.lists(ROWS, max_size=5),
    st.sampled_from([",", ";", "\t"]),
    st.sampled_from(["utf-8", "utf-8-sig", "gb18030"]),
)
FILES = st.one_of(
    st.binary(max_size=200),
    SHEETS,
    SHEETS.flatmap(mutated),
    st.binary(max_size=60).map(lambda tail: ",".join(HEADING).encode() + b"\r\n" + tail),
)
BODIES = st.one_of(
    st.binary(max_size=100),
    changed(CALL).map(as_json),
    mutated(orjson.dumps(CALL)),
)


@pytest.fixture
def engine(tmp_path):
    return Engine.embedded(tmp_path)


async def test_whatever_file_is_imported_each_row_is_taken_in_whole_or_told(hotline):
    here = waiting_here()
    accepted = set()

    @RELAXED
    @given(FILES)
    def holds(content):
        answer = here(hotline.post("hotline", IMPORT, content))
        assert answer.status_code in (200, 422), answer.text
        lines = [json.loads(line) for line in answer.text.splitlines()] if answer.status_code == 200 else []
        assert all(line["status"] in (200, 201, 409, 422) for line in lines), lines
        accepted.update(line["receipt"] for line in lines if line["status"] in (200, 201))

    await asyncio.to_thread(holds)
    assert accepted, "no row was ever good: the property says little"
    await check_balance(hotline, MATTERS, len(accepted))


async def test_whatever_call_is_told_it_is_taken_in_whole_or_refused(hotline):
    here = waiting_here()
    accepted = set()

    @RELAXED
    @given(BODIES)
    def holds(body):
        answer = here(hotline.post("hotline", CALLS, body))
        assert answer.status_code in (200, 201, 400, 409, 422), answer.text
        matters = answer.json().get("matters", [])
        accepted.update(each["receipt"] for each in matters if each["status"] in (200, 201))

    await asyncio.to_thread(holds)
    assert accepted
    await check_balance(hotline, MATTERS, len(accepted))


@given(FILES)
def test_every_row_of_a_file_is_read_or_told_with_its_number(content):
    try:
        rows = list(open_sheet(content))
    except Invalid:
        return
    numbers = [row.number for row in rows]
    assert numbers == sorted(set(numbers))
    assert all(not row.is_last for row in rows[:-1] if isinstance(row, BadRow))
