"""The documents of statuses: one for each quota line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date

from services.quota.status.model import Judgement
from shared.campaign import Campaign
from shared.events import QuotaStatus
from shared.store.port import Body, Collection, Document, Reader, Transaction

STATUSES = Collection("quota.statuses")
"""What was judged and told; not part of the fold, so a rebuild tells nothing again."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A judgement as it stands in the store, at its version there."""

    judgement: Judgement
    version: int


async def kept_of(reader: Reader, campaign: Campaign) -> dict[str, Kept]:
    """What stands of each line of ``campaign``, by its id."""
    ids = {_id(campaign, line): line for line in campaign.quota_lines}
    documents = await reader.get_many(STATUSES, list(ids))
    return {ids[id]: _kept(document) for id, document in documents.items()}


async def write(
    transaction: Transaction,
    campaign: Campaign,
    kept: Mapping[str, Kept],
    judgements: Mapping[str, Judgement],
) -> None:
    """Write ``judgements`` in place of what was ``kept``. Raises VersionMoved and DuplicateId when others wrote."""
    fresh = [(_id(campaign, line), _body(its)) for line, its in judgements.items() if line not in kept]
    changed = [
        (_id(campaign, line), _body(its), kept[line].version)
        for line, its in judgements.items()
        if line in kept
    ]
    if fresh:
        await transaction.insert_many(STATUSES, fresh)
    if changed:
        await transaction.replace_many(STATUSES, changed)


def _id(campaign: Campaign, line: str) -> str:
    return f"{campaign.id}/{line}"


def _body(judgement: Judgement) -> Body:
    return {name: str(value) for name, value in asdict(judgement).items()}


def _kept(document: Document) -> Kept:
    body = document.body
    judgement = Judgement(QuotaStatus(body["status"]), date.fromisoformat(body["judged_on"]))
    return Kept(judgement, document.version)
