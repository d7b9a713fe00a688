"""Questionnaires of every shape, for properties."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

from shared.campaign import Questionnaire
from shared.campaign.questionnaire_build import build_questionnaire
from shared.campaign.questionnaire_schema import QuestionnaireFile

# Without the blank that pyxform makes a common one, and the mark of a reference.
_CHARACTERS = st.characters(exclude_categories=("Cc", "Cs", "Cn"), exclude_characters="\u00a0$")
_TEXT = st.text(
    _CHARACTERS | st.sampled_from("工资=+-@'\n\u3000＝<&\"_x000D_"), min_size=1, max_size=12
).filter(lambda text: bool(text.strip()))
_CODE = st.text("abAB12-_", min_size=1, max_size=4)
_OPTIONS = st.dictionaries(_CODE, _TEXT, min_size=2, max_size=5)
_DAYS = st.dates().filter(lambda day: day.year > 1000)


def _written(shape: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in shape.items() if value is not None}


@st.composite
def _measured(draw: st.DrawFn, kind: str) -> dict[str, Any]:
    whole = st.integers(-(10**12), 10**12)
    number = whole | st.floats(-(10**12), 10**12, allow_nan=False, allow_infinity=False)
    value = {"integer": whole, "decimal": number, "date": _DAYS}[kind]
    points = sorted(draw(st.lists(value, min_size=2, max_size=4, unique=True)))
    shape = {"min": draw(st.none() | st.just(points[0])), "max": draw(st.none() | st.just(points[-1]))}
    if draw(st.booleans()):
        starts = [None, *points[1:]]
        labels = [_written({"label": draw(_TEXT), "from": start}) for start in starts]
        shape["bands"] = dict(zip("abcd", labels, strict=False))
    return shape


@st.composite
def _particular(draw: st.DrawFn, kind: str) -> dict[str, Any]:
    """What the kind has of its own."""
    match kind:
        case "single":
            options = draw(_OPTIONS)
            return {"options": options, "other": draw(st.none() | st.sampled_from(list(options)))}
        case "multiple" | "ranking":
            options = draw(_OPTIONS)
            most = draw(st.none() | st.integers(1, len(options)))
            alone = draw(st.lists(st.sampled_from(list(options)), max_size=2, unique=True))
            return {"options": options, "max_choices": most, "alone": alone}
        case "scale":
            lowest = draw(st.integers(0, 1))
            ends = {"lowest": lowest, "highest": draw(st.integers(2, 10))}
            return {**ends, "labels": [draw(_TEXT), draw(_TEXT)]}
        case "grid":
            rows = st.dictionaries(st.text("ab1_", min_size=1, max_size=3), _TEXT, min_size=2, max_size=3)
            return {"options": draw(_OPTIONS), "rows": draw(rows)}
        case "text":
            return {"max_length": draw(st.integers(1, 2000))}
        case _:
            return draw(_measured(kind))


@st.composite
def questionnaires(draw: st.DrawFn) -> Questionnaire:
    sections = draw(st.lists(st.sampled_from(["work", "life", "q1", "start"]), max_size=3, unique=True))
    kinds = ["single", "multiple", "ranking", "scale", "grid", "integer", "decimal", "date", "text"]
    drawn = draw(st.lists(st.sampled_from(kinds), min_size=max(1, len(sections)), max_size=6))
    questions: dict[str, Any] = {}
    chosen: dict[str, Sequence[str]] = {}
    for index, kind in enumerate(drawn):
        id = f"q{index}"
        when = draw(st.sets(st.sampled_from(list(chosen)), max_size=2)) if chosen else set()
        questions[id] = _written(
            {
                "kind": kind,
                "text": draw(_TEXT),
                "hint": draw(st.none() | _TEXT),
                "message": draw(st.none() | _TEXT),
                "required": draw(st.booleans()),
                "section": sections[min(index, len(sections) - 1)] if sections else None,
                "when": {
                    id: draw(st.lists(st.sampled_from(chosen[id]), min_size=1, unique=True)) for id in when
                },
                **draw(_particular(kind)),
            }
        )
        chosen |= _choosable(id, questions[id])
    data = {
        "id": "generated",
        "edition": "general",
        "version": draw(_CODE),
        "title": draw(_TEXT),
        "requires": draw(st.lists(st.sampled_from(["age", "sex"]), unique=True)),
        "sections": {id: draw(_TEXT) for id in sections},
        "questions": questions,
    }
    return build_questionnaire([QuestionnaireFile.model_validate(data)])


def _choosable(id: str, question: dict[str, Any]) -> dict[str, Sequence[str]]:
    match question["kind"]:
        case "grid":
            return {f"{id}_{row}": list(question["options"]) for row in question["rows"]}
        case "scale":
            return {id: [str(point) for point in range(question["lowest"], question["highest"] + 1)]}
        case "single" | "multiple" | "ranking":
            return {id: list(question["options"])}
        case _:
            return {}
