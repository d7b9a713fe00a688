"""Every public case: instances of ODK Central's and KoBoToolbox's own tests, read as they expect."""

import re
from collections import defaultdict

import pytest

from services.intake.channels.openrosa.instance import flat, read_instance
from services.intake.channels.openrosa.shapes import read_by, shape_of, unnumbered
from tests.public_cases import CASES, each_case, needs_cases, public_cases

DOCUMENT = public_cases("openrosa", "submissions.json") or {"positive": None}
POSITIVE = {case["id"]: case for case in DOCUMENT["positive"] or ()}
WHAT = "OpenRosa's instances"
needs_instances = needs_cases(DOCUMENT["positive"], WHAT)


@pytest.fixture(params=each_case(DOCUMENT["positive"], WHAT))
def case(request):
    return request.param


def form_of(case):
    return (CASES / "openrosa" / case["form_xform"]).read_bytes()


@pytest.fixture
def shape(case):
    return shape_of(form_of(case))


@pytest.fixture
def reading(case, shape):
    return read_by(shape, read_instance(case["instance"].encode()))


def collapsed(text):
    return None if text is None else " ".join(text.split())


def rows_of(answers):
    """The rows of each repeat, as a table has them: nested ones with the number of the row that they are in."""
    numbers, rows = defaultdict(dict), defaultdict(list)
    for path, text in answers.items():
        parts = list(re.finditer(r"[^\[\]]+\[\d+\]", path))
        if not parts:
            continue
        row, leaf = path[: parts[-1].end()], path[parts[-1].end() + 1 :]
        for part in parts:  # rows without a leaf of their own count too
            upto = path[: part.end()]
            numbers[unnumbered(upto)].setdefault(upto, len(numbers[unnumbered(upto)]) + 1)
        repeat = unnumbered(row)
        if len(rows[repeat]) < numbers[repeat][row]:
            above = path[: parts[-2].end()] if len(parts) > 1 else None
            rows[repeat].append({} if above is None else {"parent": numbers[unnumbered(above)][above]})
        rows[repeat][numbers[repeat][row] - 1][leaf] = collapsed(text)
    return rows


def test_the_answers_are_read_as_published(case, reading):
    assert {path: collapsed(text) for path, text in reading.answers.items()} == case["expected_answers"]


def test_the_form_its_version_and_the_instance_are_told(case):
    instance = read_instance(case["instance"].encode())
    assert instance.form_id == case["expected_form_id"]
    assert instance.version == case["expected_version"]
    assert instance.instance_id == case["expected_instance_id"]


def test_choices_rows_files_and_places_are_read_as_published(case, reading):
    for path, codes in case.get("expected_select_multiple", {}).items():
        assert list(reading.selected[path]) == codes
    for repeat, rows in case.get("expected_repeats", {}).items():
        assert rows_of(reading.answers)[repeat] == rows
    if "expected_attachments" in case:
        assert sorted(reading.attachments.values()) == sorted(case["expected_attachments"])
    if "expected_geopoint" in case:
        points = {path: list(point) for path, point in reading.geopoints.items()}
        assert points == case["expected_geopoint"]


def test_each_choice_can_be_a_column_of_its_own(case, shape, reading):
    for column, value in case.get("expected_csv_row", {}).items():
        path, _, code = column.replace("-", "/").rpartition("/")
        if path in shape.choices:
            assert str(int(code in reading.selected[path])) == value
        else:
            assert collapsed(reading.answers[column.replace("-", "/")]) == value


@needs_instances
def test_what_is_no_choice_of_the_list_is_kept_and_can_be_told():
    case = POSITIVE["kobo-transport-none"]
    shape = shape_of(form_of(case))
    path = "transport/available_transportation_types_to_referral_facility"
    reading = read_by(shape, read_instance(case["instance"].encode()))
    assert reading.answers[path] == "none"
    assert reading.selected[path] == ("none",)
    assert "none" not in shape.choices[path]


@needs_instances
def test_an_edit_names_what_it_takes_the_place_of():
    case = POSITIVE["kobo-tutorial-edited"]
    original = POSITIVE[case["edits"]]
    edit = read_instance(case["instance"].encode())
    assert edit.deprecated_id == original["expected_instance_id"]


@needs_instances
def test_two_ways_to_write_the_namespace_give_the_same_answers():
    plain, spaced = (
        read_instance(POSITIVE[f"kobo-transport-two-modes{suffix}"]["instance"].encode())
        for suffix in ("", "-xmlns")
    )
    assert flat(plain, frozenset()) == flat(spaced, frozenset())
