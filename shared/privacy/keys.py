"""The campaign keys: one file that somebody made, readable by its owner alone.

The file is JSON: ``{"campaigns": {"<campaign id>": {"sealing": …, "pseudonyms": …, "receipts": …}}}``, each
key 32 random bytes in base64. Whoever has it can open what is sealed; whoever loses it never can. While a sealing
key is being rotated (``rotation.py``), ``sealing_before`` lists the one that still has data keys under it.
"""

from __future__ import annotations

import os
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from shared.errors import DafangtanError, NotFound
from shared.privacy.files import held, write_private_file

KEY_BYTES = 32
PURPOSES = ("sealing", "pseudonyms", "receipts")


class KeysUnusable(DafangtanError):
    """The file of keys can't be used as it is; the message names the file and what to do."""


@dataclass(frozen=True, slots=True)
class CampaignKeys:
    """One campaign's keys, 32 bytes each. Never shown in a repr."""

    sealing: bytes = field(repr=False)
    pseudonyms: bytes = field(repr=False)
    receipts: bytes = field(repr=False)
    sealing_before: tuple[bytes, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class KeyRing:
    """The keys of all campaigns."""

    campaigns: Mapping[str, CampaignKeys] = field(repr=False)

    @classmethod
    def load(cls, path: Path) -> KeyRing:
        """Read the file. Raises KeysUnusable when it is missing, readable by others or malformed."""
        try:
            others = path.stat().st_mode & 0o077
            content = path.read_bytes()
        except FileNotFoundError:
            raise KeysUnusable(f"密钥文件 {path} 不存在；请先运行 dafangtan keys init。") from None
        except OSError as error:
            raise KeysUnusable(f"无法读取密钥文件 {path}：{error.strerror}。") from error
        if others:
            raise KeysUnusable(f"密钥文件 {path} 可被其他用户读取；请运行 chmod 600 {path}。")
        return cls({id: _campaign_keys(path, id, entry) for id, entry in _entries(path, content).items()})

    def campaign(self, id: str) -> CampaignKeys:
        """The keys of campaign ``id``. Raises NotFound."""
        try:
            return self.campaigns[id]
        except KeyError:
            raise NotFound(
                f"密钥文件中没有活动“{id}”的密钥；请运行 dafangtan keys init。", code="unknown-campaign"
            ) from None


def create_keys(path: Path, campaign_ids: Sequence[str]) -> tuple[str, ...]:
    """Make keys for each campaign that has none in the file, and the file (mode 0600) if it isn't there.

    Keys that stand are never changed. Returns the ids that got keys. Raises KeysUnusable.
    """
    with held(path):
        entries = read_entries(path) if path.exists() else {}
        added = tuple(id for id in dict.fromkeys(campaign_ids) if id not in entries)
        for id in added:
            entries[id] = {purpose: new_key() for purpose in PURPOSES}
        if added or not path.exists():
            write_entries(path, entries)
        return added


def new_key() -> str:
    """A fresh key, as the file holds it."""
    return b64encode(os.urandom(KEY_BYTES)).decode()


def read_entries(path: Path) -> dict[str, Any]:
    """The campaigns of the file at ``path``, all of them good. Raises KeysUnusable."""
    KeyRing.load(path)
    return dict(_entries(path, path.read_bytes()))


def write_entries(path: Path, entries: Mapping[str, Any]) -> None:
    """Put ``entries`` in the file's place; for whoever holds it (``files.held``)."""
    write_private_file(path, orjson.dumps({"campaigns": entries}, option=orjson.OPT_INDENT_2))


def _entries(path: Path, content: bytes) -> Mapping[str, object]:
    try:
        document = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise KeysUnusable(f"密钥文件 {path} 不是有效的 JSON（第 {error.lineno} 行）。") from error
    entries = document.get("campaigns") if isinstance(document, dict) else None
    if not isinstance(entries, dict):
        raise KeysUnusable(f"密钥文件 {path} 缺少 campaigns 一项。")
    return entries


def _campaign_keys(path: Path, id: str, entry: object) -> CampaignKeys:
    fields = entry if isinstance(entry, dict) else {}
    before = fields.get("sealing_before", [])
    sealing, pseudonyms, receipts = (_key(path, id, fields.get(purpose), purpose) for purpose in PURPOSES)
    olders = before if isinstance(before, list) else [None]
    sealing_before = tuple(_key(path, id, text, "sealing_before") for text in olders)
    return CampaignKeys(sealing, pseudonyms, receipts, sealing_before)


def _key(path: Path, id: str, text: object, purpose: str) -> bytes:
    try:
        key = b64decode(text, validate=True) if isinstance(text, str) else b""
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise KeysUnusable(f"密钥文件 {path} 中活动“{id}”的 {purpose} 应为 {KEY_BYTES} 字节的 base64。")
    return key
