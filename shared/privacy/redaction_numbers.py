"""Details made of digits and letters: phones, papers, cards, plates, mail addresses, chat names.

Every pattern has a bounded length or can start only where its run of characters starts, so the time is linear.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from shared.privacy.redaction_forms import CARD, CHAT, MAIL, NUMBER, PAPER, PHONE, PLATE, Span

UNIONPAY_PREFIX = "62"
CARD_CONTEXT_CHARS = 12

_GAP = r"[ \-.]{0,2}"
_PHONE_GAP = r"[ \-.·•_/()]{0,2}"
_AMOUNT = r" ?(?:[元块万千百亿人次个件天年月日%]|小时|平米|公里)"
_NOT_AN_AMOUNT = rf"(?!{_AMOUNT})"
_CHAT_WORD = r"微信|薇信|威信|微号|扣扣|企鹅号|v信|wechat|weixin|加[我个下]?v|(?<![a-z0-9])(?:[vw]x|qq)"
_PLATE_PROVINCE = "[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼]"
_DATE = r"(?:19|20)[0-9]{2}[01][0-9][0-3][0-9]"

# Addresses go before all others: they may hold anything, and nothing else ends in the midst of one.
_MAIL = re.compile(
    r"(?<![a-z0-9._%+\-])[a-z0-9._%+\-]++ ?@ ?[a-z0-9\-]++(?:\.[a-z0-9\-]++)++[a-z0-9._%+\-]*+"
)
_RULES = (
    # An id of this system is nobody's detail; it comes first so that no rule finds a number in it.
    ("", r"[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"),
    (
        CHAT,
        rf"(?:{_CHAT_WORD})(?:[群号是为也 :_\-(\"“「]|[帐账]号|号码)*+"
        rf"(?![0-9]++{_AMOUNT})(?P<only_chat>[a-z0-9][a-z0-9_\-]{{4,}}+)",
    ),
    (
        PLATE,
        rf"{_PLATE_PROVINCE} ?[a-z][ ·•.\-]?(?=[a-z]{{0,5}}[0-9])"
        r"(?:[a-z0-9]{5,}+|[a-z0-9]{4}[挂学警港澳])",
    ),
    # GB 11643: six digits of region, birth date, three in sequence, check character; before 1999 without
    # century and check. Then passports and permits: one or two letters, seven or eight digits. The check
    # character isn't checked: a slip of the pen still names somebody.
    (
        PAPER,
        rf"(?<![0-9])[1-9](?:{_GAP}[0-9]){{5}}{_GAP}(?:1{_GAP}[89]|2{_GAP}0)(?:{_GAP}[0-9]){{2}}"
        rf"{_GAP}[01]{_GAP}[0-9]{_GAP}[0-3]{_GAP}[0-9](?:{_GAP}[0-9]){{3}}{_GAP}[0-9x](?![0-9])"
        r"|(?<![0-9])[1-9][0-9]{7}[01][0-9][0-3][0-9]{4}(?![0-9])"
        r"|[a-z]{1,2}[0-9]{7,8}(?![0-9])"
        r"|(?:身份证|证件|护照|通行证|驾驶证|居住证)[件号码是为:( ]{0,6}"
        rf"(?P<only_paper>[a-z]{{0,2}}[0-9]{{7,18}}x?)(?![0-9]){_NOT_AN_AMOUNT}",
    ),
    (PHONE, rf"(?<![0-9])(?:(?:\+|00)?86{_PHONE_GAP}|0)?1{_GAP}[3-9](?:{_PHONE_GAP}[0-9o]){{9}}(?![0-9])"),
    # Landlines with area code; 400 and 800 numbers; seven or eight digits that are neither date nor amount.
    (
        PHONE,
        rf"(?<![0-9])(?:(?:\+|00)?86{_GAP})?\(?0[1-9][0-9]{{1,2}}\)?{_GAP}[2-9][0-9]{{2,3}}{_GAP}[0-9]{{4}}"
        r"(?:(?:\-|转分机|转|分机)[0-9]{1,6})?(?![0-9])"
        rf"|(?<![0-9])[48]00{_GAP}[0-9]{{3,4}}{_GAP}[0-9]{{3,4}}(?![0-9])"
        rf"|(?<![0-9.])(?!{_DATE})[2-9][0-9]{{6,7}}(?![0-9]){_NOT_AN_AMOUNT}"
        r"|(?:电话|座机|总机|拨打?|致电|号码)[:是为 ]{0,3}"
        rf"(?P<only_phone>[2-9][0-9]{{2,3}}[ \-][0-9]{{4}})(?![0-9]){_NOT_AN_AMOUNT}",
    ),
    (CARD, r"(?<![0-9])[2-9][0-9]{15,18}(?![0-9])|(?<![0-9])62[0-9]{4} [0-9]{10,13}(?![0-9])"),
    (CARD, r"(?<![0-9])(?P<only_card>[2-9][0-9]{3}(?:[ \-][0-9]{4}){3}(?:[ \-]?[0-9]{1,3})?)(?![0-9])"),
    (
        NUMBER,
        r"(?<![0-9])[0-9]{9,}+" + _NOT_AN_AMOUNT + r"|(?<![0-9])[0-9](?:[ \-.][0-9]){14,}+(?![0-9])",
    ),
)
_PLACEHOLDER_OF = {f"rule{place}": placeholder for place, (placeholder, _) in enumerate(_RULES)}
_DETAIL = re.compile("|".join(f"(?P<rule{place}>{pattern})" for place, (_, pattern) in enumerate(_RULES)))
_INNER = tuple(name for name in _DETAIL.groupindex if name.startswith("only_"))
_MAY_HOLD_DETAIL = re.compile(
    rf"[0-9]{_PHONE_GAP}[0-9]{_PHONE_GAP}[0-9]|@|(?:{_CHAT_WORD})|{_PLATE_PROVINCE} ?[a-z][ ·•.\-]?[a-z0-9]"
)


def may_hold_numbers(form: str) -> bool:
    """Whether it is worth searching ``form``, a digit form."""
    return _MAY_HOLD_DETAIL.search(form) is not None


def mail_addresses(form: str) -> list[Span]:
    """The mail addresses in ``form``."""
    return [Span(*match.span(), MAIL) for match in _MAIL.finditer(form)]


def numbers(form: str) -> Iterator[Span]:
    """All else in ``form``, a digit form without the mail addresses."""
    for match in _DETAIL.finditer(form):
        assert match.lastgroup is not None
        placeholder = _PLACEHOLDER_OF[match.lastgroup]  # the outermost group, which closed last
        inner = next((name for name in _INNER if match[name]), match.lastgroup)
        if placeholder and (inner != "only_card" or _is_card(match)):
            yield Span(*match.span(inner), placeholder)


def _is_card(match: re.Match[str]) -> bool:
    """Whether groups of four digits are a card's: years and amounts are written like that too."""
    digits = re.sub(r"[ \-]", "", match[0])
    groups = [digits[at : at + 4] for at in range(0, 16, 4)]
    if all(group.endswith("00") or group[:2] in ("19", "20") for group in groups):
        return False
    before = match.string[max(0, match.start() - CARD_CONTEXT_CHARS) : match.start()]
    return digits.startswith(UNIONPAY_PREFIX) or "卡" in before or "账" in before or _has_luhn_sum(digits)


def _has_luhn_sum(digits: str) -> bool:
    """ISO/IEC 7812-1, annex B: from the right, every second digit counts twice, digit sums added up."""
    doubled = (int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits)))
    return sum(value // 10 + value % 10 for value in doubled) % 10 == 0
