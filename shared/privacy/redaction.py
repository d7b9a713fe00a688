"""Taking personal details out of free text before it leaves intake.

Every detail becomes a placeholder that says what stood there: ``请打〔电话〕找〔姓名〕``. Doubtful cases are
taken out: a number too many costs little, one too few names somebody.

The search works on a shadow of the text, of the same length, in which full-width forms, digits of other
scripts, dashes, blanks and capitals are made plain; all that isn't taken out stays as it was written. Every
pattern has a bounded length or can start only where its run of characters starts, so the time is linear.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import NamedTuple

SHORTEST_KNOWN_CHARS = 2
SHORTEST_KNOWN_DIGITS = 5
LONGEST_NAME_CHARS = 4

NAME, EMPLOYER, PHONE, MAIL = "〔姓名〕", "〔单位〕", "〔电话〕", "〔邮箱〕"
MASK = "\0"

_HAN_DIGITS = dict(zip("〇零一二三四五六七八九幺壹", "0012345678911", strict=True))
_SEPARATORS = dict.fromkeys(map(ord, " -.·•_"))

_GAP = r"[ \-.]{0,2}"
_AMOUNT = r" ?(?:[元块万千百人次个天年月日%]|小时|平米|公里)"
_NOT_AN_AMOUNT = rf"(?!{_AMOUNT})"
_CHAT_WORD = r"微信|薇信|威信|微号|扣扣|企鹅号|v信|wechat|weixin|[vw]x|qq"
_PLATE_PROVINCE = "[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼]"

# Addresses go before all others: they may hold anything, and nothing else ends in the midst of one.
_MAIL = re.compile(
    r"(?<![a-z0-9._%+\-])[a-z0-9._%+\-]++ ?@ ?[a-z0-9\-]++(?:\.[a-z0-9\-]++)++[a-z0-9._%+\-]*+"
)
_RULES = (
    # An id of this system is nobody's detail; it comes first so that no rule finds a number in it.
    ("", r"[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"),
    (
        "〔微信或QQ号〕",
        rf"(?:{_CHAT_WORD})(?:[群号是为也 :_\-]|[帐账]号|号码)*+"
        rf"(?![0-9]++{_AMOUNT})(?P<chat_id>[a-z0-9][a-z0-9_\-]{{4,}}+)",
    ),
    (
        "〔车牌〕",
        rf"{_PLATE_PROVINCE}[a-z][ ·•.\-]?(?=[a-z]{{0,5}}[0-9])(?:[a-z0-9]{{5,}}+|[a-z0-9]{{4}}[挂学警港澳])",
    ),
    # GB 11643: six digits of region, birth date, three in sequence, check character; before 1999 without
    # century and check. Then passports and permits: one or two letters, seven or eight digits.
    (
        "〔证件号〕",
        rf"(?<![0-9])[1-9][0-9]{{5}}{_GAP}(?:18|19|20)[0-9]{{2}}{_GAP}[01][0-9]{_GAP}[0-3][0-9]{_GAP}"
        r"[0-9]{3} ?[0-9x](?![0-9])"
        r"|(?<![0-9])[1-9][0-9]{7}[01][0-9][0-3][0-9]{4}(?![0-9])"
        r"|[a-z]{1,2}[0-9]{7,8}(?![0-9])",
    ),
    (PHONE, rf"(?<![0-9])(?:(?:\+|00)?86{_GAP}|0)?1{_GAP}[3-9](?:{_GAP}[0-9]){{9}}(?![0-9])"),
    # Landlines with area code; 400 and 800 numbers; seven or eight digits that are neither date nor amount.
    (
        PHONE,
        rf"(?<![0-9])(?:(?:\+|00)?86{_GAP})?\(?0[1-9][0-9]{{1,2}}\)?{_GAP}[2-9][0-9]{{2,3}}{_GAP}[0-9]{{4}}"
        r"(?:[\-转][0-9]{1,6})?(?![0-9])"
        rf"|(?<![0-9])[48]00{_GAP}[0-9]{{3,4}}{_GAP}[0-9]{{3,4}}(?![0-9])"
        r"|(?<![0-9.])(?!20[0-4][0-9][01][0-9][0-3][0-9])[2-9][0-9]{6,7}(?![0-9])" + _NOT_AN_AMOUNT,
    ),
    ("〔银行卡号〕", r"(?<![0-9])[2-9][0-9]{3}(?:[ \-]?[0-9]{4}){3}(?:[ \-]?[0-9]{1,3})?(?![0-9])"),
    (
        "〔号码〕",
        r"(?<![0-9])[0-9]{9,}+" + _NOT_AN_AMOUNT + r"|(?<![0-9])[0-9](?:[ \-.][0-9]){14,}+(?![0-9])",
    ),
)
_PLACEHOLDER_OF = {f"rule{place}": placeholder for place, (placeholder, _) in enumerate(_RULES)}
_DETAIL = re.compile("|".join(f"(?P<rule{place}>{pattern})" for place, (_, pattern) in enumerate(_RULES)))
_MAY_HOLD_DETAIL = re.compile(
    rf"[0-9]{_GAP}[0-9]{_GAP}[0-9]|@|(?:{_CHAT_WORD})|{_PLATE_PROVINCE}[a-z][ ·•.\-]?[a-z0-9]"
)
_PLACEHOLDER = re.compile(
    "|".join({placeholder for placeholder, _ in _RULES if placeholder} | {NAME, EMPLOYER, MAIL})
)


class _Span(NamedTuple):
    start: int
    end: int
    placeholder: str


class _Plain(dict[int, str]):
    """Maps a character to its plain form, one character for one; fills itself as characters are met."""

    def __missing__(self, code: int) -> str:
        self[code] = plain = _plain(chr(code))
        return plain


def _plain(character: str) -> str:
    form = unicodedata.normalize("NFKC", character).lower()
    if len(form) != 1:
        form = character
    digit = unicodedata.digit(form, None)
    if digit is not None:
        return str(digit)
    category = unicodedata.category(form)
    if form.isspace() or category in {"Cc", "Cf"}:
        return " "
    if category == "Pd" or form == "−":
        return "-"
    return _HAN_DIGITS.get(form, form)


_plain_forms = _Plain()


def redact(text: str, known: Sequence[str] = ()) -> str:
    """``text`` with personal details replaced by placeholders; redacting the result again changes nothing.

    ``known`` are strings known to be personal: the respondent's own name, employer, phone. They are found
    also with blanks or dashes between their characters. Found without being known: phone numbers, numbers of
    identity papers and bank cards, any other number of nine digits or more, mail addresses, licence plates,
    and what stands behind a word like 微信 or QQ.
    """
    shadow = text.translate(_plain_forms)
    spans = [_Span(*match.span(), match[0]) for match in _PLACEHOLDER.finditer(text)]
    for item in sorted(filter(None, map(_compact_known, known)), key=len, reverse=True):
        spans += _occurrences(item, _masked(shadow, spans))
    if _MAY_HOLD_DETAIL.search(shadow) is not None:
        spans += [_Span(*match.span(), MAIL) for match in _MAIL.finditer(_masked(shadow, spans))]
        spans += _details(_masked(shadow, spans))
    return _replaced(text, spans) if spans else text


def _compact_known(item: str) -> str:
    """``item`` in plain form without separators; empty when it is too short to name anybody."""
    compact = item.translate(_plain_forms).translate(_SEPARATORS)
    shortest = SHORTEST_KNOWN_DIGITS if compact.isdigit() else SHORTEST_KNOWN_CHARS
    return compact if len(compact) >= shortest else ""


def _occurrences(item: str, shadow: str) -> list[_Span]:
    """Where ``item`` stands in ``shadow``, whatever separators are between its characters."""
    if not all(character in shadow for character in item):  # nearly always: the rest costs ten times as much
        return []
    compact = shadow.translate(_SEPARATORS)
    places = [place for place, character in enumerate(shadow) if ord(character) not in _SEPARATORS]
    placeholder = _placeholder_of_known(item)
    return [
        _Span(places[start], places[start + len(item) - 1] + 1, placeholder)
        for start in _starts(item, compact)
    ]


def _starts(item: str, text: str) -> Iterator[int]:
    start = text.find(item)
    while start >= 0:
        yield start
        start = text.find(item, start + len(item))


def _placeholder_of_known(item: str) -> str:
    if item.isdigit():
        return PHONE
    return NAME if len(item) <= LONGEST_NAME_CHARS else EMPLOYER


def _details(shadow: str) -> list[_Span]:
    spans = []
    for match in _DETAIL.finditer(shadow):
        placeholder = _PLACEHOLDER_OF[_rule_of(match)]
        if placeholder:
            start, end = match.span("chat_id") if match["chat_id"] else match.span()
            spans.append(_Span(start, end, placeholder))
    return spans


def _rule_of(match: re.Match[str]) -> str:
    """The name of the rule that matched: ``lastgroup`` is the outermost group, which closed last."""
    assert match.lastgroup is not None
    return match.lastgroup


def _masked(shadow: str, spans: Sequence[_Span]) -> str:
    """``shadow`` with a character that no pattern and no known string holds at every place of ``spans``."""
    if not spans:
        return shadow
    characters = list(shadow)
    for start, end, _ in spans:
        characters[start:end] = MASK * (end - start)
    return "".join(characters)


def _replaced(text: str, spans: Sequence[_Span]) -> str:
    pieces: list[str] = []
    done = 0
    for start, end, placeholder in sorted(spans):
        pieces += (text[done:start], placeholder)
        done = end
    return "".join((*pieces, text[done:]))
