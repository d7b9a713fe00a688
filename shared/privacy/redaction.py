"""Taking personal details out of free text.

Every detail becomes a placeholder that says what stood there: ``请打〔电话〕找〔姓名〕``. Doubtful numbers are
taken out: one too many costs little, one too few names somebody. How well it does is measured on sentences
marked by hand (``redaction_measure``).

The search works on forms of the text, of the same length, in which spellings are made plain; all that isn't
taken out stays as it was written. The time is linear.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from shared.privacy.redaction_addresses import addresses
from shared.privacy.redaction_forms import (
    EMPLOYER,
    NAME,
    PHONE,
    PLACEHOLDERS,
    Span,
    digit_form,
    masked,
    number_form,
    plain_form,
    replaced,
)
from shared.privacy.redaction_names import names
from shared.privacy.redaction_numbers import mail_addresses, may_hold_numbers, numbers

SHORTEST_KNOWN_CHARS = 2
SHORTEST_KNOWN_DIGITS = 5
LONGEST_NAME_CHARS = 4

_SEPARATORS = dict.fromkeys(map(ord, " -.·•_"))


def redact(text: str, known: Sequence[str] = ()) -> str:
    """``text`` with personal details replaced by placeholders; redacting the result again changes nothing.

    See ``find_details`` for what is found.
    """
    spans = find_details(text, known)
    return replaced(text, spans) if spans else text


def find_details(text: str, known: Sequence[str] = ()) -> list[Span]:
    """The personal details in ``text``, which don't overlap, and the placeholders that stand there already.

    ``known`` are strings known to be personal: the respondent's own name, employer, phone. They are found
    also with blanks or dashes between their characters. Found without being known: phone numbers, numbers of
    identity papers and bank cards, any other number of nine digits or more, mail addresses, licence plates,
    what stands behind a word like 微信 or QQ, postal addresses, and names that the words around tell.
    """
    plain = plain_form(text)
    form = digit_form(plain)
    spans = list(_placeholders(text))
    for item in sorted(filter(None, map(_compact_known, known)), key=len, reverse=True):
        spans += _occurrences(item, masked(form, spans))
    if may_hold_numbers(form):
        form = number_form(plain)
        spans += mail_addresses(masked(form, spans))
        spans += numbers(masked(form, spans))
    if not text.isascii():  # as nearly all logs are; what follows looks for Chinese words only
        spans += addresses(masked(plain, spans))
        spans += names(masked(plain, spans))
    return spans


def _placeholders(text: str) -> Iterator[Span]:
    for placeholder in PLACEHOLDERS if "〔" in text else ():
        for start in _starts(placeholder, text):
            yield Span(start, start + len(placeholder), placeholder)


def _compact_known(item: str) -> str:
    """``item`` in plain form without separators; empty when it is too short to name anybody."""
    compact = digit_form(plain_form(item)).translate(_SEPARATORS)
    shortest = SHORTEST_KNOWN_DIGITS if compact.isdigit() else SHORTEST_KNOWN_CHARS
    return compact if len(compact) >= shortest else ""


def _occurrences(item: str, form: str) -> list[Span]:
    """Where ``item`` stands in ``form``, whatever separators are between its characters."""
    if not all(character in form for character in item):  # nearly always: the rest costs ten times as much
        return []
    compact = form.translate(_SEPARATORS)
    places = [place for place, character in enumerate(form) if ord(character) not in _SEPARATORS]
    placeholder = _placeholder_of_known(item)
    return [
        Span(places[start], places[start + len(item) - 1] + 1, placeholder)
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
