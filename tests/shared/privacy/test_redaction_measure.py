"""The measure of redaction, and how the sentences that come with the code measure."""

import pytest

from shared.errors import Invalid
from shared.privacy.redaction_measure import KINDS, labelled_sentences, measure, read_sentences

SENTENCES = labelled_sentences()
HALVES = [[each for each in SENTENCES if each.is_held_out is is_held] for is_held in (False, True)]


def written(folder, *texts):
    path = folder / "some.jsonl"
    path.write_text("".join(f'{{"text": "{text}"}}\n' for text in texts), encoding="utf-8")
    return path


def test_there_are_enough_sentences_and_enough_without_details():
    assert len(SENTENCES) >= 400
    assert sum(not each.details for each in SENTENCES) >= 150
    assert len({each.text for each in SENTENCES}) == len(SENTENCES)
    assert all(len(half) >= 180 for half in HALVES)


def test_every_kind_that_is_found_without_being_known_is_marked_in_them():
    marked = {span.placeholder[1:-1] for each in SENTENCES for span in each.details}
    assert marked == set(KINDS) - {"单位"}


def test_all_sentences_reach_the_thresholds():
    assert measure(SENTENCES).total.is_enough


@pytest.mark.parametrize("half", HALVES, ids=["tuned on", "held out"])
def test_each_half_reaches_the_thresholds(half):
    assert measure(half).total.is_enough


def test_the_scores_are_counted_by_kind(tmp_path):
    """A found phone; a card marked as a phone: missed, wrong; a nickname missed; nothing to find."""
    path = written(
        tmp_path,
        "打〖电话:15400000001〗",
        "〖电话:6299000000000006〗",
        "〖姓名:大头〗来了",
        "打12351",
    )
    measured = measure(read_sentences([path]))
    assert measured.count == 4
    assert (measured.total.marked, measured.total.found) == (3, 1)
    assert (measured.total.taken, measured.total.right) == (2, 1)
    assert measured.total.recall == pytest.approx(1 / 3)
    assert measured.total.precision == pytest.approx(1 / 2)
    assert measured.by_kind["电话"].recall == pytest.approx(1 / 2)
    assert measured.by_kind["电话"].precision == 1
    assert measured.by_kind["银行卡号"].precision == 0
    assert measured.by_kind["姓名"].recall == 0
    assert set(measured.by_kind) == {"电话", "银行卡号", "姓名"}
    assert [sentence.text for sentence, _, _ in measured.errors] == ["6299000000000006", "大头来了"]


@pytest.mark.parametrize("text", ["〖电话:热线15400000001〗", "〖电话:15400000001找我〗"])
def test_a_span_too_short_is_a_miss(tmp_path, text):
    score = measure(read_sentences([written(tmp_path, text)])).total
    assert (score.marked, score.found, score.taken, score.right) == (1, 0, 1, 1)


@pytest.mark.parametrize("text", ["154000〖电话:00001〗", "〖电话:15400〗000001"])
def test_a_span_too_long_is_wrong(tmp_path, text):
    score = measure(read_sentences([written(tmp_path, text)])).total
    assert (score.marked, score.found, score.taken, score.right) == (1, 1, 1, 0)


@pytest.mark.parametrize("text", ["〖手机:15400000001〗", "〖电话:154", "154〗", "〖15400000001〗"])
def test_marks_that_are_not_well_formed_are_refused_with_the_line(tmp_path, text):
    with pytest.raises(Invalid, match=r"some\.jsonl 第 2 行"):
        read_sentences([written(tmp_path, "好", text)])


@pytest.mark.parametrize("line", ["{}", "text", '{"text": 1}', '{"text": "a", "other": 1}'])
def test_a_line_of_another_shape_is_refused(tmp_path, line):
    path = tmp_path / "some.jsonl"
    path.write_text(line, encoding="utf-8")
    with pytest.raises(Invalid, match="第 1 行"):
        read_sentences([path])


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(Invalid, match="读不了"):
        read_sentences([tmp_path / "none.jsonl"])
