"""The conditions of an XLSForm (``relevant``), as far as a questionnaire can say them.

A questionnaire's conditions are «each of these earlier questions was answered with one of these codes». What means more
than that is refused: a form that asks other people than its author meant is worse than none.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from shared.forms.tokens import Tokens

_MIRRORED = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "=": "="}

When = dict[str, list[str]]
"""Earlier questions, and for each the codes of which one must have been chosen."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a condition may speak of: a question's codes, and whether several of them can be chosen."""

    codes: Sequence[str]
    is_multiple: bool = False
    is_number: bool = False


def read_condition(expression: str, asked: Mapping[str, Asked]) -> When:
    """The condition of ``expression`` over the questions ``asked`` before. Raises NotSayable."""
    tokens = Tokens(expression)
    when = _or(tokens, asked)
    tokens.end()
    return when


def write_condition(when: Mapping[str, Collection[str]], asked: Mapping[str, Asked]) -> str:
    """The expression that `read_condition` reads as ``when``."""
    return " and ".join(
        _one_of(id, [code for code in asked[id].codes if code in codes], asked[id], is_alone=len(when) == 1)
        for id, codes in when.items()
    )


def _or(tokens: Tokens, asked: Mapping[str, Asked]) -> When:
    when = _and(tokens, asked)
    while tokens.take("name", "or"):
        other = _and(tokens, asked)
        if len(when) != 1 or when.keys() != other.keys():
            raise tokens.refusal("“or”两边只能是同一道题的选项；不同题目的条件只能用“and”连接")
        ((id, codes),) = when.items()
        when = {id: [*codes, *(code for code in other[id] if code not in codes)]}
    return when


def _and(tokens: Tokens, asked: Mapping[str, Asked]) -> When:
    when = _comparison(tokens, asked)
    while tokens.take("name", "and"):
        other = _comparison(tokens, asked)
        if when.keys() & other.keys():
            raise tokens.refusal("“and”两边是同一道题；请写成“or”，或只留一个条件")
        when |= other
    return when


def _comparison(tokens: Tokens, asked: Mapping[str, Asked]) -> When:
    if tokens.take("sign", "("):
        when = _or(tokens, asked)
        tokens.expect(")")
        return when
    if tokens.take("name", "selected"):
        return _selected(tokens)
    return _compared(tokens, asked)


def _selected(tokens: Tokens) -> When:
    tokens.expect("(")
    id = tokens.next()
    tokens.expect(",")
    code = tokens.next()
    tokens.expect(")")
    if id.kind != "question" or code.kind not in ("text", "number"):
        raise tokens.refusal("请写成 selected(${题号}, '选项代码')")
    return {id.text: [code.text]}


def _compared(tokens: Tokens, asked: Mapping[str, Asked]) -> When:
    left, sign, right = tokens.next(), tokens.next().text, tokens.next()
    if right.kind == "question" and sign in _MIRRORED:
        left, sign, right = right, _MIRRORED[sign], left
    if left.kind != "question" or right.kind not in ("text", "number"):
        raise tokens.refusal(
            "条件只能写 ${题号} = '选项代码' 或 selected(${题号}, '选项代码')，用 and、or 连接"
        )
    question = asked.get(left.text)
    if sign == "=":
        if question is not None and question.is_multiple:
            raise tokens.refusal(f"“{left.text}”可选多项，请写成 selected(${{{left.text}}}, '{right.text}')")
        return {left.text: [right.text]}
    if question is None or not question.is_number or sign not in _MIRRORED:
        raise tokens.refusal(
            f"不支持“{sign}”：请逐一列出选项，如 ${{{left.text}}} = 'a' or ${{{left.text}}} = 'b'"
        )
    codes = [code for code in question.codes if _holds(float(code), sign, float(right.text))]
    if not codes:
        raise tokens.refusal("没有一个刻度符合这个条件")
    return {left.text: codes}


def _holds(point: float, sign: str, bound: float) -> bool:
    if sign in ("<", "<="):
        return point < bound or (sign == "<=" and point == bound)
    return point > bound or (sign == ">=" and point == bound)


def _one_of(id: str, codes: Sequence[str], asked: Asked, *, is_alone: bool) -> str:
    if asked.is_multiple:
        parts = [f"selected(${{{id}}}, '{code}')" for code in codes]
    elif asked.is_number:
        parts = [f"${{{id}}} = {code}" for code in codes]
    else:
        parts = [f"${{{id}}} = '{code}'" for code in codes]
    joined = " or ".join(parts)
    return joined if is_alone or len(parts) == 1 else f"({joined})"
