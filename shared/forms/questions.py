"""One question of an XLSForm in the shape that a questionnaire's YAML has."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from shared.forms.limits import Limits, read_limits
from shared.forms.lists import ChoiceList
from shared.forms.survey import Asking
from shared.forms.tokens import NotSayable

KINDS: Mapping[str, str] = {
    "select_one": "single",
    "select_multiple": "multiple",
    "rank": "ranking",
    "range": "scale",
    "integer": "integer",
    "decimal": "decimal",
    "date": "date",
    "text": "text",
}
"""XLSForm's types, and what a questionnaire calls them."""

OTHER = "other"
"""The code that ``or_other`` adds to a list, as pyxform does."""

Question = dict[str, Any]
"""A question as the YAML says it."""


class Refused(ValueError):
    """A cell that the author must change: its column and the reason."""

    def __init__(self, column: str, reason: str) -> None:
        super().__init__(reason)
        self.column = column


@dataclass(frozen=True, slots=True)
class Detail:
    """One entry of a question, and the column where it was written."""

    key: str
    value: Any
    column: str


def details_of(asking: Asking, lists: Mapping[str, ChoiceList]) -> Iterator[Detail]:
    """What is particular to the question's kind. Raises Refused."""
    limits = _limits(asking)
    match asking.type:
        case "select_one" | "select_multiple":
            choices = choices_of(asking, lists)
            options = choices.labels | ({OTHER: "其他"} if _adds_other(asking, choices) else {})
            yield Detail("options", options, "type")
            yield from _other(asking, choices)
        case "rank":
            yield Detail("options", choices_of(asking, lists).labels, "type")
            if text := asking.row.get("max_choices"):
                yield Detail("max_choices", _whole(text), "max_choices")
            yield Detail("alone", asking.row.get("alone").split(), "alone")
        case "range":
            yield from _scale(asking, lists)
        case "integer" | "decimal" | "date":
            yield from _measured(asking, limits, lists)
    if limits.most_choices is not None:
        yield Detail("max_choices", limits.most_choices, "constraint")
    if limits.alone:
        yield Detail("alone", list(limits.alone), "constraint")
    if limits.most_characters is not None:
        yield Detail("max_length", limits.most_characters, "constraint")


def choices_of(asking: Asking, lists: Mapping[str, ChoiceList], name: str | None = None) -> ChoiceList:
    """The question's list. Raises Refused where there is none."""
    wanted = asking.list if name is None else name
    if not wanted:
        raise Refused("type", f"没有写选项列表，请写成“{asking.type} 列表名”")
    if wanted not in lists:
        known = f"；已有的：{'、'.join(lists)}" if lists else ""
        raise Refused("type", f"工作表“choices”中没有列表“{wanted}”{known}")
    return lists[wanted]


def _limits(asking: Asking) -> Limits:
    constraint = asking.row.get("constraint")
    if not constraint:
        return Limits()
    try:
        limits = read_limits(constraint)
    except NotSayable as error:
        raise Refused("constraint", str(error)) from error
    if limits.sorts != {_LIMITED.get(asking.type)}:
        fitting = _LIMITED_BY.get(asking.type, "这种题不能有限制")
        raise Refused("constraint", f"“{constraint}”不适用于 {asking.type}：{fitting}")
    return limits


_LIMITED = {
    "select_multiple": "choices",
    "text": "characters",
    "integer": "value",
    "decimal": "value",
    "date": "value",
}
_LIMITED_BY = {
    "select_multiple": "请写成 count-selected(.) <= 项数",
    "text": "请写成 string-length(.) <= 字数",
    "integer": "请写成 . >= 最小值 and . <= 最大值",
    "decimal": "请写成 . >= 最小值 and . <= 最大值",
    "date": "请写成 . >= date('2024-05-10') and . <= date('2024-08-31')",
    "rank": "最多排几项，请写在 max_choices 列，不能与别的一起选的，写在 alone 列",
}


def _adds_other(asking: Asking, choices: ChoiceList) -> bool:
    return asking.is_or_other and OTHER not in choices.choices


def _other(asking: Asking, choices: ChoiceList) -> Iterator[Detail]:
    """The option that asks for words."""
    flagged = [choice.code for choice in choices.choices.values() if choice.is_other]
    others = [OTHER, *flagged] if asking.is_or_other else flagged
    if len(set(others)) > 1:
        raise Refused("type", f"只能有一个“其他”选项，收到 {'、'.join(others)}")
    if others:
        yield Detail("other", others[0], "type")


def _scale(asking: Asking, lists: Mapping[str, ChoiceList]) -> Iterator[Detail]:
    pairs = (each.partition("=") for each in asking.row.get("parameters").replace(",", " ").split())
    parameters = {name.strip(): value for name, _, value in pairs}
    if parameters.get("step", "1") != "1":
        raise Refused("parameters", f"刻度只能是一格一格的整数（step=1），收到 step={parameters['step']}")
    lowest, highest = (
        _whole(parameters.get(end, default)) for end, default in (("start", "1"), ("end", "10"))
    )
    yield Detail("lowest", lowest, "parameters")
    yield Detail("highest", highest, "parameters")
    if "tick_labelset" not in parameters:
        raise Refused(
            "parameters", "请写 tick_labelset=列表名，并在“choices”的这个列表中写明最低、最高两格的含义"
        )
    labels = choices_of(asking, lists, parameters["tick_labelset"]).labels
    for end in (lowest, highest):
        if str(end) not in labels:
            raise Refused("parameters", f"列表“{parameters['tick_labelset']}”没有写明 {end} 的含义")
    yield Detail("labels", [labels[str(lowest)], labels[str(highest)]], "parameters")


def _measured(asking: Asking, limits: Limits, lists: Mapping[str, ChoiceList]) -> Iterator[Detail]:
    value = _VALUES[asking.type]
    for key, text in (("min", limits.least), ("max", limits.most)):
        if text is not None:
            yield Detail(key, value(text), "constraint")
    if name := asking.row.get("bands"):
        if name not in lists:
            raise Refused("bands", f"工作表“choices”中没有列表“{name}”")
        bands = {
            code: {"label": choice.label} | ({"from": value(choice.starts_at)} if choice.starts_at else {})
            for code, choice in lists[name].choices.items()
        }
        yield Detail("bands", bands, "bands")


def _whole(text: str) -> Any:
    """A whole number; what is none stays text, which the questionnaire's shape then refuses by name."""
    try:
        return int(text)
    except ValueError:
        return text


def _decimal(text: str) -> Any:
    try:
        return int(text) if text.lstrip("-").isdigit() else float(text)
    except ValueError:
        return text


def _day(text: str) -> Any:
    try:
        return date.fromisoformat(
            text.removesuffix(" 00:00:00")
        )  # as pyxform gives a cell that Excel holds as a date
    except ValueError:
        return text


_VALUES: Mapping[str, Callable[[str], Any]] = {"integer": _whole, "decimal": _decimal, "date": _day}
