"""What is wrong with a command that was typed, or with a setting, in the words of whoever typed it."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from functools import partial
from typing import Any

import typer
from typer._click.exceptions import (
    BadOptionUsage,
    BadParameter,
    MissingParameter,
    NoArgsIsHelpError,
    NoSuchOption,
    UsageError,
)
from typer.core import TyperGroup

_WRONG = 2
"""The status of a command that can't be understood."""
_NO_COMMAND = re.compile(r"No such command '(.*?)'\.")
_EXTRA = re.compile(r"Got unexpected extra argument\(s\) \((.*)\)", re.DOTALL)
_PATHS = {
    "does not exist.": "“{}”不存在",
    "is a file.": "“{}”是文件，应为文件夹",
    "is a directory.": "“{}”是文件夹，应为文件",
    "is not readable.": "没有权限读“{}”",
    "is not writable.": "没有权限写“{}”",
}
"""How typer's own words about a path end, and what to say of the path instead."""
_PATH = re.compile(rf"'(.*)' ({'|'.join(map(re.escape, _PATHS))})$", re.DOTALL)

_CHOICES = re.compile(r"is not one of (.*)\.$", re.DOTALL)
_QUOTED = re.compile(r"'([^']*)'")


class Commands(TyperGroup):
    """The commands: what is wrong with one that was typed is a line in Chinese, and where its help is; status 2."""

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> Any:
        """Run what was typed, and end with its status; without ``standalone_mode`` errors are the caller's."""
        run = partial(super().main, args, prog_name, complete_var, False, windows_expand_args, **extra)
        if not standalone_mode:
            return run()
        try:
            status = run()
        except NoArgsIsHelpError as error:
            error.show()
            sys.exit(_WRONG)
        except UsageError as error:
            typer.echo(told(error), err=True)
            sys.exit(error.exit_code)
        except typer.Abort:
            typer.echo("已中止。", err=True)
            sys.exit(1)
        sys.exit(status)


def told(error: UsageError) -> str:
    """What is wrong, and where to read what is right."""
    where = "" if error.ctx is None else f"\n用法见：{error.ctx.command_path} --help"
    return f"{_reason(error)}。{where}"


def told_of_settings(error: ValueError) -> str:
    """What is wrong with the settings of the environment; empty where ``error`` is about something else. Values aren't
    told: they may be secret."""
    if not getattr(error, "title", "").endswith("Settings"):
        return ""
    told = (f"DAFANGTAN_{name.upper()}：{message}" if name else message for name, message in _problems(error))
    return f"设置有误：{'；'.join(told)}。各项设置的含义见：dafangtan settings"


def _reason(error: UsageError) -> str:
    match error:
        case MissingParameter():
            return f"缺少{_name(error)}{_help_of(error)}"
        case BadParameter():
            return f"{_name(error)} 有误：{_about_value(error)}"
        case NoSuchOption():
            near = "、".join(error.possibilities or ())
            return f"没有选项 {error.option_name}" + (f"；相近的有：{near}" if near else "")
        case BadOptionUsage():
            takes_none = error.message.endswith("does not take a value.")
            return f"选项 {error.option_name} {'不带值' if takes_none else '后面缺少它的值'}"
    return _about_words(error)


def _about_words(error: UsageError) -> str:
    """Of what stands in the place of a command, or beyond what it takes."""
    if found := _NO_COMMAND.match(error.message):
        known = getattr(error.cmd, "commands", {})
        return f"没有命令“{found[1]}”；可用的有：{'、'.join(known)}"
    if found := _EXTRA.match(error.message):
        return f"多了参数：{found[1]}"
    return f"用法有误：{error.message}"


def _about_value(error: BadParameter) -> str:
    problems = _problems(error.__cause__)
    message = problems[0][1] if problems else error.message
    if found := _PATH.search(message):
        return _PATHS[found[2]].format(found[1])
    if found := _CHOICES.search(message):
        return f"应为 {'、'.join(_QUOTED.findall(found[1]))} 之一"
    return message.rstrip(".。")


def _problems(error: BaseException | None) -> Sequence[tuple[str, str]]:
    """Field and message of each thing that pydantic found; none where ``error`` isn't pydantic's."""
    # Imported where it is used: commands that are right start without.
    from pydantic import ValidationError

    from shared.problems import invalid_from

    if not isinstance(error, ValidationError):
        return []
    found = invalid_from(error.errors(include_url=False, include_input=False))
    return [(each.field, each.message) for each in found.problems]


def _name(error: BadParameter) -> str:
    """As it is typed: 选项 --seed, 参数 SERVICE."""
    if error.param is None:
        return "参数"
    kind = "选项" if error.param.param_type_name == "option" else "参数"
    return f"{kind} {error.param.get_error_hint().replace(chr(39), '')}"


def _help_of(error: BadParameter) -> str:
    text = getattr(error.param, "help", None)
    return f"（{text}）" if text else ""
