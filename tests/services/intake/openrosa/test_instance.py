"""Reading XML that nobody should send: refused, quickly, without much memory."""

import tracemalloc

import defusedxml.ElementTree
import pytest
from defusedxml.common import DefusedXmlException
from hypothesis import given
from hypothesis import strategies as st

from services.intake.channels.openrosa.instance import (
    DEPTH_LIMIT,
    ELEMENT_LIMIT,
    XML_LIMIT_BYTES,
    flat,
    read_instance,
)
from shared.errors import Invalid

LAUGHS = b"""<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>
<data id="x"><q>&b;</q></data>"""
OUTSIDE = b"""<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><data id="x"><q>&x;</q></data>"""
ELSEWHERE = b"""<!DOCTYPE data SYSTEM "http://example.org/a.dtd"><data id="x"/>"""


def code(content):
    with pytest.raises(Invalid) as caught:
        flat(read_instance(content), frozenset())
    return caught.value.code


@pytest.mark.parametrize("content", [LAUGHS, OUTSIDE, ELSEWHERE])
def test_document_types_and_entities_are_refused_in_every_encoding(content):
    assert code(content) == "forbidden-xml"
    for encoding in ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "cp037"):
        assert code(content.decode().encode(encoding)) == "broken-encoding"


def test_a_declared_encoding_changes_nothing():
    """The text is UTF-8; a document type can't hide in another notation."""
    head = b'<?xml version="1.0" encoding="cp037"?>'
    assert code(head + LAUGHS.partition(b"?>")[2].decode().encode("cp037")) == "broken-encoding"
    text = '<?xml version="1.0" encoding="ISO-8859-1"?><data id="x"><q>青年</q></data>'
    assert flat(read_instance(text.encode()), frozenset()) == {"q": "青年"}


def test_an_entity_that_nobody_declared_is_refused():
    assert code(b'<data id="x"><q>&laugh;</q></data>') == "broken-xml"


def test_what_is_endless_is_refused_before_it_is_built():
    deep = b'<data id="x">' + b"<a>" * (DEPTH_LIMIT + 1) + b"</a>" * (DEPTH_LIMIT + 1) + b"</data>"
    wide = b'<data id="x">' + b"<a/>" * (2 * ELEMENT_LIMIT + 100) + b"</data>"
    tracemalloc.start()
    assert code(deep) == "form-too-large"
    assert code(wide) == "form-too-large"
    assert code(b"<a>" * 300_000) == "form-too-large"
    assert code(b" " * (XML_LIMIT_BYTES + 1)) == "form-too-large"
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak_bytes < 8 * XML_LIMIT_BYTES


def test_nesting_as_deep_as_the_elements_allow_ends_in_a_refusal():
    depth = ELEMENT_LIMIT - 1
    assert code(b'<data id="x">' + b"<a>" * depth + b"</a>" * depth + b"</data>") == "form-too-large"


@pytest.mark.parametrize("content", [b"", b"<test", b"<data/>", b'<data id=""/>', b'<a id="x"/><b/>'])
def test_what_is_no_instance_is_refused(content):
    assert code(content) == "broken-xml"


def test_the_instances_id_has_a_longest_length():
    long = b"<data id='x'><meta><instanceID>" + b"x" * 201 + b"</instanceID></meta></data>"
    assert code(long) == "invalid"


def test_elements_of_one_name_beside_each_other_are_numbered_though_undeclared():
    content = b'<data id="x"><q>1</q><g><q>2</q><q>3</q></g></data>'
    assert flat(read_instance(content), frozenset()) == {"q": "1", "g/q[1]": "2", "g/q[2]": "3"}


PIECES = st.sampled_from(
    [
        b"<data id='x'>", b"</data>", b"<!DOCTYPE a [", b"]>", b"<!ENTITY a 'b'>", b"&a;", b"<![CDATA[", b"]]>",
        b"<!--", b"-->", b"<\0!\0D\0O\0C\0T\0Y\0P\0E\0 \0a\0>\0",
        b"<?xml version='1.0'?>", b"<q>", b"</q>", b"\xef\xbb\xbf", b"\xff\xfe", "青年".encode(),
    ]
)  # fmt: skip


@given(st.lists(st.one_of(PIECES, st.binary(max_size=8)), max_size=12).map(b"".join))
def test_whatever_defusedxml_refuses_is_refused_and_nothing_else_comes_of_it_than_an_instance(content):
    try:
        instance = read_instance(content)
    except Invalid:
        return
    try:
        defusedxml.ElementTree.fromstring(content, forbid_dtd=True)
    except DefusedXmlException:
        raise AssertionError("defusedxml refuses it") from None
    assert isinstance(flat(instance, frozenset()), dict)
