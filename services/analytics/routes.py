"""The HTTP face of analytics."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from services.analytics.consumer import SubmissionColumns
from services.analytics.disclosure import ProtectedCell
from services.analytics.handlers import TableAnswer, Tables
from services.analytics.layout import Header, HeaderKind
from services.analytics.model import Population, TableQuery
from shared.access import Action, Resource
from shared.campaign import Variable
from shared.http import BooksBody, CurrentPrincipal
from shared.platform import Platform

Name = Annotated[str, Field(min_length=1, max_length=200)]


class TableRequest(BaseModel):
    """A table to be made."""

    model_config = ConfigDict(extra="forbid")

    campaign: Name
    rows: list[Name] = Field([], description="行变量，0 至 2 个；两个时第二个嵌套在第一个之内")
    columns: list[Name] = Field([], description="列变量，0 至 1 个")
    filters: dict[Name, list[Name]] = Field(
        {}, description="变量名到代码：各项须同时满足，一项内符合其一即可"
    )
    population: Population = Field(Population.ALL, description="统计对象：全部、线下或线上")

    def query(self) -> TableQuery:
        """The query that this asks for."""
        filters = {name: tuple(dict.fromkeys(codes)) for name, codes in self.filters.items()}
        return TableQuery(self.campaign, tuple(self.rows), tuple(self.columns), filters, self.population)


class CodeBody(BaseModel):
    """One code of a variable."""

    code: str
    label: str


class VariableBody(BaseModel):
    """A variable that can be tabulated."""

    name: str
    title: str
    is_multiple: bool = Field(description="多选题：只能作为唯一的行变量")
    codes: list[CodeBody]


class VariablesBody(BaseModel):
    """What can be tabulated in a campaign, and the limits of what is shown."""

    campaign: str
    campaign_version: str
    threshold_count: int = Field(description="小于它的数不显示")
    rounding_base: int = Field(description="显示的数取整到它的倍数")
    variables: list[VariableBody]


class HeaderBody(BaseModel):
    """A row or column of a table."""

    kind: HeaderKind
    codes: list[str]
    labels: list[str]


class CellBody(BaseModel):
    """A cell. Why it is suppressed isn't told: it would give away on which side of the threshold it lies."""

    count: int | None = Field(description="取整后的人次；不显示时为 null")
    status: Literal["shown", "suppressed"]


class PositionBody(BaseModel):
    """Up to where one partition of the log had been read."""

    topic: str
    partition: int
    next_offset: int


class TableBody(BaseModel):
    """A protected table; ``cells`` has one list for each row header, with one cell for each column header."""

    campaign: str
    campaign_version: str
    grant: str = Field(description="本次使用所依据的批准")
    rows: list[str]
    columns: list[str]
    population: Population
    units: list[str] | None = Field(description="批准只限于部分责任单位时，本表所含的单位")
    row_headers: list[HeaderBody]
    column_headers: list[HeaderBody]
    cells: list[list[CellBody]]
    footnotes: list[str]
    counted_at: datetime
    positions: list[PositionBody] = Field(description="数据截至事件日志的这些位置")


def router_of(platform: Platform, fold: SubmissionColumns, tables: Tables) -> APIRouter:
    """The routes of analytics over ``platform``."""
    router = APIRouter(prefix="/analytics/v1", tags=["analytics 统计与受保护的表"])

    @router.post("/tables", summary="查询一张受保护的统计表")
    async def table(request: TableRequest, principal: CurrentPrincipal) -> TableBody:
        return _table_body(await tables.answer(principal, request.query()))

    @router.get("/campaigns/{campaign}/variables", summary="可以用来制表的变量")
    async def variables(campaign: str, principal: CurrentPrincipal) -> VariablesBody:
        definition = platform.campaign(campaign)
        platform.access.check(principal, Action.QUERY_TABLE, Resource("variables", campaign=definition.id))
        return VariablesBody(
            campaign=definition.id,
            campaign_version=definition.version,
            threshold_count=definition.disclosure.threshold_count,
            rounding_base=definition.disclosure.rounding_base,
            variables=[_variable_body(variable) for variable in definition.variables().values()],
        )

    @router.get("/campaigns/{campaign}/books", summary="对账：已接收、有效和已撤回的提交")
    async def books(campaign: str, principal: CurrentPrincipal) -> BooksBody:
        definition = platform.campaign(campaign)
        platform.access.check(principal, Action.READ_BOOKS, Resource("books", campaign=definition.id))
        return BooksBody(campaign=definition.id, entries=dict(fold.books(definition.id)))

    return router


def _variable_body(variable: Variable) -> VariableBody:
    codes = [CodeBody(code=code, label=label) for code, label in variable.labels.items()]
    return VariableBody(
        name=variable.name, title=variable.title, is_multiple=variable.is_multiple, codes=codes
    )


def _table_body(answer: TableAnswer) -> TableBody:
    query, layout = answer.query, answer.layout
    width = len(layout.columns.headers)
    cells = [_cell_body(cell) for cell in answer.cells]
    return TableBody(
        campaign=query.campaign,
        campaign_version=answer.campaign_version,
        grant=answer.grant_id,
        rows=list(query.rows),
        columns=list(query.columns),
        population=query.population,
        units=None if answer.units is None else list(answer.units),
        row_headers=[_header_body(header) for header in layout.rows.headers],
        column_headers=[_header_body(header) for header in layout.columns.headers],
        cells=[cells[start : start + width] for start in range(0, len(cells), width)],
        footnotes=list(answer.footnotes),
        counted_at=answer.counted_at,
        positions=[
            PositionBody(topic=place.topic, partition=place.partition, next_offset=next_offset)
            for place, next_offset in sorted(answer.next_offsets.items())
        ],
    )


def _header_body(header: Header) -> HeaderBody:
    return HeaderBody(kind=header.kind, codes=list(header.codes), labels=list(header.labels))


def _cell_body(cell: ProtectedCell) -> CellBody:
    return CellBody(count=cell.count, status="suppressed" if cell.count is None else "shown")
