"""The conditions and limits that a questionnaire can say."""

from __future__ import annotations

import pytest

from shared.forms.conditions import Asked, read_condition, write_condition
from shared.forms.limits import Limits, read_limits, write_limits
from shared.forms.tokens import NotSayable

ASKED = {
    "q01": Asked(("a", "b", "c")),
    "q07": Asked(("g", "h"), is_multiple=True),
    "q09": Asked(("1", "2", "3", "4", "5"), is_number=True),
}


@pytest.mark.parametrize(
    ("expression", "when"),
    [
        ("${q01} = 'b'", {"q01": ["b"]}),
        ("'b'=${q01}", {"q01": ["b"]}),
        ('selected( ${q07} , "h" )', {"q07": ["h"]}),
        ("${q01} = 'a' or ${q01} = 'b' or ${q01}='a'", {"q01": ["a", "b"]}),
        ("(${q01} = 'a' or ${q01} = 'b') and selected(${q07}, 'h')", {"q01": ["a", "b"], "q07": ["h"]}),
        ("${q09} = 3", {"q09": ["3"]}),
        ("${q09} >= 4", {"q09": ["4", "5"]}),
        ("3 > ${q09}", {"q09": ["1", "2"]}),
    ],
)
def test_a_condition_on_earlier_answers_is_read(expression: str, when: object) -> None:
    assert read_condition(expression, ASKED) == when


@pytest.mark.parametrize(
    ("expression", "says"),
    [
        ("${q01} != 'a'", "逐一列出"),
        ("${q07} = 'h'", "selected(${q07}, 'h')"),
        ("${q01} = 'a' or selected(${q07}, 'h')", "只能是同一道题"),
        ("${q01} = 'a' and ${q01} = 'b'", "同一道题"),
        ("not(selected(${q07}, 'h'))", "只能写"),
        ("${q09} > 5", "没有一个刻度"),
        ("${q01} = ${q09}", "只能写"),
        ("(${q01} = 'a'", "此处应为“)”"),
        ("${q01} = 'a' xor", "看不懂"),
        ("${q01} = 'a", "看不懂"),
        ("count-selected(${q07}) > 1", "只能写"),
        ("selected(${q07}, ${q01})", "selected(${题号}"),
    ],
)
def test_what_a_questionnaire_cannot_say_is_refused_with_what_to_write(expression: str, says: str) -> None:
    with pytest.raises(NotSayable, match=r".") as refused:
        read_condition(expression, ASKED)
    assert says in str(refused.value)


@pytest.mark.parametrize("when", [{"q01": {"b", "a"}}, {"q09": {"4"}, "q07": {"g", "h"}, "q01": {"c"}}])
def test_a_condition_is_written_as_it_is_read(when: dict[str, set[str]]) -> None:
    read = read_condition(write_condition(when, ASKED), ASKED)
    assert {id: set(codes) for id, codes in read.items()} == when


@pytest.mark.parametrize(
    ("expression", "limits"),
    [
        (". >= 1 and . <= 10", Limits(least="1", most="10")),
        (".>=-2.5", Limits(least="-2.5")),
        ("(. >= date('2024-05-10') and . <= '2024-08-31')", Limits(least="2024-05-10", most="2024-08-31")),
        ("count-selected(.) <= 3", Limits(most_choices=3)),
        (
            "count-selected(.) <= 3 and not(selected(., 'j') and count-selected(.) > 1)",
            Limits(most_choices=3, alone=("j",)),
        ),
        ("string-length(.)<=200", Limits(most_characters=200)),
    ],
)
def test_limits_are_read_and_written(expression: str, limits: Limits) -> None:
    assert read_limits(expression) == limits
    assert read_limits(write_limits(limits)) == limits


@pytest.mark.parametrize(
    "expression",
    ["regex(., '[0-9]+')", ". > 1", ". >= 1 or . <= 0", ". >= ${q01}", ". != 3", ". <= today()", ".", ""],
)
def test_other_limits_are_refused_with_what_to_write(expression: str) -> None:
    with pytest.raises(NotSayable):
        read_limits(expression)
