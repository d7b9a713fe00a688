"""Checks the answers of a submission against its questionnaire."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from shared.campaign.question import Question
from shared.campaign.questionnaire import Questionnaire
from shared.campaign.reasons_of_answers import echo, reasons
from shared.errors import FieldProblem

PROBLEM_LIMIT_COUNT = 50
"""No more problems are listed for one submission; nobody mends more at once."""


def validate_answers(questionnaire: Questionnaire, answers: Mapping[str, object]) -> list[FieldProblem]:
    """All that is wrong with ``answers`` (question id to code, number, list of codes, date, or text).

    ``field`` of a problem is ``answers.<question>``, with ``[n]`` (from 0) for one choice of several.
    Left-out answers are fine unless the question is required.
    """
    questions, acceptors = questionnaire.by_id, questionnaire.acceptors
    problems: list[FieldProblem] = []
    for question_id, value in answers.items():
        try:
            if acceptors[question_id](value):
                continue
        except KeyError:
            problems.append(_unknown_question(question_id, questions))
        except TypeError:
            problems.extend(reasons(questions[question_id], value))
        else:
            problems.extend(reasons(questions[question_id], value))
        if len(problems) >= PROBLEM_LIMIT_COUNT:
            return problems[:PROBLEM_LIMIT_COUNT]
    problems.extend(_superfluous(questionnaire, answers))
    problems.extend(_missing(questionnaire, answers))
    return problems


def _superfluous(questionnaire: Questionnaire, answers: Mapping[str, object]) -> Iterator[FieldProblem]:
    for question in questionnaire.conditional_questions:
        if question.id in answers and not question.is_asked(answers):
            yield FieldProblem(f"answers.{question.id}", _not_asked(question))


def _missing(questionnaire: Questionnaire, answers: Mapping[str, object]) -> Iterator[FieldProblem]:
    for question in questionnaire.required_questions:
        if _is_blank(answers, question.id) and question.is_asked(answers):
            yield FieldProblem(f"answers.{question.id}", f"必答题“{question.text}”没有回答")


def _is_blank(answers: Mapping[str, object], question_id: str) -> bool:
    value = answers.get(question_id, "")
    return value == [] or (isinstance(value, str) and not value.strip())


def _unknown_question(question_id: str, questions: Mapping[str, Question]) -> FieldProblem:
    reason = f"问卷中没有这道题，题号应为 {'、'.join(questions)} 之一"
    return FieldProblem(f"answers.{echo(question_id)}", reason)


def _not_asked(question: Question) -> str:
    conditions = "，且".join(
        f"“{id}”选 {'、'.join(sorted(codes))}" for id, codes in question.asked_when.items()
    )
    return f"只有{conditions} 时才需要回答这道题，请去掉这个回答"
