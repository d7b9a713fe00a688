"""Answers a query for a table: is it granted, what is counted, what may be shown; recorded, then told."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from services.analytics.consumer import SubmissionColumns
from services.analytics.disclosure import CannotProtect, ProtectedCell, Rule, protect
from services.analytics.layout import Layout
from services.analytics.model import TableQuery, check_query
from services.analytics.notes import footnotes
from services.analytics.tabulation import ExactTable, tabulate
from shared.access import Action, AuditTrail, Grant, Principal, Resource
from shared.campaign import Campaign
from shared.consuming import Follower
from shared.errors import FieldProblem, Invalid, RetryLater
from shared.log.port import TopicPartition
from shared.platform import Platform
from shared.store.port import Transaction
from shared.store.retrying import in_transaction


@dataclass(frozen=True, slots=True)
class TableAnswer:
    """A protected table, ``cells`` row by row. ``units`` are those that the grant limits it to, if it does;
    ``next_offsets`` says up to where the log had been read when it was counted."""

    query: TableQuery
    campaign_version: str
    grant_id: str
    units: tuple[str, ...] | None
    layout: Layout
    cells: Sequence[ProtectedCell]
    footnotes: Sequence[str]
    counted_at: datetime
    next_offsets: Mapping[TopicPartition, int]


class Tables:
    """Answers queries from the columns."""

    def __init__(
        self, platform: Platform, fold: SubmissionColumns, follower: Follower, audit: AuditTrail
    ) -> None:
        self._platform = platform
        self._fold = fold
        self._follower = follower
        self._audit = audit

    async def answer(self, principal: Principal, query: TableQuery) -> TableAnswer:
        """The protected table, once the query is in the audit trail.

        Raises NotAllowed (no role, or no grant that covers the query), Invalid (the query, or its table can't
        be protected), RetryLater (log or store are away, or the log was not read to its end yet: counts and a
        revocation could be missing).
        """
        campaign = self._platform.campaign(query.campaign)
        self._platform.access.check(principal, Action.QUERY_TABLE, _resource(campaign))
        check_query(query, campaign)
        self._check_up_to_date()
        now = self._platform.clock()
        units = query.filters.get("unit", ())
        grant = self._fold.grants.require(principal, campaign.id, units, query.variables, now)
        return await self._protected(principal, grant, query, campaign, now)

    async def _protected(
        self, principal: Principal, grant: Grant, query: TableQuery, campaign: Campaign, now: datetime
    ) -> TableAnswer:
        exact = tabulate(grant, query, self._fold.campaigns[campaign.id])
        next_offsets = dict(self._follower.next_offsets)
        rule = Rule(campaign.disclosure.threshold_count, campaign.disclosure.rounding_base)
        cells = await _cells(exact, rule)
        await self._record(principal, grant, query, campaign, now)
        if cells is None:
            raise _refusal(rule)
        return TableAnswer(
            query=query,
            campaign_version=campaign.version,
            grant_id=grant.id,
            units=exact.units,
            layout=exact.layout,
            cells=cells,
            footnotes=footnotes(query, exact, campaign, rule),
            counted_at=now,
            next_offsets=next_offsets,
        )

    def _check_up_to_date(self) -> None:
        health = self._follower.health()
        if not health.is_ready:
            raise RetryLater(f"数据暂时不可用：{health.detail}。请稍后再试。")

    async def _record(
        self, principal: Principal, grant: Grant, query: TableQuery, campaign: Campaign, now: datetime
    ) -> None:
        details = {
            "grant": grant.id,
            "rows": query.rows,
            "columns": query.columns,
            "filters": [f"{name}={code}" for name, codes in query.filters.items() for code in codes],
            "population": str(query.population),
        }

        async def write(transaction: Transaction) -> None:
            await self._audit.record(
                transaction,
                principal=principal,
                action=Action.QUERY_TABLE,
                resource=_resource(campaign),
                details=details,
                now=now,
            )

        await in_transaction(self._platform.store, write)


def _resource(campaign: Campaign) -> Resource:
    return Resource(kind="table", campaign=campaign.id)


async def _cells(exact: ExactTable, rule: Rule) -> Sequence[ProtectedCell] | None:
    """The protected cells, or None when nothing can be shown. In a thread: it takes too long for the loop."""
    try:
        return await asyncio.to_thread(protect, exact.counts, exact.layout.relations(), rule)
    except CannotProtect:
        return None


def _refusal(rule: Rule) -> Invalid:
    reason = (
        f"人数太少：要不泄露小于 {rule.threshold_count} 的数，这张表没有一格可以显示；"
        "请减少变量、放宽筛选或换用更粗的分类"
    )
    return Invalid("这张表无法保护。", [FieldProblem("rows", reason)], code="table-cannot-be-protected")
