"""Versions of a questionnaire: what is published stays, and old answers have a place in the new version."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.campaign import (
    CampaignInvalid,
    Questionnaire,
    check,
    load_campaign,
    publish,
    validate_answers,
)
from shared.errors import Invalid

CURRENT, OLDER, OLDEST = (f"questionnaires/{name}.yaml" for name in ("general", "general-2", "general-1"))
LOCK = "questionnaires/published.yaml"

VERSION_1 = """\
id: general-2024
edition: general
version: "1"
title: 问卷
questions:
  pay: {kind: single, text: 工资？, options: {a: 好, b: 一般, c: 差}}
  wish: {kind: multiple, text: 要什么？, options: {a: 工资, b: 住房, c: 食堂}, other: c, max_choices: 2}
  mood: {kind: scale, highest: 5, text: 几分？, labels: [差, 好]}
  say: {kind: text, text: 想说什么？}
"""
VERSION_2 = """\
id: general-2024
edition: general
version: "2"
title: 问卷（第二版）
replaces:
  file: questionnaires/general-1.yaml
  questions: {pay: income, mood: null}
  options: {pay: {c: b}, wish: {b: null}}
questions:
  income: {kind: single, required: true, text: 收入？, options: {a: 好, b: 不好}}
  wish: {kind: multiple, text: 要什么？, options: {a: 工资, c: 食堂}, other: c, max_choices: 2}
  hours: {kind: integer, text: 几小时？, bands: {few: {label: 少}, many: {label: 多, from: 41}}}
  say: {kind: text, text: 想说什么？}
"""
VERSION_3 = """\
id: general-2024
edition: general
version: "3"
title: 问卷（第三版）
replaces:
  file: questionnaires/general-2.yaml
  questions: {say: words, wish_other: want_other, wish: want}
  options: {hours: {few: low, many: high}}
questions:
  income: {kind: single, required: true, text: 收入？, options: {a: 好, b: 不好}}
  want: {kind: multiple, text: 要什么？, options: {a: 工资, c: 食堂}, other: c, max_choices: 2}
  hours: {kind: integer, text: 几小时？, bands: {low: {label: 少}, high: {label: 多, from: 45}}}
  words: {kind: text, text: 还想说什么？}
"""


@pytest.fixture
def versions(folder: Path) -> Path:
    """A definition whose general edition is in its third version."""
    for file, text in ((OLDEST, VERSION_1), (OLDER, VERSION_2), (CURRENT, VERSION_3)):
        (folder / file).write_text(text, encoding="utf-8")
    assert check(folder) == []
    return folder


@pytest.fixture
def asked(versions: Path) -> Questionnaire:
    return load_campaign(versions).questionnaire("general")


def edit(folder: Path, file: str, old: str, new: str) -> str:
    """Change the file; gives its new text."""
    text = (folder / file).read_text(encoding="utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    return text.replace(old, new, 1)


def test_a_form_is_judged_by_the_version_that_was_filled_in(asked: Questionnaire) -> None:
    answers = {"pay": "c", "mood": 4}
    assert validate_answers(asked.of_version("1"), answers) == []
    assert validate_answers(asked, answers)
    assert asked.of_version(None) is asked.of_version("3") is asked
    assert list(asked.versions) == ["3", "2", "1"]


def test_a_version_that_nobody_knows_is_refused_under_a_code_of_its_own(asked: Questionnaire) -> None:
    with pytest.raises(Invalid) as caught:
        asked.of_version("9")
    assert caught.value.code == "unknown-form-version"
    [problem] = caught.value.problems
    assert (problem.field, problem.message) == (
        "questionnaire_version",
        "没有这一版问卷，应为 3、2、1 之一",
    )


@pytest.mark.parametrize(
    ("version", "answers", "coded", "written"),
    [
        ("1", {"pay": "a"}, {"income": "a"}, {}),
        ("1", {"pay": "c"}, {"income": "b"}, {}),
        ("1", {"mood": 5}, {}, {}),
        ("1", {"wish": ["b", "a"]}, {"want": ["a"]}, {}),
        ("1", {"wish": ["b"]}, {}, {}),
        ("1", {"wish": ["c"], "wish_other": "夜宵"}, {"want": ["c"]}, {"want_other": "夜宵"}),
        ("1", {"say": "少加班"}, {}, {"words": "少加班"}),
        ("2", {"income": "b", "hours": 42}, {"income": "b", "hours": "high"}, {"hours": 42}),
        ("3", {"income": "b", "hours": 42}, {"income": "b", "hours": "low"}, {"hours": 42}),
        (None, {"words": "好"}, {}, {"words": "好"}),
    ],
)
def test_answers_to_an_earlier_version_become_answers_to_this_one(
    asked: Questionnaire,
    version: str | None,
    answers: dict[str, Any],
    coded: dict[str, Any],
    written: dict[str, Any],
) -> None:
    assert asked.flowing(answers, version) == (coded, written)


def test_what_was_logged_of_an_earlier_version_is_brought_forward(asked: Questionnaire) -> None:
    assert asked.brought_forward("1", {"pay": "b", "mood": "4"}) == {"income": "b"}
    assert asked.brought_forward("2", {"hours": "few"}) == {"hours": "low"}
    assert asked.brought_forward("3", {"hours": "low"}) == {"hours": "low"}
    assert asked.brought_forward(None, {"hours": "low"}) == {"hours": "low"}


codes = st.sampled_from("abc")
first_answers = st.fixed_dictionaries(
    {},
    optional={
        "pay": codes,
        "wish": st.lists(codes, max_size=2, unique=True),
        "mood": st.integers(1, 5),
        "say": st.text(max_size=5),
    },
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first_answers)
def test_every_permissible_old_answer_has_a_permissible_place(
    asked: Questionnaire, answers: dict[str, Any]
) -> None:
    assert validate_answers(asked.of_version("1"), answers) == []
    coded, written = asked.flowing(answers, "1")
    problems = validate_answers(asked, coded | written)
    assert [problem.field for problem in problems] == ([] if "income" in coded else ["answers.income"])


# (file, text to replace, its replacement, (file and) text on the line that must be named, part of the reason)
MUTATIONS: list[tuple[str, str, str, str | tuple[str, str], str]] = [
    (CURRENT, "general-2.yaml", "general-8.yaml", "file:", "没有文件“questionnaires/general-8.yaml”"),
    (CURRENT, "general-2.yaml", "general.yaml", "file:", "“questionnaires/general.yaml”不能替换它自己"),
    (OLDER, "general-1.yaml", "general.yaml", "file:", "“questionnaires/general.yaml”不能替换它自己"),
    (CURRENT, 'version: "3"', 'version: "1"', (OLDEST, "version"), "版本“1”与后来的版本重复"),
    (OLDER, "edition: general", "edition: new_employment", (CURRENT, "file:"), "旧版属于版别“new_employment”"),
    (CURRENT, "{say: words, ", "{", "  questions:", "旧版的“say”在这一版没有去处"),
    (CURRENT, "{say: words, ", "{say: speech, ", "  questions:", "旧版的“say”在这一版没有去处"),
    (CURRENT, "{say: words, ", "{say: words, sya: null, ", "  questions:", "旧版没有题“sya”"),
    (CURRENT, "{hours: {few", "{horus: {few: low}, hours: {few", "  options:", "旧版没有题“horus”"),
    (CURRENT, "{say: words, ", "{say: income, ", "  questions:", "旧版的“income”和“say”都改为“income”"),
    (CURRENT, "{say: words, ", "{say: words, hours: words, ", "  questions:", "旧版的“hours”和“say”都改为“words”"),
    (CURRENT, "words: {kind: text", "words: {kind: date", "  questions:", "旧版的“say”是 text 题"),
    (CURRENT, "{few: low, many: high}", "{few: low}", "  options:", "旧版“hours”的选项“many”在这一版的“hours”没有去处"),
    (CURRENT, "{few: low,", "{few: lo,", "  options:", "旧版“hours”的选项“few”在这一版的“hours”没有去处"),
    (CURRENT, "{few: low,", "{few: low, one: low,", "  options:", "旧版的“hours”没有选项“one”"),
    (CURRENT, "max_choices: 2", "max_choices: 1", "  questions:", "最多选 2 项，这一版的“want”不能更少，收到 1"),
    (OLDEST, "options: {a: 好, b: 一般, c: 差}", "options: {a: 好}", "pay:", "“options”至少要有 2 项"),
]  # fmt: skip


@pytest.mark.parametrize(("file", "old", "new", "marker", "reason"), MUTATIONS)
def test_a_mistake_between_versions_is_told_with_file_line_and_reason(
    versions: Path, file: str, old: str, new: str, marker: str | tuple[str, str], reason: str
) -> None:
    edit(versions, file, old, new)
    found = [problem for problem in check(versions) if reason in problem.reason]
    named, text = marker if isinstance(marker, tuple) else (file, marker)
    lines = (versions / named).read_text(encoding="utf-8").split("\n")
    line = next(number for number, line in enumerate(lines, 1) if text in line)
    assert [(problem.file, problem.line) for problem in found] == [(named, line)]


def test_publishing_notes_what_is_asked_and_again_changes_nothing(versions: Path) -> None:
    first = publish(versions)
    assert (first[0].edition, first[0].version, first[0].is_new) == ("general", "3", True)
    noted = (versions / LOCK).read_bytes()
    assert [found.is_new for found in publish(versions)] == [False] * len(first)
    assert (versions / LOCK).read_bytes() == noted
    assert list(yaml.safe_load(noted)["published"]["general"]) == ["3"]


def test_publishing_does_not_change_the_definitions_version(versions: Path) -> None:
    version = load_campaign(versions).version
    publish(versions)
    assert load_campaign(versions).version == version


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("收入？", "薪水？"),
        ("b: 不好", "b: 很不好"),
        ("from: 45", "from: 46"),
        ("required: true, ", ""),
        ("max_choices: 2", "max_choices: 1"),
        ("title: 问卷（第三版）", "title: 问卷"),
    ],
)
def test_a_published_version_can_no_longer_be_changed(versions: Path, old: str, new: str) -> None:
    publish(versions)
    edit(versions, CURRENT, old, new)
    [problem] = [found for found in check(versions) if "已经发布" in found.reason]
    assert (problem.file, problem.line) == (CURRENT, 3)
    assert "换一个新的版本号（version），并用 replaces 指明原文的文件" in problem.reason
    with pytest.raises(CampaignInvalid):
        publish(versions)


def test_layout_comments_and_the_places_of_old_answers_may_change(versions: Path) -> None:
    publish(versions)
    edit(versions, CURRENT, "questions:\n", "# 说明\nquestions:\n")
    edit(versions, CURRENT, "{few: low, many: high}", "{few: low, many: null}")
    edit(versions, CURRENT, "words: {kind: text,", "words: {kind: text, required: false,")
    assert check(versions) == []


def test_a_new_version_is_published_beside_the_old_one_which_must_stay(versions: Path) -> None:
    publish(versions)
    kept = (versions / CURRENT).read_text(encoding="utf-8")
    (versions / "questionnaires/general-3.yaml").write_text(kept, encoding="utf-8")
    changed = kept[: kept.index("replaces:")] + "replaces: {file: questionnaires/general-3.yaml}\n"
    changed += kept[kept.index("questions:\n") :].replace("收入？", "薪水？")
    (versions / CURRENT).write_text(changed.replace('version: "3"', 'version: "4"'), encoding="utf-8")
    assert [found.is_new for found in publish(versions)] == [True, False]
    assert list(load_campaign(versions).questionnaire("general").versions) == ["4", "3", "2", "1"]
    text = edit(versions, CURRENT, "replaces: {file: questionnaires/general-3.yaml}\n", "")
    assert "replaces" not in text
    [problem] = check(versions)
    lock = (versions / LOCK).read_text(encoding="utf-8").split("\n")
    assert (problem.file, lock[problem.line - 1].strip()[:3]) == (LOCK, "'3'")
    assert "已发布的版本“3”不见了" in problem.reason


def test_a_lock_that_is_broken_is_told(versions: Path) -> None:
    (versions / LOCK).write_text("published: {general: 3}\n", encoding="utf-8")
    assert [(problem.file, problem.line) for problem in check(versions)] == [(LOCK, 1)]
