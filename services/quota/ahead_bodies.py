"""What quota answers with over HTTP of what lies ahead: schedules and forecasts."""

from __future__ import annotations

from datetime import date

from pydantic import BaseModel, Field

from services.quota.forecast.model import Forecast
from services.quota.schedule import Schedule
from shared.campaign import QuotaLine


class ScheduleDayBody(BaseModel):
    """One working day of a schedule."""

    day: date
    due: int = Field(description="到当天为止应完成的访谈数")
    done: int | None = Field(description="到当天为止符合条件的访谈数；尚未到来的日子为 null")


class LineScheduleBody(BaseModel):
    """The schedule of one quota line, as of today."""

    quota_line: str
    name: str
    target: int
    ends_on: date = Field(description="访谈阶段的最后一天")
    due: int = Field(description="到今天为止应完成的访谈数")
    done: int = Field(description="到今天为止符合条件的访谈数")
    days_left: int = Field(description="今天之后还有多少个工作日")
    rate_needed: float | None = Field(
        description="今后每个工作日须完成多少；已达目标为 0，没有工作日可用为 null"
    )
    days: list[ScheduleDayBody]


class LineForecastBody(BaseModel):
    """What one quota line will have at the end of the interviewing phase."""

    quota_line: str
    name: str
    target: int
    done: int = Field(description="到今天为止符合条件的访谈数")
    final_low: int = Field(description="到访谈阶段结束时的访谈数：80% 区间的下限")
    final_expected: float = Field(description="同上：期望值；不以目标为上限")
    final_high: int = Field(description="同上：80% 区间的上限")
    finishes_earliest: date | None = Field(description="到这一天达到目标的可能性为 10%；阶段内到不了为 null")
    finishes_expected: date | None = Field(description="可能性为 50%")
    finishes_latest: date | None = Field(description="可能性为 90%")
    reaches_target_probability: float = Field(description="阶段结束时达到目标的可能性，0 至 1")


class ForecastBody(BaseModel):
    """A forecast, from what was done until a day."""

    campaign: str
    on: date
    ends_on: date = Field(description="访谈阶段的最后一天")
    lines: list[LineForecastBody]


class ScheduleBody(BaseModel):
    """The schedule counted back from the end, over working days."""

    campaign: str
    on: date
    lines: list[LineScheduleBody]


def forecast_body(line: QuotaLine, found: Forecast) -> LineForecastBody:
    """One line's forecast."""
    return LineForecastBody(
        quota_line=line.id,
        name=line.name,
        target=found.target_count,
        done=found.count_so_far,
        final_low=found.final_low,
        final_expected=round(found.final_expected, 1),
        final_high=found.final_high,
        finishes_earliest=found.finishes_earliest,
        finishes_expected=found.finishes_expected,
        finishes_latest=found.finishes_latest,
        reaches_target_probability=round(found.reaches_target_probability, 3),
    )


def schedule_body(line: QuotaLine, schedule: Schedule) -> LineScheduleBody:
    """One line's schedule."""
    return LineScheduleBody(
        quota_line=line.id,
        name=line.name,
        target=schedule.target_count,
        ends_on=schedule.ends_on,
        due=schedule.due,
        done=schedule.done,
        days_left=schedule.days_left,
        rate_needed=schedule.rate_needed,
        days=[ScheduleDayBody(day=each.day, due=each.due, done=each.done) for each in schedule.days],
    )
