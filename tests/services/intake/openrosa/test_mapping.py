"""Leaves become answers, whatever groups and repeats they stand in."""

import pytest

from services.intake.channels.openrosa.instance import read_instance
from services.intake.channels.openrosa.mapping import sheet_of
from services.intake.channels.openrosa.shapes import Shape, read_by
from shared.errors import Invalid

SHAPE = Shape(
    repeats=frozenset({"visits/visit"}),
    uploads=frozenset({"g/photo"}),
    calculated=frozenset({"g/total", "start"}),
)
CONSENT = "<consent>yes</consent>"


def sheet(content):
    return sheet_of(read_by(SHAPE, read_instance(f"<data id='x'>{content}</data>".encode())))


def test_groups_only_arrange():
    flat, grouped = (sheet(f"{CONSENT}{each}") for each in ("<q1>a</q1>", "<g><h><q1>a</q1></h></g>"))
    assert flat == grouped
    assert flat.answers == {"q1": ["a"]}


def test_rows_of_a_repeat_are_answers_to_one_question():
    rows = "<visits><visit><q2>a b</q2></visit><visit><q2>c</q2></visit></visits>"
    assert sheet(CONSENT + rows).answers == {"q2": ["a b", "c"]}
    one = "<visits><visit><q2>a</q2></visit></visits>"
    assert sheet(CONSENT + one).answers == {"q2": ["a"]}


def test_what_is_nobodys_answer_is_left_out():
    content = (
        "<start>2024-05-20T09:29:00+08:00</start><deviceid>x</deviceid><interviewer>x</interviewer>"
        "<g><photo>a.jpg</photo><total>3</total><empty/><blank>  </blank></g>"
        "<meta><instanceID>x</instanceID><audit>audit.csv</audit></meta>"
    )
    found = sheet(CONSENT + content)
    assert found.answers == {}
    assert found.own == {"start": "2024-05-20T09:29:00+08:00", "consent": "yes"}


def test_an_unknown_leaf_is_an_answer_for_the_questionnaire_to_refuse():
    assert sheet(f"{CONSENT}<q99>x</q99>").answers == {"q99": ["x"]}


def test_without_consent_there_is_no_sheet():
    with pytest.raises(Invalid) as caught:
        sheet("<q1>a</q1>")
    assert caught.value.code == "no-consent"
