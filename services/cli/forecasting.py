"""``dafangtan forecast``: how well the forecasts of quota lines do."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from services.quota.forecast.coverage import Score

forecast_app = typer.Typer(help="名额预测。", no_args_is_help=True)


@forecast_app.callback()
def callback() -> None:
    """名额预测。"""


@forecast_app.command("coverage")
def coverage(
    campaigns: Annotated[int, typer.Option(help="模拟多少场活动", min=1)] = 42,
    seed: Annotated[int, typer.Option(help="同一个种子得到同样的活动")] = 2024,
    csv: Annotated[
        list[Path] | None,
        typer.Option(
            help="改为重放以往的活动，一场一个文件（列为 line,day,count,target），可写多次", metavar="FILE"
        ),
    ] = None,
) -> None:
    """量一量 80% 区间的覆盖率和宽度：每三天重放一次预测；覆盖率不在 75%～85% 之内或不比匀速推算窄时状态为 1。"""
    from services.quota.forecast.coverage import measure
    from services.quota.forecast.past import read_past
    from services.quota.forecast.simulation import simulated

    measured = measure([read_past(file) for file in csv] if csv else simulated(campaigns, seed))
    typer.echo(f"活动 {measured.campaign_count} 场，预测 {measured.total.case_count:,} 次")
    for title, scores in (
        ("按活动", measured.by_family),
        ("按阶段", measured.by_stage),
        ("总体", {"合计": measured.total}),
    ):
        typer.echo(title)
        for name, score in scores.items():
            typer.echo(_row(name, score))
    typer.echo(_verdict(measured.total))
    raise typer.Exit(0 if measured.total.is_enough else 1)


def _row(name: str, score: Score) -> str:
    finish = "—" if score.finish_held_share is None else f"{score.finish_held_share:.1%}"
    return (
        f"  {name}：覆盖率 {score.held_share:.1%}，平均宽度 {score.mean_width:.0f} 人次，"
        f"匀速推算 {score.mean_guess_width:.0f} 人次（±{score.guess_band:.0%}），"
        f"宽度比 {score.width_ratio:.2f}，完成日期覆盖率 {finish}"
    )


def _verdict(total: Score) -> str:
    from services.quota.forecast.coverage import LEAST_COVERAGE, MOST_COVERAGE

    return (
        f"{'达标' if total.is_enough else '不达标'}：覆盖率 {total.held_share:.1%}"
        f"（应在 {LEAST_COVERAGE:.0%} 至 {MOST_COVERAGE:.0%} 之间），"
        f"与同样覆盖率的匀速推算相比，宽度为其 {total.width_ratio:.2f} 倍（应小于 1）。"
    )
