"""What a request for a use grant must say to be considered. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, time, timedelta

from services.release.model import Use
from shared.campaign import Campaign
from shared.errors import FieldProblem, Invalid

EVERYTHING = "*"
PURPOSE_MIN_CHARS = 10
PURPOSE_MAX_CHARS = 500
LONGEST_AFTER_CAMPAIGN = timedelta(days=365)


def normal_use(
    campaign: str, units: Sequence[str], variables: Sequence[str], purpose: str, until: datetime
) -> Use:
    """A ``Use`` that is equal for equal wishes: names once and in order, blanks trimmed, whole seconds."""
    return Use(
        campaign=campaign,
        units=tuple(sorted(set(units))),
        variables=tuple(sorted(set(variables))),
        purpose=purpose.strip(),
        until=until.replace(microsecond=0),
    )


def check_use(use: Use, campaign: Campaign, now: datetime) -> None:
    """Raises Invalid, naming every field that must be mended and what is allowed."""
    problems = [
        *_name_problems("units", "责任单位", use.units, campaign.units.keys()),
        *_name_problems("variables", "变量", use.variables, campaign.variables().keys()),
        *_purpose_problems(use.purpose),
        *_until_problems(use.until, campaign, now),
    ]
    if problems:
        raise Invalid("数据使用申请需要修改。", problems, code="invalid-grant-request")


def latest_until(campaign: Campaign, now: datetime) -> datetime:
    """A year after the campaign's last day or, once that is past, after today: midnight at its end there."""
    today = campaign.day_of(now)
    last_day = max(campaign.ends_on, today) + LONGEST_AFTER_CAMPAIGN
    return datetime.combine(last_day + timedelta(days=1), time.min, campaign.timezone)


def _name_problems(
    field: str, kind: str, names: Sequence[str], known: Collection[str]
) -> Iterator[FieldProblem]:
    if not names:
        yield FieldProblem(field, f"至少写明一个{kind}；申请全部{kind}时写 [“*”]")
    elif EVERYTHING in names and len(names) > 1:
        yield FieldProblem(field, f"“*”表示全部{kind}，不能与其他名称并列")
    elif names != (EVERYTHING,):
        unknown = [name for name in names if name not in known]
        if unknown:
            yield FieldProblem(
                field, f"没有以下{kind}：{'、'.join(unknown)}；可用的有：{'、'.join(known)}，或“*”（全部）"
            )


def _purpose_problems(purpose: str) -> Iterator[FieldProblem]:
    if not PURPOSE_MIN_CHARS <= len(purpose) <= PURPOSE_MAX_CHARS:
        yield FieldProblem(
            "purpose", f"用途应写 {PURPOSE_MIN_CHARS} 至 {PURPOSE_MAX_CHARS} 个字，收到 {len(purpose)} 个字"
        )


def _until_problems(until: datetime, campaign: Campaign, now: datetime) -> Iterator[FieldProblem]:
    latest = latest_until(campaign, now)
    if until <= now:
        yield FieldProblem("until", "使用期限应晚于现在")
    elif until > latest:
        yield FieldProblem(
            "until", f"使用期限最晚为活动结束（已结束的，今日）后一年，即 {latest.isoformat()}"
        )
