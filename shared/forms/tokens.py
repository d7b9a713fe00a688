"""The words of XLSForm's expressions, which are XPath 1.0."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_TOKEN = re.compile(
    r"""\s*(?:
        \$\{\s*(?P<question>[^}\s]+)\s*\}
      | (?P<quote>['"])(?P<text>.*?)(?P=quote)
      | (?P<number>-?\d+(?:\.\d+)?)
      | (?P<name>[A-Za-z][A-Za-z-]*)
      | (?P<sign><=|>=|!=|[=<>(),.])
    )""",
    re.VERBOSE | re.DOTALL,
)


class NotSayable(ValueError):
    """The author must put the expression differently; the message says how."""


@dataclass(frozen=True, slots=True)
class Token:
    """One word: ``question``, ``text``, ``number``, ``name``, ``sign`` or ``end``."""

    kind: str
    text: str


class Tokens:
    """The words of an expression, taken one by one."""

    def __init__(self, expression: str) -> None:
        self.expression = expression
        self._tokens = list(_split(expression))
        self._next = 0

    def peek(self) -> Token:
        """The next word, which stays."""
        return self._tokens[self._next] if self._next < len(self._tokens) else Token("end", "")

    def next(self) -> Token:
        """The next word, which is taken."""
        token = self.peek()
        self._next += 1
        return token

    def take(self, kind: str, text: str) -> bool:
        """Whether the next word is this one, which is taken then."""
        if self.peek() != Token(kind, text):
            return False
        self._next += 1
        return True

    def expect(self, sign: str) -> None:
        """Take this sign. Raises NotSayable where there is another word."""
        if not self.take("sign", sign):
            raise self.refusal(f"此处应为“{sign}”，收到“{self.peek().text or '表达式结尾'}”")

    def end(self) -> None:
        """Raises NotSayable where something is left."""
        if self.peek().kind != "end":
            raise self.refusal(f"从“{self.peek().text}”起看不懂")

    def refusal(self, reason: str) -> NotSayable:
        """The error to raise."""
        return NotSayable(f"“{self.expression}”：{reason}")


def _split(expression: str) -> Iterator[Token]:
    position = 0
    while expression[position:].strip():
        match = _TOKEN.match(expression, position)
        if match is None:
            rest = expression[position:].strip()
            raise NotSayable(f"“{expression}”：从“{rest}”起看不懂")
        kind = match.lastgroup or "sign"
        yield Token(kind, match[kind])
        position = match.end()
