"""What cells refer to in a plain sheet (``plain_sheet.py``): texts that they share, formats of their numbers. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException, ElementTree

_UTF8 = re.compile(rb"""(?:\xef\xbb\xbf)?<\?xml [^<>]*encoding=["'](?i:utf-8)["'][^<>]*\?>|(?!<\?xml )""")
_TEXTS_HEAD = re.compile(rb"(?:\xef\xbb\xbf)?(?:<\?xml [^<>]*\?>)?\s*<sst [^<>]*>")
_TEXT = re.compile(rb'<t( xml:space="preserve")?>([^<&\r]*)</t>(?:<phoneticPr [^<>]*/>)?')
_ESCAPED = re.compile("_x([0-9A-F]{4})_")
_BLANKS = " \t\r\n"
_SPACE = "{http://www.w3.org/XML/1998/namespace}space"

_BUILT_IN_DAYS = frozenset([*range(14, 23), *range(27, 37), 45, 47, *range(50, 59)])
_BUILT_IN_SPANS = frozenset([46])
"""Formats of numbers that a workbook needn't define (ECMA-376, part 1, 18.8.30)."""
_LITERAL = re.compile(r'"[^"]*"|\\.|[_*].|\[[^\]]*\]')
_DAYS = re.compile("[ymdhs]", re.IGNORECASE)
_SPANS = re.compile(r"\[(?:h+|m+|s+)\]", re.IGNORECASE)


class NotPlain(Exception):
    """Not in the plain form: to be read by what reads every form."""


class Texts:
    """The texts that cells refer to by number."""

    def __init__(self, part: bytes | None) -> None:
        self._texts = [] if part is None else _texts(part)

    def __getitem__(self, number: int) -> str:
        """Raises NotPlain."""
        if number >= len(self._texts):
            raise NotPlain
        return text_of(self._texts[number])


class NumberFormats:
    """Which formats of cells show a number as a day (or a time of day), and which as a span of time."""

    def __init__(self, part: bytes | None) -> None:
        root = Element("styleSheet") if part is None else parsed(part)
        codes = {each.get("numFmtId"): each.get("formatCode", "") for each in root.iterfind(".//{*}numFmt")}
        self._ids = [each.get("numFmtId", "") for each in root.iterfind("./{*}cellXfs/{*}xf")]
        self._codes = codes

    def are_days(self, format: int) -> bool:
        """Whether numbers in this format are shown as days."""
        return self._shows(format, _BUILT_IN_DAYS, lambda code: bool(_DAYS.search(_LITERAL.sub("", code))))

    def are_spans(self, format: int) -> bool:
        """Whether they are shown as spans of time."""
        return self._shows(format, _BUILT_IN_SPANS, lambda code: bool(_SPANS.search(code)))

    def _shows(self, format: int, built_in: frozenset[int], is_so: Callable[[str], bool]) -> bool:
        id = self._ids[format] if format < len(self._ids) else ""
        if id in self._codes:
            return is_so(self._codes[id])
        return id.isdecimal() and int(id) in built_in


def text_of(content: bytes) -> str:
    """The text in ``content``, the inside of ``<si>`` or ``<is>`` (18.4.8, 18.3.1.53). Raises NotPlain."""
    found = _TEXT.fullmatch(content)
    if found is None:
        return _rich_text(parsed(b"<is>" + content + b"</is>"))
    try:
        text = found[2].decode()
    except UnicodeDecodeError:
        raise NotPlain from None
    return unescaped(text if found[1] else text.strip(_BLANKS))


def unescaped(text: str) -> str:
    """With the characters that XML can't have (22.9.2.19). Raises NotPlain."""
    if "_x" not in text:
        return text
    text = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise NotPlain
    return text


def parsed(content: bytes) -> Element:
    """Raises NotPlain."""
    try:
        root: Element = ElementTree.fromstring(content)
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        raise NotPlain from None
    return root


def check_is_utf8(part: bytes) -> None:
    """That it doesn't say it were anything else. Raises NotPlain."""
    if not _UTF8.match(part):
        raise NotPlain


def _texts(part: bytes) -> list[bytes]:
    """The inside of each ``<si>``. Raises NotPlain."""
    check_is_utf8(part)
    head, _, rest = part.partition(b"<si>")
    *texts, tail = (b"<si>" + rest).split(b"</si>")
    # Where it has comments, what looks like a tag may be none.
    if b"<!" in part or not _TEXTS_HEAD.fullmatch(head) or tail.strip() != b"</sst>":
        raise NotPlain
    if not all(text.startswith(b"<si>") for text in texts):
        raise NotPlain
    return [text[4:] for text in texts]


def _rich_text(root: Element) -> str:
    """What is written in several fonts is in several parts; what tells how to read it isn't part of it."""
    if any(each.tag not in ("t", "r", "rPh", "phoneticPr") for each in root):
        raise NotPlain
    parts = [*root.iterfind("t"), *root.iterfind("r/t")]
    return "".join(
        unescaped(text if part.get(_SPACE) == "preserve" else text.strip(_BLANKS))
        for part in parts
        if (text := part.text)
    )
