"""``dafangtan redaction``: how well personal details are taken out of free text."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from shared.privacy.redaction_forms import Span
    from shared.privacy.redaction_measure import Measured, Score, Sentence

redaction_app = typer.Typer(help="自由文本脱敏。", no_args_is_help=True)


@redaction_app.callback()
def callback() -> None:
    """自由文本脱敏。"""


@redaction_app.command("measure")
def measure(
    file: Annotated[
        Path | None, typer.Argument(help="标注好的 JSONL 文件；不写则用随程序附带的", metavar="[FILE]")
    ] = None,
    errors: Annotated[bool, typer.Option("--errors", help="列出漏掉的和误遮的")] = False,
) -> None:
    """量一量脱敏的准确率和召回率，分调整用和留作检验的两半；总体不达标时状态为 1。"""
    from shared.privacy import redaction_measure

    sentences = (
        redaction_measure.labelled_sentences() if file is None else redaction_measure.read_sentences([file])
    )
    halves = [[each for each in sentences if each.is_held_out is is_held] for is_held in (False, True)]
    for title, half in zip(("调整用的一半", "留作检验的一半"), halves, strict=True):
        _print_measured(title, redaction_measure.measure(half), with_errors=errors)
    measured = redaction_measure.measure(sentences)
    _print_measured("全部", measured, with_errors=False)
    _print_verdict(measured.total)
    raise typer.Exit(0 if measured.total.is_enough else 1)


def _print_measured(title: str, measured: Measured, *, with_errors: bool) -> None:
    typer.echo(f"{title}（{measured.count} 句）")
    for kind, score in measured.by_kind.items():
        typer.echo(_row(kind, score))
    typer.echo(_row("合计", measured.total))
    if with_errors:
        for sentence, missed, wrong in measured.errors:
            wrongs = _quoted("漏掉", sentence, missed) + _quoted("误遮", sentence, wrong)
            typer.echo(f"    {wrongs}句子：{sentence.text}")


def _row(kind: str, score: Score) -> str:
    return (
        f"  {kind}：准确率 {score.precision:.1%}，召回率 {score.recall:.1%}，"
        f"标注 {score.marked} 处，找到 {score.found}，遮去 {score.taken}，遮对 {score.right}"
    )


def _quoted(what: str, sentence: Sentence, spans: Iterable[Span]) -> str:
    return "".join(f"{what}“{sentence.text[start:end]}”{placeholder} " for start, end, placeholder in spans)


def _print_verdict(total: Score) -> None:
    from shared.privacy.redaction_measure import LEAST_PRECISION, LEAST_RECALL

    verdict = "达标" if total.is_enough else "不达标"
    typer.echo(
        f"{verdict}：准确率 {total.precision:.1%}（至少 {LEAST_PRECISION:.0%}），"
        f"召回率 {total.recall:.1%}（至少 {LEAST_RECALL:.0%}）。"
    )
