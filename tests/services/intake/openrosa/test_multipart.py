"""Bodies in parts: as clients write them, cut anywhere, and broken."""

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.channels.openrosa.multipart import PARTS_LIMIT, Parts
from shared.errors import Invalid, TooLarge
from tests.services.intake.openrosa.collect import File, body_of

XML = "<data id='x'><q>青年</q></data>".encode()
FILES = [File("fîlé2", b"one"), File("f😂le3صادق", b"two\r\n--", "audio/mp4"), File('a"b.jpg', b"")]


async def read(content_type, *chunks):
    """Name, file name, media type and content of each part."""

    async def body():
        for chunk in chunks:
            yield chunk

    return [
        (part.name, part.filename, part.media_type, await part.whole(1_000_000))
        async for part in Parts(content_type, body())
    ]


async def test_parts_are_told_as_okhttp_writes_them():
    content_type, body = body_of(XML, FILES[:2], is_incomplete=True, filename="大访谈.xml")
    assert await read(content_type, body) == [
        ("xml_submission_file", "大访谈.xml", "text/xml", XML),
        ("fîlé2", "fîlé2", "image/jpeg", b"one"),
        ("f😂le3صادق", "f😂le3صادق", "audio/mp4", b"two\r\n--"),
        ("*isIncomplete*", None, "", b"yes"),
    ]


async def test_parts_are_told_as_others_write_them():
    request = httpx.Request(
        "POST", "http://a", files={"xml_submission_file": ('a"b.xml', XML, "text/xml")}, data={"b": "c"}
    )
    found = await read(request.headers["content-type"], request.read())
    assert ("xml_submission_file", 'a"b.xml', "text/xml", XML) in found
    assert ("b", None, "", b"c") in found


@given(st.data())
async def test_wherever_the_network_cuts_it_the_parts_are_the_same(data):
    content_type, body = body_of(XML, FILES[:2])
    cuts = sorted(data.draw(st.lists(st.integers(0, len(body)), max_size=20)))
    chunks = [body[start:end] for start, end in zip([0, *cuts], [*cuts, len(body)], strict=True)]
    assert await read(content_type, *chunks) == await read(content_type, body)


async def test_what_isnt_read_of_a_part_is_skipped():
    content_type, body = body_of(XML, [File("a", b"x" * 200_000), File("b", b"y")])

    async def chunks():
        for start in range(0, len(body), 1000):
            yield body[start : start + 1000]

    names = []
    async for part in Parts(content_type, chunks()):
        names.append(part.name)
        async for _ in part:
            break
    assert names == ["xml_submission_file", "a", "b"]


async def test_a_part_over_its_limit_is_refused():
    content_type, body = body_of(XML)

    async def chunks():
        yield body

    async for part in Parts(content_type, chunks()):
        with pytest.raises(TooLarge):
            await part.whole(3)


async def test_too_many_parts_are_refused():
    content_type, body = body_of(XML, [File(f"{n}", b"") for n in range(PARTS_LIMIT)])
    with pytest.raises(Invalid, match=str(PARTS_LIMIT)):
        await read(content_type, body)


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "text/xml",
        "multipart/form-data",
        "multipart/mixed; boundary=a",
        "multipart/form-data; boundary=" + "a" * 500,
    ],
)
async def test_another_content_type_is_refused(content_type):
    with pytest.raises(Invalid):
        await read(content_type, b"--a--\r\n")


async def test_a_body_that_ends_too_early_is_refused():
    content_type, body = body_of(XML, FILES)
    for end in range(0, len(body) - 4, 7):
        with pytest.raises(Invalid):
            await read(content_type, body[:end])


@given(
    st.lists(
        st.one_of(
            st.sampled_from(
                [b"--a", b"\r\n", b"--", b'Content-Disposition: form-data; name="b"', b"\r\n\r\n", b"x: y"]
            ),
            st.binary(max_size=10),
        ),
        max_size=20,
    ).map(b"".join)
)
async def test_whatever_arrives_it_is_parts_or_refused(body):
    try:
        await read("multipart/form-data; boundary=a", body)
    except Invalid:
        return
