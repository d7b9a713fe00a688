"""A YAML file as plain data that still knows which line each value came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from shared.campaign.errors import CampaignInvalid, Problem

Place = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Source:
    """One file's content: ``data`` for the schema, ``lines`` from a value's path to its line (from 1)."""

    file: str
    data: Any
    lines: Mapping[Place, int]

    def line(self, path: Place) -> int:
        """The line of the value at ``path``; what isn't in the file has the line of what should contain it.

        Parts of the path that the file doesn't know are passed over: a schema adds some of its own.
        """
        known: Place = ()
        for part in path:
            if (*known, part) in self.lines:
                known = (*known, part)
        return self.lines[known]

    def problem(self, reason: str, *path: str | int) -> Problem:
        """A problem at the line of the value at ``path``."""
        return Problem(self.file, self.line(path), reason)


def read_source(folder: Path, file: str) -> Source:
    """Read ``folder/file``.

    Raises ``CampaignInvalid`` with all problems of YAML's own: encoding, syntax, repeated keys, aliases.
    """
    text = _text(folder, file)
    loader = yaml.CSafeLoader(text)
    try:
        return _Reader(file, loader).read()
    except yaml.MarkedYAMLError as error:
        raise CampaignInvalid([_syntax_problem(file, error)]) from error
    except yaml.reader.ReaderError as error:
        line = text[: text.index(chr(error.character))].count("\n") + 1
        reason = f"含有 YAML 不允许的字符（U+{error.character:04X}）"
        raise CampaignInvalid([Problem(file, line, reason)]) from error
    finally:
        loader.dispose()


def _text(folder: Path, file: str) -> str:
    try:
        return (folder / file).read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise CampaignInvalid([Problem(file, line, "文件应为 UTF-8 编码")]) from error


def _syntax_problem(file: str, error: yaml.MarkedYAMLError) -> Problem:
    mark = error.problem_mark or error.context_mark
    line = mark.line + 1 if mark else 1
    return Problem(file, line, f"YAML 写法有误，请检查缩进、冒号和引号（{error.problem}）")


class _Reader:
    """Turns YAML's nodes into data and notes lines. Keys are always text, so that ``1: …`` stays a code."""

    def __init__(self, file: str, loader: yaml.CSafeLoader) -> None:
        self._file = file
        self._loader = loader
        self._lines: dict[Place, int] = {(): 1}
        self._problems: list[Problem] = []
        self._seen: set[int] = set()

    def read(self) -> Source:
        root = self._loader.get_single_node()
        data = None if root is None else self._value(root, ())
        if data is None:
            self._problems.append(Problem(self._file, 1, "文件是空的"))
        if self._problems:
            raise CampaignInvalid(self._problems)
        return Source(self._file, data, self._lines)

    def _value(self, node: yaml.Node, path: Place) -> Any:
        if id(node) in self._seen:
            self._reject(node, "不支持 YAML 的别名（*），请写出完整内容")
            return None
        self._seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self._entry(item, item, (*path, index)) for index, item in enumerate(node.value)]
        return self._scalar(node)

    def _mapping(self, node: yaml.MappingNode, path: Place) -> dict[str, Any]:
        data: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value)
            if key in data:
                self._reject(key_node, f"“{key}”重复出现")
            data[key] = self._entry(key_node, value_node, (*path, key))
        return data

    def _entry(self, place: yaml.Node, node: yaml.Node, path: Place) -> Any:
        self._lines[path] = place.start_mark.line + 1
        return self._value(node, path)

    def _scalar(self, node: yaml.Node) -> Any:
        try:
            return self._loader.construct_object(node)
        except ValueError:
            self._reject(node, f"“{node.value}”不是有效的日期或数字")
            return node.value

    def _reject(self, node: yaml.Node, reason: str) -> None:
        self._problems.append(Problem(self._file, node.start_mark.line + 1, reason))
