"""Pseudonyms: equal persons meet, different ones don't."""

import os
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.privacy import Pseudonyms
from shared.privacy.pseudonyms import normalise, normalise_phone

KEY = os.urandom(32)
P = Pseudonyms(KEY)
SAME_PHONE = ["13812345678", "138 1234 5678", "138-1234-5678", "+86 13812345678", "0086-138-1234-5678",
              "8613812345678", "１３８１２３４５６７８", " 13812345678\t"]  # fmt: skip


@pytest.mark.parametrize("phone", SAME_PHONE)
def test_a_phone_is_the_same_however_it_is_written(phone):
    assert P.person("张三", None, phone) == P.person("张三", None, "13812345678")


@pytest.mark.parametrize("name", ["张三", " 张三 ", "张 三", "张\u3000三", "张三\n"])
def test_a_name_is_the_same_with_blanks_anywhere(name):
    assert P.person(name, None, "13812345678") == P.person("张三", None, "13812345678")


def test_foreign_names_keep_their_words_apart():
    assert normalise("John  Smith ") == normalise("JOHN SMITH") == "john smith"
    assert normalise("ＪＯＨＮ") == "john"


def test_a_landline_keeps_its_area_code():
    assert normalise_phone("+86 0512-6521 2345") == normalise_phone("0512-65212345") == "051265212345"
    assert normalise_phone("86123") == "86123"


def test_the_phone_with_the_name_decides_whatever_the_employer():
    assert P.person("张三", "甲厂", "13812345678") == P.person("张三", "乙厂", "13812345678")
    assert P.person(None, None, "138-1234-5678") == P.person("张三", "甲厂", "13812345678")
    assert P.person("李四", "甲厂", "0512-62345678") != P.person("张三", "甲厂", "0512-62345678")


def test_the_strongest_id_that_was_given_decides():
    ids = {"resident_id": "11010519491231002X", "openid": "o-1", "app_id": "a-1"}
    known_by = [
        P.person(None, None, "13812345678"),
        *(P.person(None, None, None, **{k: v}) for k, v in ids.items()),
    ]
    assert len(set(known_by)) == 4
    assert P.person("张三", "甲厂", "13812345678", **ids) == known_by[0]
    for strongest in known_by[1:]:
        assert P.person("张三", "甲厂", "0512-62345678", **ids) == strongest
        del ids[next(iter(ids))]


def test_without_a_phone_name_and_employer_decide_and_less_is_nobody():
    assert P.person("张三", "甲 厂", None) == P.person("张三", "甲厂", "")
    assert P.person("张三", "甲厂", None) != P.person("张三", "乙厂", None)
    assert P.person(None, None, "13812345678") is not None
    for name, employer, phone in (
        (None, None, None),
        ("张三", None, None),
        (None, "甲厂", "无"),
        ("", " ", "-"),
    ):
        assert P.person(name, employer, phone) is None


def test_kinds_dont_meet():
    pseudonyms = {
        P.interviewer("张三"),
        P.content_mac("张三".encode()),
        P.person(None, None, "13812345678"),
        P.person("13812345678", "phone", None),
        P.person("a", "b\0c", None),
        P.person("a\0b", "c", None),
    }
    assert len(pseudonyms) >= 5
    assert all(re.fullmatch("[0-9a-f]{32}", pseudonym) for pseudonym in pseudonyms)


def test_another_campaign_has_other_pseudonyms_and_the_same_key_the_same():
    assert Pseudonyms(os.urandom(32)).person("张三", "甲厂", None) != P.person("张三", "甲厂", None)
    assert Pseudonyms(KEY).person("张三", "甲厂", None) == P.person("张三", "甲厂", None)


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_contents_are_equal_just_when_their_macs_are(one, other):
    assert (P.content_mac(one) == P.content_mac(other)) is (one == other)


@given(st.text(max_size=30))
def test_normalising_again_changes_nothing(text):
    assert normalise(normalise(text)) == normalise(text)
    assert normalise_phone(normalise_phone(text)) == normalise_phone(text)
