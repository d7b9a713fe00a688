"""The documents of cases: one a case, and one a team with the number that it gave last."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from services.intake.cases.errors import TeamTaken
from services.intake.cases.model import Case
from shared.store.port import (
    Body,
    Collection,
    Document,
    DuplicateId,
    Index,
    Reader,
    Transaction,
    TransactionConflict,
    VersionMoved,
)

CASES = Collection(
    "intake.cases",
    (
        Index(("campaign", "unit", "case_number")),
        Index(("campaign", "unit", "team", "case_number")),
        Index(("campaign", "interviewer", "case_number")),
        Index(("campaign", "case_number"), is_unique=True),
        Index(("submission_id",), is_unique=True),
    ),
)
TEAMS = Collection("intake.case_teams")
PAGE_LENGTH = 100


@dataclass(frozen=True, slots=True)
class CasePage:
    """Some cases by their number, and the ``cursor`` that continues after them (None: that was all)."""

    cases: tuple[Case, ...]
    cursor: str | None


def case_of(document: Document) -> Case:
    """The case in ``document``."""
    return msgspec.convert(document.body, Case)


async def next_number(transaction: Transaction, campaign: str, team: str, unit: str) -> int:
    """The team's next number: 1, 2, 3 …, with no gap, since it is taken in the transaction that uses it.

    Raises TeamTaken when the team is another unit's, TransactionConflict when another case came first.
    """
    id = f"{campaign}/{team}"
    document = await transaction.get(TEAMS, id)
    if document is not None and document.body["unit"] != unit:
        raise TeamTaken(team)
    number = 1 if document is None else int(document.body["last_number"]) + 1
    body: Body = {"unit": unit, "last_number": number}
    try:
        if document is None:
            await transaction.insert(TEAMS, id, body)
        else:
            await transaction.replace(TEAMS, id, body, version=document.version)
    except (DuplicateId, VersionMoved) as error:
        raise TransactionConflict("another case of the team came first") from error
    return number


async def find_cases(
    reader: Reader,
    *,
    campaign: str,
    unit: str | None,
    team: str | None,
    interviewer: str | None,
    cursor: str | None,
) -> CasePage:
    """The cases of a unit (and team), or of one interviewer, by their number."""
    where = {"campaign": campaign, "unit": unit, "team": team, "interviewer": interviewer}
    page = await reader.find(
        CASES,
        {field: value for field, value in where.items() if value is not None},
        order_by="case_number",
        limit=PAGE_LENGTH,
        cursor=cursor,
    )
    return CasePage(tuple(case_of(document) for document in page.documents), page.cursor)


async def of_submission(reader: Reader, submission_id: str) -> Document | None:
    """The case that a submission is linked to."""
    page = await reader.find(CASES, {"submission_id": submission_id}, limit=1)
    return page.documents[0] if page.documents else None
