"""Postal addresses: a road or village with a number, or a housing estate with building and room.

A road alone, a town alone, or a building without the estate's name is where many are, and stays. The search
finds the number behind the last part of the name, then walks back over the name: the time is linear.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from shared.privacy.redaction_forms import ADDRESS, Span

LONGEST_WALK_CHARS = 28

_NUMBER = r"(?:[0-9]{1,5}|[一二三四五六七八九十百〇零]{1,5})(?:-[0-9]{1,4})?"
_BUILDING = rf" ?(?:{_NUMBER}|[a-z甲乙丙丁东西南北]) ?(?:号楼|号院|幢|栋|座|单元|号|组|弄|楼|层|f)"
_ROOM = r"(?: ?[0-9]{2,5} ?[室房户]?| ?[0-9] ?[室房户])"
_NO_PLACE = "(?!线|口|门|出口|出入口|入口|车|机|会议|文件|之前|以前|前|后|晚|早|发|停|开)"
_ROAD = r"(?:(?:路|街|巷|弄|大道|新村|村|里|坊|浜|桥堍|府|湾)[东西南北中]?(?:[一二三四五六七八九十]区)?)"
_ESTATE = r"(?:花园|小区|家园|嘉园|花苑|雅苑|佳苑|新苑|苑|公寓|大厦|广场|创意园|科技园|产业园|华庭|名邸|集宿区|新城|城)"
_NAMED = rf"[\u4e00-\u9fff]{{0,8}}?{_ESTATE}"
# Each part is bounded, and so is how often it repeats.
_TAIL = rf"(?:{_BUILDING}){{0,4}}(?:{_NAMED}(?:{_BUILDING}){{1,4}})?(?:(?<=[幢栋座楼元层号院]){_ROOM})?"
_ANCHOR = re.compile(
    rf"{_ROAD} ?{_NUMBER} ?(?:号楼|号|弄|组|幢|栋){_NO_PLACE}{_TAIL}"
    rf"|(?:{_ESTATE}|新村|村)(?:[一二三四五六七八九十0-9a-z东西南北]区)?(?:{_BUILDING}){{1,4}}(?<!号)(?<!组){_ROOM}"
)
_HAN = re.compile(r"[\u4e00-\u9fff]")
_NOT_IN_NAMES = frozenset(
    "我你他她它们住在到是于去来从的了把寄送往给跟就这那有说租搬过对近前每个址坐走离让被为请着叫也都"
)
_MAY_STAND_BEFORE_BLANK = frozenset("省市区县镇乡道村路街巷")
_AMOUNTS = frozenset("元块万千百亿人次个件天年月日小平公")


def addresses(plain: str) -> Iterator[Span]:
    """The addresses in ``plain``, a plain form."""
    done = 0
    for match in _ANCHOR.finditer(plain):
        start = _start_of_name(plain, match.start(), done)
        if start < match.start():
            done = match.end()
            yield Span(start, done, ADDRESS)


def _start_of_name(plain: str, end: int, earliest: int) -> int:
    """Where the name that ends at ``end`` begins; ``end`` when there is none."""
    earliest = max(earliest, end - LONGEST_WALK_CHARS)
    start = end
    while start > earliest and _continues(plain, start - 1, earliest):
        start -= 1
    # "3元" in front of a name is an amount; what the digits belong to is for the numbers' rules to say.
    while start < end and (plain[start] in " 家和" or (start and _is_cut_amount(plain, start))):
        start += 1
    return start


def _continues(plain: str, place: int, earliest: int) -> bool:
    character = plain[place]
    if character == " ":
        return place > earliest and plain[place - 1] in _MAY_STAND_BEFORE_BLANK
    return _HAN.match(character) is not None and character not in _NOT_IN_NAMES


def _is_cut_amount(plain: str, start: int) -> bool:
    return plain[start - 1].isdigit() and plain[start] in _AMOUNTS
