"""A search of every file for what some keys still open: what whoever steals the disk would try."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Iterable, Iterator
from pathlib import Path

from shared.privacy import DataKey, KeyRing, Privacy, SealBroken, Sealer

BASE64 = re.compile(rb"[A-Za-z0-9+/]{40,}={0,2}")
FIELDS = ("respondent", "texts", "content", "hint", "source_id", "answer", "contacts", "import-row")


def contents(folder: Path) -> list[bytes]:
    """Of every file in ``folder`` and below."""
    return [path.read_bytes() for path in folder.rglob("*") if path.is_file()]


def opened(files: Iterable[bytes], keyring: KeyRing, ids: Iterable[str]) -> dict[str, list[bytes]]:
    """What the keys of ``keyring`` open in ``files`` of the submissions and items called ``ids``."""
    tokens = {token.decode() for file in files for token in _tokens(file)}
    sealers = [Privacy.for_campaign(keyring, campaign).sealer for campaign in keyring.campaigns]
    return {id: [*_opened(sealers, id, tokens)] for id in ids}


def _opened(sealers: Iterable[Sealer], id: str, tokens: set[str]) -> Iterator[bytes]:
    for sealer in sealers:
        for data_key in _data_keys(sealer, id, tokens):
            for token in tokens:
                for field in FIELDS:
                    try:
                        yield sealer.open(data_key, id, field, token)
                    except SealBroken:
                        continue


def _data_keys(sealer: Sealer, id: str, tokens: set[str]) -> Iterator[DataKey]:
    for token in tokens:
        try:
            yield sealer.unwrap(id, token)
        except (SealBroken, ValueError):
            continue


def _tokens(content: bytes) -> Iterator[bytes]:
    """Whatever looks like base64, and what looks so inside it: the outbox keeps events in base64."""
    for found in BASE64.findall(content):
        yield found
        try:
            inside = b64decode(found, validate=True)
        except ValueError:
            continue
        yield from BASE64.findall(inside)
