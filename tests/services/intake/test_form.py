"""The quick reader of submissions beside the model that everybody is told of: it takes nothing else."""

import json
import uuid
from datetime import UTC, datetime, timedelta, timezone

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.form import Form, form_from, read_form
from services.intake.model import SUBMISSION_NAMESPACE, Submission, submission_id
from shared.errors import Invalid
from tests.services.intake.forms import FORM, answered, content

JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)
NOTATIONS_OF_TIME = [
    "2024-05-20T09:30:00+08:00",
    "2024-05-20T01:30:00Z",
    "2024-05-20T01:30:00.123456Z",
    "2024-05-20t01:30:00z",
    "2024-05-20 01:30:00+00:00",
    "2024-05-20T01:30+08:00",
    "2024-05-20T01:30:00",
    "2024-05-20",
    "2024-13-20T01:30:00Z",
    "2024-05-20T24:00:00Z",
    "2024-05-20T01:30:00+99:00",
    "0001-01-01T00:00:00+01:00",
    "9999-12-31T23:59:59-01:00",
    1716168600,
]
LIMITS = ["", "x", "长" * 200, "长" * 201, "长" * 5000, "长" * 5001, "\0", "😀", "\ud800"]
VALUES = [*NOTATIONS_OF_TIME, *LIMITS, None, True, 29, 29.0, 10**30, -1, [], ["x"], {}, {"x": "y"}, {"x": 1}]
TIMES = st.sampled_from(NOTATIONS_OF_TIME)
TEXTS = st.sampled_from(LIMITS) | st.text(max_size=5)
ANSWERS = st.dictionaries(
    st.sampled_from(["q01", "q07", "q12", "q99", ""]), TEXTS | st.lists(TEXTS, max_size=3) | JUNK, max_size=4
)
FIELDS = [*Submission.model_fields, "respondnet"]
BAD_BODIES = [
    b"",
    b"{",
    b"[]",
    b"null",
    b"\xff",
    b'\xef\xbb\xbf{"campaign": "x"}',
    content()[:-1] + b"} x",
    content().replace("沈晓燕".encode(), b"\xe6\xb2"),
    content(answers={"q12": "?"}).replace(b'"?"', b'"\\ud800"'),
    content(answers={"q12": "?"}).replace(b'"?"', b"[" * 100_000 + b"]" * 100_000),
    content(message="长" * 5001),
    content(unknown=1),
]


def of_model(body):
    """What the model makes of it; None when it refuses."""
    try:
        return json.loads(Submission.model_validate_json(body).model_dump_json())
    except ValueError:
        return None


def of_reader(body):
    try:
        form = read_form(body)
    except Invalid:
        return None
    return json.loads(
        Submission.model_validate_json(json.dumps(as_json(form), default=str)).model_dump_json()
    )


def as_json(form):
    parts = {name: getattr(form, name) for name in Form.__struct_fields__}
    for name in ("consent", "respondent"):
        part = parts[name]
        parts[name] = {field: getattr(part, field) for field in part.__struct_fields__}
    return parts


@pytest.mark.parametrize("field", FIELDS)
def test_at_every_limit_the_reader_decides_as_the_model(field):
    for value in VALUES:
        body = json.dumps({**FORM, field: value}).encode()
        assert of_reader(body) == of_model(body), value


@pytest.mark.parametrize("part", ["respondent", "consent"])
def test_so_it_does_inside_a_part(part):
    for field in [*FORM[part], "more"]:
        for value in VALUES:
            body = json.dumps({**FORM, part: {**FORM[part], field: value}}).encode()
            assert of_reader(body) == of_model(body), (field, value)


@given(st.dictionaries(st.sampled_from(FIELDS), JUNK | TEXTS | TIMES | ANSWERS, max_size=3), TIMES, ANSWERS)
def test_the_reader_takes_what_the_model_takes_and_reads_the_same(changes, time, answers):
    form = {**FORM, "collected_at": time, "answers": answers, **changes}
    body = json.dumps(form).encode()
    assert of_reader(body) == of_model(body)


@pytest.mark.parametrize("body", BAD_BODIES)
def test_whatever_cannot_be_read_is_refused_with_the_reason(body):
    with pytest.raises(Invalid) as caught:
        read_form(body)
    assert str(caught.value)


def test_every_field_of_the_model_is_in_the_form():
    assert set(Form.__struct_fields__) == set(Submission.model_fields)


def test_the_content_is_the_same_whatever_the_notation():
    form = answered(FORM)
    mixed = dict(reversed(form.items())) | {"answers": dict(reversed(form["answers"].items()))}
    same = [
        orjson.dumps(form),
        json.dumps(mixed, indent=2).encode(),
        orjson.dumps({**form, "collected_at": "2024-05-20 09:30+08:00"}),  # the model's way alone
        orjson.dumps({**form, "point": None}),
    ]
    assert len({read_form(body).canonical() for body in same}) == 1


@given(st.sampled_from(["unit", "source_id", "message", "edition"]), st.text(min_size=1, max_size=20))
def test_other_content_is_never_the_same(field, text):
    assert (read_form(content(**{field: text})).canonical() == read_form(content()).canonical()) == (
        text == answered(FORM).get(field)
    )


@given(st.datetimes(datetime(1900, 1, 2), datetime(2199, 12, 30)), st.integers(-14 * 60, 14 * 60))
def test_a_moment_is_kept_with_its_offset(moment, offset_min):
    at = moment.replace(tzinfo=timezone(timedelta(minutes=offset_min)) if offset_min else UTC)
    assert (
        datetime.fromisoformat(read_form(content(collected_at=at.isoformat())).collected_at.isoformat()) == at
    )


@given(st.text(), st.text(), st.text())
def test_the_id_is_the_uuid_of_campaign_channel_and_source(campaign, channel, source):
    expected = uuid.uuid5(SUBMISSION_NAMESPACE, f"{campaign}/{channel}/{source}")
    assert submission_id(campaign, channel, source) == str(expected)


@pytest.mark.parametrize("value", VALUES[:-1])
@pytest.mark.parametrize("field", ["collected_at", "unit", "edition", "message"])
def test_what_is_in_memory_already_is_judged_as_its_json(field, value):
    fields = {**FORM, field: value}
    told = {name: each for name, each in fields.items() if each is not None}
    if value == "\ud800":
        return  # JSON has no such text
    assert judged(form_from, fields) == judged(read_form, json.dumps(told).encode())


def judged(read, source):
    try:
        return read(source)
    except Invalid as error:
        return error.problems


def test_what_wasnt_told_of_the_consent_is_missing():
    with pytest.raises(Invalid) as caught:
        form_from({**FORM, "consent": {**FORM["consent"], "version": None}})
    assert [problem.field for problem in caught.value.problems] == ["consent.version"]
