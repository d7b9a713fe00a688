"""What must hold between the versions of a questionnaire: old answers have a place, what is published stays."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from shared.campaign.errors import Problem
from shared.campaign.question import Question
from shared.campaign.questionnaire_build import build_questionnaire
from shared.campaign.questionnaire_schema import PublishedFile, QuestionnaireFile, ReplacesShape
from shared.campaign.rules import Parsed

PUBLISHED_FILE = "questionnaires/published.yaml"
HASH_LENGTH = 16
"""Hexadecimal digits of a questionnaire's hash."""

Versions = Sequence[Parsed[QuestionnaireFile]]
"""The questionnaire that is asked, then those that it replaced, one after another."""


def content_hash(file: QuestionnaireFile) -> str:
    """What respondents see, in one number: comments, layout, defaults written out, and the places of old answers
    don't count; nor does what questionnaires may have one day and this one hasn't."""
    content = file.model_dump_json(by_alias=True, exclude_defaults=True, exclude={"replaces"})
    return hashlib.sha256(content.encode()).hexdigest()[:HASH_LENGTH]


def replacing_rules(versions: Versions) -> Iterator[Problem]:
    """Each version has its own number, and every answer to the one before has its place in it, or none."""
    seen = {versions[0].content.version}
    for new, old in pairwise(versions):
        replaces = new.content.replaces
        assert replaces is not None
        if old.content.edition != new.content.edition:
            reason = f"旧版属于版别“{old.content.edition}”，这一版属于“{new.content.edition}”"
            yield new.source.problem(reason, "replaces", "file")
        if old.content.version in seen:
            yield old.source.problem(f"版本“{old.content.version}”与后来的版本重复", "version")
        seen.add(old.content.version)
        yield from _Places(new, old, replaces).problems()


class _Places:
    """Where the answers to ``old`` go in ``new``."""

    def __init__(
        self, new: Parsed[QuestionnaireFile], old: Parsed[QuestionnaireFile], replaces: ReplacesShape
    ) -> None:
        self._source = new.source
        self._replaces = replaces
        self._new = _questions(new)
        self._old = _questions(old)

    def problems(self) -> Iterator[Problem]:
        for id in self._replaces.questions.keys() - self._old.keys():
            yield self._problem(f"旧版没有题“{id}”", "questions", id)
        for id in self._replaces.options.keys() - self._old.keys():
            yield self._problem(f"旧版没有题“{id}”", "options", id)
        taken: dict[str, str] = {}
        for id, question in self._old.items():
            new_id = self._replaces.questions.get(id, id)
            if new_id is None:
                continue
            if new_id not in self._new:
                reason = (
                    f"旧版的“{id}”在这一版没有去处：请写明改为哪一题（{id}: 新题号），不再问的写 {id}: null"
                )
                yield self._problem(reason, "questions", id)
            elif new_id in taken:
                yield self._problem(f"旧版的“{taken[new_id]}”和“{id}”都改为“{new_id}”", "questions", id)
            else:
                yield from self._question_problems(question, self._new[new_id])
            taken[new_id] = id

    def _question_problems(self, old: Question, new: Question) -> Iterator[Problem]:
        if old.kind != new.kind:
            reason = (
                f"旧版的“{old.id}”是 {old.kind} 题，这一版的“{new.id}”是 {new.kind} 题："
                f"请给新题换一个题号，并写 {old.id}: null"
            )
            yield self._problem(reason, "questions", old.id)
            return
        codes = self._replaces.options.get(old.id, {})
        for code in codes.keys() - old.codes:
            yield self._problem(f"旧版的“{old.id}”没有选项“{code}”", "options", old.id, code)
        for code in old.labels:
            if codes.get(code, code) not in {*new.codes, None}:
                reason = f"旧版“{old.id}”的选项“{code}”在这一版的“{new.id}”没有去处：请写明改为哪个选项，取消的写 null"
                yield self._problem(reason, "options", old.id, code)
        if old.kind in ("multiple", "ranking") and new.max_choices < old.max_choices:
            reason = f"旧版“{old.id}”最多选 {old.max_choices} 项，这一版的“{new.id}”不能更少，收到 {new.max_choices}"
            yield self._problem(reason, "questions", old.id)

    def _problem(self, reason: str, *path: str) -> Problem:
        return self._source.problem(reason, "replaces", *path)


def _questions(parsed: Parsed[QuestionnaireFile]) -> Mapping[str, Question]:
    alone = parsed.content.model_copy(update={"replaces": None})
    return build_questionnaire([alone]).by_id


def published_rules(
    published: Parsed[PublishedFile], all_versions: Mapping[str, Versions]
) -> Iterator[Problem]:
    """What was published is still there, as it was."""
    for edition, hashes in published.content.published.items():
        there = {parsed.content.version: parsed for parsed in all_versions.get(edition, ())}
        for version, published_hash in hashes.items():
            if version not in there:
                reason = (
                    f"版别“{edition}”已发布的版本“{version}”不见了："
                    "请留存它的文件，并在替换它的版本中用 replaces 指明"
                )
                yield published.source.problem(reason, "published", edition, version)
            elif content_hash(there[version].content) != published_hash:
                reason = (
                    f"版本“{version}”已经发布，内容不能再改。请恢复原文；确要修改的，把原文另存为一个文件，"
                    "在这里换一个新的版本号（version），并用 replaces 指明原文的文件"
                )
                yield there[version].source.problem(reason, "version")
