"""Whatever arrives: an answer below 500 in the API's own words, and nothing half-stored."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.intake.store import REGISTRATIONS
from shared.events import Topic
from tests.services.intake.openrosa.collect import BASE, File, body_of, leaves, message_of

PHOTO = File("1716168600000.jpg", b"\xff\xd8" * 500)
MANY = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
TYPE = "multipart/form-data; boundary=b"


@pytest.fixture
async def xml(openrosa):
    """A good interview."""
    return await openrosa.lu.fill(instanceID="uuid:00000000-0000-0000-0000-000000000001")


async def stored(openrosa):
    """Registrations and events: of every interview both, or neither."""
    events = {event.id for event in await openrosa.intake.events(Topic.SUBMISSIONS)}
    return await openrosa.intake.platform.store.count(REGISTRATIONS), len(events)


async def check(openrosa, content_type, body):
    before, _ = await stored(openrosa)
    answer = await openrosa.lu.post(content_type, body)
    assert answer.status_code < 500, answer.text
    assert message_of(answer)
    registrations, events = await stored(openrosa)
    assert registrations == events
    assert registrations - before <= 1
    return answer, registrations - before


def mangled(draw, content):
    """``content`` with a few bytes cut out, put in, or put in the place of others."""
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(content)))
        end = draw(st.integers(start, min(len(content), start + 40)))
        content = content[:start] + draw(st.binary(max_size=12)) + content[end:]
    return content


@MANY
@given(data=st.data())
async def test_a_mangled_interview_is_whole_or_not_there(openrosa, xml, data):
    answer, more = await check(openrosa, *body_of(mangled(data.draw, xml)))
    assert more == 0 or answer.status_code == 201


@MANY
@given(data=st.data())
async def test_a_mangled_body_without_files_is_whole_or_not_there(openrosa, xml, data):
    content_type, body = body_of(xml)
    answer, more = await check(openrosa, content_type, mangled(data.draw, body))
    assert more == 0 or answer.status_code == 201


@MANY
@given(data=st.data())
async def test_a_mangled_body_with_files_leaves_the_interview_whole_or_not_there(openrosa, xml, data):
    content_type, body = body_of(xml, [PHOTO, PHOTO])
    await check(openrosa, content_type, mangled(data.draw, body))


@MANY
@given(
    body=st.binary(max_size=400), content_type=st.sampled_from([TYPE, "text/xml", "", "multipart/form-data"])
)
async def test_any_bytes_are_answered_and_leave_nothing(openrosa, body, content_type):
    answer, more = await check(openrosa, content_type, body)
    assert (answer.status_code, more) == (400, 0)


TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=30)


@MANY
@given(changes=st.dictionaries(st.sampled_from(sorted(leaves())), TEXTS | st.none(), max_size=6))
async def test_any_text_in_any_leaf_is_answered(openrosa, changes):
    answer, more = await check(openrosa, *body_of(await openrosa.lu.fill(**changes)))
    assert more == 0 or answer.status_code == 201


@MANY
@given(
    path=st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=20),
    method=st.sampled_from(["GET", "HEAD", "POST", "PUT"]),
)
async def test_any_address_is_answered_in_xml(openrosa, path, method):
    quoted = path.replace("%", "").replace("?", "").replace("#", "")
    answer = await openrosa.intake.client.request(method, f"{BASE}/{quoted}")
    assert 400 <= answer.status_code < 500
