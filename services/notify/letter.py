"""A mail as bytes on the wire. Pure: the same mail gives the same bytes, so a retry is the same message."""

from __future__ import annotations

from datetime import datetime
from email import policy
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage

from services.notify.store import Mail


class AddressError(ValueError):
    """No mail can be sent to this address: correct it in the campaign's definition."""


def letter_of(mail: Mail, sender_address: str) -> bytes:
    """``mail`` as an RFC 5322 message in 7-bit encoding, from ``sender_address``.

    ``Message-ID`` is made from the notice's id, so that a reader's server may know a repeat;
    ``Auto-Submitted`` (RFC 3834) keeps absence notes from answering. Raises AddressError.
    """
    sender = Address(mail.sender_name, addr_spec=sender_address)
    letter = EmailMessage(policy=policy.SMTP)
    letter["From"] = sender
    letter["To"] = _address(mail.address)
    letter["Subject"] = mail.subject
    letter["Date"] = datetime.fromisoformat(mail.at)
    letter["Message-ID"] = f"<{mail.notice_id}@{sender.domain}>"
    letter["Auto-Submitted"] = "auto-generated"
    letter["Content-Language"] = "zh-CN"
    letter.set_content(mail.body, cte="base64")
    return letter.as_bytes()


def _address(text: str) -> Address:
    if not text.isascii():
        raise AddressError(f"邮箱地址“{text}”含有非 ASCII 字符")
    try:
        return Address(addr_spec=text)
    except (MessageError, ValueError, IndexError) as error:
        raise AddressError(f"邮箱地址“{text}”不合规范：{error}") from error
