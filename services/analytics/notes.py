"""What stands under a table, for its readers."""

from __future__ import annotations

from collections.abc import Iterator

from services.analytics.disclosure import Rule
from services.analytics.model import Population, TableQuery
from services.analytics.tabulation import ExactTable
from shared.campaign import Campaign

_POPULATIONS = {
    Population.ALL: "线下和线上的全部提交",
    Population.OFFLINE: "线下访谈",
    Population.ONLINE: "线上提交",
}


def footnotes(query: TableQuery, table: ExactTable, campaign: Campaign, rule: Rule) -> list[str]:
    """The rules of the table, in the order in which a reader needs them."""
    return [
        f"统计对象：{_POPULATIONS[query.population]}（人次），不含已撤回的，也不含表中所用变量没有有效回答的。",
        *_limits(query, table, campaign),
        *_options_note(query, campaign),
        f"小于 {rule.threshold_count} 的数（包括 0）不显示；为防止推算，另有一些数也不显示，两者不作区分。",
        f"显示的数各自取整到最接近的 {rule.rounding_base} 的倍数，合计单独取整，因此各项之和可能不等于合计。",
        "本表只能由获准人用于获准的用途；未经领导小组批准，不得公开或转交他人。",
    ]


def _limits(query: TableQuery, table: ExactTable, campaign: Campaign) -> Iterator[str]:
    if table.units is not None:
        names = "、".join(campaign.units[unit].name for unit in table.units)
        yield f"本表只包括获准使用的责任单位：{names}。"
    variables = campaign.variables()
    for name, codes in query.filters.items():
        variable = variables[name]
        chosen = "、".join(variable.labels[code] for code in codes)
        yield f"筛选：{variable.title}为{chosen}。"


def _options_note(query: TableQuery, campaign: Campaign) -> Iterator[str]:
    variables = campaign.variables()
    if any(variables[name].is_multiple for name in query.rows):
        yield "多选题每人可选多项：每个选项的“选择”与“未选择”之和为作答人次，各选项之间不能相加。"
