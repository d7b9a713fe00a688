"""How well redaction does, on sentences in which people marked what is personal.

A line of a labelled file is a JSON object: ``{"text": "请打〖电话:154 0000 0001〗找〖姓名:王小明〗"}``. The kinds
are the words of the placeholders. A marked detail is *found* when one span of its kind covers all of it; a span is
*right* when it lies in a marked detail of its kind. So a span that is too short is a miss, one that is too long
is wrong, and one of another kind is both.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from shared.errors import Invalid
from shared.privacy.redaction import find_details
from shared.privacy.redaction_forms import PLACEHOLDERS, Span

LABELLED = Path(__file__).parent / "labelled"
"""The sentences that come with the code. All people and numbers in them are invented."""

LEAST_RECALL = 0.97
LEAST_PRECISION = 0.95
KINDS = tuple(placeholder[1:-1] for placeholder in PLACEHOLDERS)

_MARK = re.compile(r"〖([^:〖〗]+):([^〖〗]+)〗")


@dataclass(frozen=True, slots=True)
class Sentence:
    """A text without its marks, and the details that were marked."""

    text: str
    details: tuple[Span, ...]

    @property
    def is_held_out(self) -> bool:
        """Whether it belongs to the half that rules aren't made from: the digest of the text decides."""
        return hashlib.sha256(self.text.encode()).digest()[0] % 2 == 1


@dataclass(slots=True)
class Score:
    """Counts of details: marked and found, taken out and right. What isn't there is done perfectly."""

    marked: int = 0
    found: int = 0
    taken: int = 0
    right: int = 0

    @property
    def recall(self) -> float:
        """The share of the marked details that was found."""
        return self.found / self.marked if self.marked else 1.0

    @property
    def precision(self) -> float:
        """The share of what was taken out that was marked."""
        return self.right / self.taken if self.taken else 1.0

    @property
    def is_enough(self) -> bool:
        """Whether both reach their thresholds."""
        return self.recall >= LEAST_RECALL and self.precision >= LEAST_PRECISION


@dataclass(slots=True)
class Measured:
    """The scores in all and by kind, and the errors: the sentence with what was missed, taken out wrongly."""

    count: int = 0
    total: Score = field(default_factory=Score)
    by_kind: dict[str, Score] = field(default_factory=dict)
    errors: list[tuple[Sentence, list[Span], list[Span]]] = field(default_factory=list)


class _Line(BaseModel):
    model_config = ConfigDict(extra="forbid")

    text: str


def read_sentences(paths: Iterable[Path]) -> list[Sentence]:
    """All sentences of the files. Raises Invalid, with file and line, for one that isn't well-formed."""
    return [
        _sentence(line, f"{path.name} 第 {number} 行")
        for path in paths
        for number, line in enumerate(_lines(path), 1)
        if line.strip()
    ]


def labelled_sentences() -> list[Sentence]:
    """Those that come with the code."""
    return read_sentences(sorted(LABELLED.glob("*.jsonl")))


def measure(sentences: Sequence[Sentence]) -> Measured:
    """Redact each and compare."""
    measured = Measured()
    tallies = {name: Counter[str]() for name in Score.__dataclass_fields__}
    for sentence in sentences:
        taken = find_details(sentence.text)
        missed = [each for each in sentence.details if not any(_covers(span, each) for span in taken)]
        wrong = [span for span in taken if not any(_covers(each, span) for each in sentence.details)]
        tallies["marked"].update(_kinds(sentence.details))
        tallies["found"].update(_kinds(each for each in sentence.details if each not in missed))
        tallies["taken"].update(_kinds(taken))
        tallies["right"].update(_kinds(span for span in taken if span not in wrong))
        if missed or wrong:
            measured.errors.append((sentence, missed, wrong))
    measured.count = len(sentences)
    measured.total = Score(**{name: tally.total() for name, tally in tallies.items()})
    measured.by_kind = {
        kind: Score(**{name: tally[kind] for name, tally in tallies.items()})
        for kind in KINDS
        if tallies["marked"][kind] or tallies["taken"][kind]
    }
    return measured


def _covers(outer: Span, inner: Span) -> bool:
    is_same_kind = outer.placeholder == inner.placeholder
    return is_same_kind and outer.start <= inner.start and inner.end <= outer.end


def _kinds(spans: Iterable[Span]) -> Iterable[str]:
    return (span.placeholder[1:-1] for span in spans)


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(f"读不了文件 {path}：应为 UTF-8 的 JSONL 文件。") from error


def _sentence(line: str, where: str) -> Sentence:
    try:
        marked = _Line.model_validate_json(line).text
    except ValidationError as error:
        raise Invalid(f'{where}：应为 {{"text": "……"}} 这样的 JSON。') from error
    text, details, done = "", [], 0
    for mark in _MARK.finditer(marked):
        text += marked[done : mark.start()]
        if mark[1] not in KINDS:
            raise Invalid(f"{where}：没有“{mark[1]}”这一类，应为 {'、'.join(KINDS)} 之一。")
        details.append(Span(len(text), len(text) + len(mark[2]), f"〔{mark[1]}〕"))
        text += mark[2]
        done = mark.end()
    text += marked[done:]
    if "〖" in text or "〗" in text:
        raise Invalid(f"{where}：标记应写作〖类别:内容〗。")
    return Sentence(text, tuple(details))
