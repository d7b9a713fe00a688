"""Using data as the plan has it: ask the leading group, get its approval, then one protected table."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from rich.table import Table

from services.demo.client import PatientClient, Urls
from shared.errors import Conflict

ROWS, COLUMNS = "quota_line", "age_band"
GRANT_DAYS = 30
HIDDEN = "※"
FORBIDDEN = 403
QUERY_TRIES = 60


async def granted_table(
    client: PatientClient, urls: Urls, campaign: str, tokens: Mapping[str, str], now: datetime
) -> dict[str, Any]:
    """The table of quota lines by age, asked for by an analyst and approved by the leading group ``now``."""
    until = now + timedelta(days=GRANT_DAYS)
    request = {
        "campaign": campaign,
        "units": ["*"],
        "variables": [ROWS, COLUMNS],
        "purpose": "演示：了解各责任单位受访青年职工的年龄分布。",
        "until": until.isoformat(),
    }
    grants = f"{urls.release}/release/v1/grants"
    grant = await _good(client, "POST", grants, tokens["analyst"], request)
    await _good(client, "POST", f"{grants}/{grant['id']}:approve", tokens["leading_group"], {})
    query = {"campaign": campaign, "rows": [ROWS], "columns": [COLUMNS], "population": "offline"}
    return await _queried(client, f"{urls.analytics}/analytics/v1/tables", tokens["analyst"], query)


def rendered(table: Mapping[str, Any]) -> Table:
    """The table as it is shown, with its footnotes."""
    shown = Table(
        title="受保护的统计表：名额 × 年龄段（线下访谈，人次）",
        title_justify="left",
        caption="\n".join(table["footnotes"]),
        caption_justify="left",
    )
    shown.add_column("")
    for header in table["column_headers"]:
        shown.add_column(" ".join(header["labels"]), justify="right")
    for header, cells in zip(table["row_headers"], table["cells"], strict=True):
        counts = [HIDDEN if cell["count"] is None else f"{cell['count']:,}" for cell in cells]
        shown.add_row(" ".join(header["labels"]), *counts)
    return shown


async def _queried(client: PatientClient, url: str, token: str, query: Mapping[str, Any]) -> dict[str, Any]:
    """The answer once the grant, which travels as an event, has reached analytics."""
    for _ in range(QUERY_TRIES):
        answer = await client.send("POST", url, token=token, json=query)
        if answer.status_code != FORBIDDEN:
            break
        await client.pause()
    if not answer.is_success:
        raise Conflict(f"查询统计表：{answer.status_code} {answer.text}")
    table: dict[str, Any] = answer.json()
    return table


async def _good(
    client: PatientClient, method: str, url: str, token: str, body: Mapping[str, Any]
) -> dict[str, Any]:
    answer = await client.send(method, url, token=token, json=body)
    if not answer.is_success:
        raise Conflict(f"{method} {url}：{answer.status_code} {answer.text}")
    content: dict[str, Any] = answer.json()
    return content
