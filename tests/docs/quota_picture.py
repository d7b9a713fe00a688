"""Draws docs/quota.svg: one quota line's three months, its schedule, its forecasts and its statuses.

The line is invented, everything else is what the service works out of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import accumulate
from pathlib import Path

from services.quota.forecast.model import Forecast, LineHistory, forecast
from services.quota.forecast.simulation import simulated
from services.quota.schedule import schedule_of
from services.quota.status.grounds import work_of
from services.quota.status.past import PastStatuses
from shared.campaign import Campaign, load_campaign
from shared.campaign.calendar import days_between
from shared.events import QUOTA_STATUS_NAMES, QuotaStatus

PICTURE = Path("docs/quota.svg")
DEFINITION = Path("deploy/campaigns/suzhou-2024")
LINE, NAME = "taicang", "太仓市"
FORECAST_ON = (date(2024, 6, 8), date(2024, 7, 14))
SEED, CAMPAIGN_NUMBER = 2, 3
WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 960, 500, 70, 50, 60, 120
COLOURS = {
    QuotaStatus.AHEAD: "#2e7d32",
    QuotaStatus.ON_TRACK: "#66a96b",
    QuotaStatus.AT_RISK: "#e0a526",
    QuotaStatus.BEHIND: "#c0392b",
    QuotaStatus.DONE: "#1f5f9e",
    QuotaStatus.MISSED: "#6b6b6b",
}


def histories(campaign: Campaign) -> list[LineHistory]:
    """An invented campaign's lines under the names of this one."""
    invented = list(simulated(CAMPAIGN_NUMBER + 1, SEED))[CAMPAIGN_NUMBER]
    lines = zip(campaign.quota_lines.values(), invented.lines, strict=True)
    return [LineHistory(line.id, line.target_count, its.daily_counts) for line, its in lines]


class Drawing:
    """The picture, from the days of one line among all."""

    def __init__(self, campaign: Campaign, lines: Sequence[LineHistory]) -> None:
        phase = campaign.interviewing
        self.campaign = campaign
        self.lines = lines
        self.line = next(line for line in lines if line.quota_line == LINE)
        self.days = days_between(phase.starts_on, phase.ends_on)
        self.done = list(accumulate(self.line.daily_counts.get(day, 0) for day in self.days))
        self.forecasts = [(day, self._forecast(day)) for day in FORECAST_ON]
        self.top = (
            max(*self.done, *(its.final_high for _, its in self.forecasts), self.line.target_count) * 1.05
        )

    def svg(self) -> str:
        """The whole file."""
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
            'font-family="sans-serif" font-size="14">\n'
            f"<title>{NAME}的三个月：应完成、已完成、预测和状态</title>\n"
            f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>'
        )
        parts = [head, *self._axes(), *self._fans(), *self._curves(), *self._statuses(), "</svg>"]
        return "\n".join(parts) + "\n"

    def _forecast(self, day: date) -> Forecast:
        return forecast(self.lines, work_of(self.campaign), day)[LINE]

    def _x(self, day: date) -> float:
        width = WIDTH - LEFT - RIGHT
        return round(LEFT + width * (day - self.days[0]).days / (len(self.days) - 1), 1)

    def _y(self, count: float) -> float:
        return round(HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * count / self.top, 1)

    def _axes(self) -> Iterator[str]:
        yield _text(LEFT, 26, f"{NAME}（编拟的数据）：目标 {self.line.target_count:,}", size=17)
        for count in range(0, int(self.top), 200):
            yield _line(LEFT, self._y(count), WIDTH - RIGHT, self._y(count), "#e6e6e6")
            yield _text(LEFT - 8, self._y(count) + 5, f"{count:,}", anchor="end")
        for day in self.days:
            if day.day in (1, 16) or day == self.days[-1]:
                yield _text(
                    self._x(day), HEIGHT - BOTTOM + 20, f"{day.month} 月 {day.day} 日", anchor="middle"
                )
        target = self._y(self.line.target_count)
        yield _line(LEFT, target, WIDTH - RIGHT, target, "#1f5f9e", dash="6 4")

    def _curves(self) -> Iterator[str]:
        schedule = schedule_of(self.campaign, self.line.target_count, self.line.daily_counts, self.days[-1])
        due = [(self._x(each.day), self._y(each.due)) for each in schedule.days]
        done = [(self._x(day), self._y(count)) for day, count in zip(self.days, self.done, strict=True)]
        yield _path(due, "#8a8a8a", 1.5, dash="3 3")
        yield _path(done, "#16324f", 3)
        yield _line(LEFT + 16, 48, LEFT + 46, 48, "#16324f", width=3)
        yield _text(LEFT + 54, 53, "已完成")
        yield _line(LEFT + 126, 48, LEFT + 156, 48, "#8a8a8a", dash="3 3")
        yield _text(LEFT + 164, 53, "倒排时间表：应完成")
        yield f'<rect x="{LEFT + 320}" y="40" width="30" height="14" fill="#d98f4e" opacity="0.35"/>'
        yield _text(LEFT + 358, 53, "当天的预测：八成可能落在其中")

    def _fans(self) -> Iterator[str]:
        """From what was done on a day to where the forecast of that day sees it end."""
        end = self._x(self.days[-1])
        for day, its in self.forecasts:
            x, y = self._x(day), self._y(its.count_so_far)
            points = f"{x},{y} {end},{self._y(its.final_high)} {end},{self._y(its.final_low)}"
            yield f'<polygon points="{points}" fill="#d98f4e" opacity="0.3"/>'
            yield _line(x, y, end, self._y(its.final_expected), "#b3641f", dash="2 3")
            yield f'<circle cx="{x}" cy="{y}" r="5" fill="#b3641f"/>'
            percent = round(its.reaches_target_probability * 100)
            note = f"{day.month} 月 {day.day} 日：按期达到的可能性 {percent}%"
            yield _text(x + 10, y + 22, note, fill="#8a4a14")

    def _statuses(self) -> Iterator[str]:
        past, top = PastStatuses(), HEIGHT - BOTTOM + 40
        found = [past.on(self.campaign, self.lines, day, kind="picture")[LINE] for day in self.days]
        yield _text(LEFT - 8, top + 17, "状态", anchor="end")
        start = 0
        for place, status in enumerate(found):
            if place + 1 == len(found) or found[place + 1] is not status:
                yield from self._stretch(start, place, status, top)
                start = place + 1

    def _stretch(self, first: int, last: int, status: QuotaStatus, top: float) -> Iterator[str]:
        left = self._x(self.days[first])
        right = self._x(self.days[last]) if last + 1 == len(self.days) else self._x(self.days[last] + _DAY)
        middle, name = (left + right) / 2, QUOTA_STATUS_NAMES[status]
        yield (
            f'<rect x="{left}" y="{top}" width="{right - left:.1f}" height="26" fill="{COLOURS[status]}">'
            f"<title>{self.days[first]} 至 {self.days[last]}：{name}</title></rect>"
        )
        if right - left > len(name) * 15:
            yield _text(middle, top + 18, name, anchor="middle", fill="#ffffff")
        else:
            yield _text(middle, top + 44, name, anchor="middle", fill=COLOURS[status])


_DAY = timedelta(days=1)


def _text(
    x: float, y: float, text: str, *, anchor: str = "start", size: int = 14, fill: str = "#333333"
) -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"'
    return f'<text {place} font-size="{size}" fill="{fill}">{text}</text>'


def _line(
    x1: float, y1: float, x2: float, y2: float, stroke: str, *, width: float = 1.5, dash: str = "none"
) -> str:
    ends = f'x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}"'
    return f'<line {ends} stroke="{stroke}" stroke-width="{width}" stroke-dasharray="{dash}"/>'


def _path(points: Sequence[tuple[float, float]], stroke: str, width: float, *, dash: str = "none") -> str:
    places = " ".join(f"{x},{y}" for x, y in points)
    look = f'stroke="{stroke}" stroke-width="{width}" stroke-dasharray="{dash}"'
    return f'<polyline points="{places}" fill="none" {look}/>'


def picture() -> str:
    """The file's content."""
    campaign = load_campaign(DEFINITION)
    return Drawing(campaign, histories(campaign)).svg()


if __name__ == "__main__":
    PICTURE.write_text(picture(), encoding="utf-8")
