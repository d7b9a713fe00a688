"""Resident ids: what is none is told from what is one."""

import pytest

from shared.privacy.resident_ids import is_resident_id


@pytest.mark.parametrize(
    "text",
    [
        "11010519491231002X",
        "11010519491231002x",
        "１１０１０５１９４９１２３１００２Ｘ",
        " 110105 19491231 002X",
    ],
)
def test_one_is_known_in_its_spellings(text):
    assert is_resident_id(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "110105194912310021",
        "11010519491331002X",
        "11010517991231002X",
        "1101051949123100",
        "abc",
        "11010519491231002XX",
    ],
)
def test_what_is_none_is_refused(text):
    assert not is_resident_id(text)


def test_every_wrong_digit_shows():
    good = "11010519491231002X"
    for place in range(17):
        for digit in "0123456789":
            if digit != good[place]:
                assert not is_resident_id(good[:place] + digit + good[place + 1 :])
