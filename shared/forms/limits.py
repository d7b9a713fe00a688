"""The limits of an answer in an XLSForm (``constraint``), as far as a questionnaire can say them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from shared.forms.tokens import Token, Tokens

_LIMITS_HELP = (
    "只支持 . >= 最小值、. <= 最大值、count-selected(.) <= 项数、string-length(.) <= 字数、"
    "not(selected(., '代码') and count-selected(.) > 1)，用 and 连接"
)


@dataclass(frozen=True, slots=True)
class Limits:
    """What a constraint allows: a smallest and a largest value as written, choices, characters. None: no limit."""

    least: str | None = None
    most: str | None = None
    most_choices: int | None = None
    most_characters: int | None = None
    alone: tuple[str, ...] = ()

    @property
    def sorts(self) -> frozenset[str]:
        """What is limited: ``value``, ``choices``, ``characters``."""
        has_value = self.least is not None or self.most is not None
        has_choices = self.most_choices is not None or bool(self.alone)
        limited = (has_value, has_choices, self.most_characters is not None)
        return frozenset(
            sort
            for sort, is_limited in zip(("value", "choices", "characters"), limited, strict=True)
            if is_limited
        )


def read_limits(expression: str) -> Limits:
    """The limits of ``expression``: comparisons of ``.``, its choices or its length, joined by ``and``.

    Raises NotSayable.
    """
    tokens = Tokens(expression)
    limits = _limit(tokens, Limits())
    while tokens.take("name", "and"):
        limits = _limit(tokens, limits)
    tokens.end()
    return limits


def write_limits(limits: Limits) -> str:
    """The expression that `read_limits` reads as ``limits``; empty where there are none."""
    return " and ".join(_limit_texts(limits))


def _limit(tokens: Tokens, limits: Limits) -> Limits:
    if tokens.take("sign", "("):
        limits = _limit(tokens, limits)
        while tokens.take("name", "and"):
            limits = _limit(tokens, limits)
        tokens.expect(")")
        return limits
    if tokens.take("name", "not"):
        return replace(limits, alone=(*limits.alone, _alone(tokens)))
    what = _measured(tokens)
    sign = tokens.next().text
    bound = _bound(tokens)
    if what == "value" and sign == ">=":
        return replace(limits, least=bound)
    if what == "value" and sign == "<=":
        return replace(limits, most=bound)
    if what == "value" or sign != "<=" or not bound.isdigit():
        raise tokens.refusal(_LIMITS_HELP)
    if what == "count-selected":
        return replace(limits, most_choices=int(bound))
    return replace(limits, most_characters=int(bound))


def _alone(tokens: Tokens) -> str:
    """The code in ``not(selected(., 'code') and count-selected(.) > 1)``: it goes with no other."""
    code = Token("end", "")
    for expected in (
        "(",
        "selected",
        "(",
        ".",
        ",",
        None,
        ")",
        "and",
        "count-selected",
        "(",
        ".",
        ")",
        ">",
        "1",
        ")",
    ):
        token = tokens.next()
        if expected is None:
            code = token
        elif token.text != expected:
            raise tokens.refusal(_LIMITS_HELP)
    return code.text


def _measured(tokens: Tokens) -> str:
    """What is compared: the answer's value, the number of its choices or of its characters."""
    token = tokens.next()
    if token == Token("sign", "."):
        return "value"
    if token.kind == "name" and token.text in ("count-selected", "string-length"):
        tokens.expect("(")
        tokens.expect(".")
        tokens.expect(")")
        return token.text
    raise tokens.refusal(_LIMITS_HELP)


def _bound(tokens: Tokens) -> str:
    """The number or date that the answer is compared with."""
    if tokens.take("name", "date"):
        tokens.expect("(")
        token = tokens.next()
        tokens.expect(")")
    else:
        token = tokens.next()
    if token.kind not in ("number", "text"):
        raise tokens.refusal("应与一个数字或日期（如 date('2024-05-10')）比较")
    return token.text


def _limit_texts(limits: Limits) -> Iterator[str]:
    for sign, bound in ((">=", limits.least), ("<=", limits.most)):
        if bound is not None:
            is_date = bound.count("-") > 1
            yield f". {sign} date('{bound}')" if is_date else f". {sign} {bound}"
    if limits.most_choices is not None:
        yield f"count-selected(.) <= {limits.most_choices}"
    if limits.most_characters is not None:
        yield f"string-length(.) <= {limits.most_characters}"
    for code in limits.alone:
        yield f"not(selected(., '{code}') and count-selected(.) > 1)"
