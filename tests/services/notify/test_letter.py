"""A mail on the wire."""

from __future__ import annotations

from dataclasses import replace
from email import message_from_bytes, policy

import pytest

from services.notify.letter import AddressError, letter_of
from services.notify.store import Mail

MAIL = Mail(
    notice_id="0b6d5f4c-2b5e-5f0a-8d0e-6c1b7b0f5a3d",
    campaign="suzhou-2024",
    kind="milestone",
    address="office@suzhou.example.invalid",
    sender_name="“大访谈”工作领导小组办公室",
    subject="【百日万名青年职工大访谈】张家港市总工会线下访谈完成 50%，请继续按时序推进，" * 3,
    body="张家港市总工会：\n\n.以句点开头的一行\n还差 500 名。\n" + "很长的一行" * 400,
    cause_id="e1",
    at="2024-06-01T01:30:00.000Z",
)
SENDER = "dafangtan@example.invalid"


def test_a_letter_says_in_chinese_what_the_mail_says() -> None:
    message = message_from_bytes(letter_of(MAIL, SENDER), policy=policy.default)
    assert message["Subject"] == MAIL.subject
    assert message["From"].addresses[0].display_name == MAIL.sender_name
    assert message["From"].addresses[0].addr_spec == SENDER
    assert message["To"] == MAIL.address
    assert message.get_body().get_content().splitlines() == MAIL.body.splitlines()
    assert message["Auto-Submitted"] == "auto-generated"


def test_a_letter_is_seven_bit_with_short_lines() -> None:
    letter = letter_of(MAIL, SENDER)
    assert letter.isascii()
    assert max(map(len, letter.split(b"\r\n"))) <= 998, "RFC 5322, section 2.1.1"
    assert b"\n" not in letter.replace(b"\r\n", b"")


def test_the_same_mail_is_the_same_letter_under_the_same_message_id() -> None:
    assert letter_of(MAIL, SENDER) == letter_of(MAIL, SENDER)
    message = message_from_bytes(letter_of(MAIL, SENDER), policy=policy.default)
    assert message["Message-ID"] == f"<{MAIL.notice_id}@example.invalid>"


@pytest.mark.parametrize("address", ["坏@example.invalid", "a@b@c", "nobody", "", "a@b.c\r\nBcc: x@y.z"])
def test_an_address_that_can_not_be_is_told(address: str) -> None:
    with pytest.raises(AddressError):
        letter_of(replace(MAIL, address=address), SENDER)
