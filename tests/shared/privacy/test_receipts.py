"""Receipt codes."""

import os
import re
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import Invalid
from shared.privacy import normalise_receipt, normalise_withdrawal_code, receipt_code, withdrawal_code
from shared.privacy.receipts import ALPHABET

KEY = bytes(range(32))
CODE = receipt_code(KEY, "s1")


def test_a_receipt_is_short_readable_and_always_the_same():
    assert re.fullmatch(f"[{ALPHABET}]{{4}}(-[{ALPHABET}]{{4}}){{3}}", CODE)
    assert receipt_code(KEY, "s1") == CODE
    assert receipt_code(os.urandom(32), "s1") != CODE


def test_receipts_differ():
    assert len({receipt_code(KEY, str(uuid4())) for _ in range(5000)}) == 5000


@given(st.text(max_size=40))
def test_every_receipt_is_accepted_as_it_is(id):
    code = receipt_code(KEY, id.encode("utf-8", "ignore").decode())
    assert normalise_receipt(code) == code


def typed(code):
    full_width = code.translate({ord(each): chr(ord(each) + 0xFEE0) for each in ALPHABET})
    return [
        code.lower(),
        code.replace("-", ""),
        code.replace("-", " "),
        code.replace("-", "—"),
        f"  {code}\n",
        full_width,
        full_width.replace("-", "－"),
        code.replace("0", "O"),
        code.replace("0", "o").replace("1", "l"),
        code.replace("1", "I"),
        code.replace("1", "i"),
    ]


def test_it_is_understood_however_it_is_typed():
    for number in range(40):
        code = receipt_code(KEY, f"s{number}")
        for text in typed(code):
            assert normalise_receipt(text) == code, text


def test_every_wrong_character_is_noticed():
    for place, right in enumerate(CODE):
        for wrong in set(ALPHABET) - {right} if right != "-" else ():
            with pytest.raises(Invalid, match="核对"):
                normalise_receipt(CODE[:place] + wrong + CODE[place + 1 :])


def test_any_two_characters_that_changed_places_are_noticed():
    for id in range(20):
        plain = receipt_code(KEY, str(id)).replace("-", "")
        for one in range(16):
            for other in range(one + 1, 16):
                if plain[one] == plain[other]:
                    continue
                swapped = list(plain)
                swapped[one], swapped[other] = plain[other], plain[one]
                with pytest.raises(Invalid):
                    normalise_receipt("".join(swapped))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "收到 0 位"),
        ("ABC", "收到 3 位"),
        (CODE + "0", "收到 17 位"),
        ("U" * 16, "I、L、O、U"),
        ("张" * 16, "只含数字"),
        ("\N{DESERET CAPITAL LETTER LONG I}" * 16, "只含数字"),
        ("<script>alert(1)", "只含数字"),
    ],
)
def test_what_cant_be_a_receipt_is_told_in_words(text, message):
    with pytest.raises(Invalid, match=message) as refused:
        normalise_receipt(text)
    assert refused.value.code == "bad-receipt"
    assert [problem.field for problem in refused.value.problems] == ["receipt"]


@given(st.text(max_size=60))
def test_any_text_is_either_a_receipt_or_invalid(text):
    try:
        code = normalise_receipt(text)
    except Invalid:
        return
    assert normalise_receipt(code) == code


def test_a_withdrawal_code_is_short_and_another_secret_than_the_receipt():
    code = withdrawal_code(KEY, "s1")
    assert re.fullmatch(f"[{ALPHABET}]{{4}}-[{ALPHABET}]{{4}}", code)
    assert code == withdrawal_code(KEY, "s1") != withdrawal_code(os.urandom(32), "s1")
    assert code.replace("-", "") not in CODE.replace("-", "")


def test_withdrawal_codes_spread_over_all_that_they_can_be():
    codes = {withdrawal_code(KEY, str(number)) for number in range(5000)}
    assert len(codes) == 5000
    assert {len({code[place] for code in codes}) for place in range(9)} == {1, 32}


@given(st.text(max_size=40))
def test_every_withdrawal_code_is_accepted_as_it_is_and_each_wrong_character_noticed(id):
    code = withdrawal_code(KEY, id.encode("utf-8", "ignore").decode())
    assert normalise_withdrawal_code(f" {code.lower()} ") == code
    wrong = ALPHABET[(ALPHABET.index(code[0]) + 1) % 32] + code[1:]
    with pytest.raises(Invalid, match="撤回码有误") as refused:
        normalise_withdrawal_code(wrong)
    assert [problem.field for problem in refused.value.problems] == ["code"]
