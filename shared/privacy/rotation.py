"""Rotating a campaign's sealing key: a new one wraps from now on, the old one goes when nothing is under it.

What was sealed is not sealed anew: its data keys are wrapped anew (NIST SP 800-57 part 1, section 5.3.6: a key
that wraps has a short originator usage period). An older copy of the store holds data keys under keys that are no
more: it opens nothing. Pseudonym and receipt keys stay as they are for the whole campaign: with another one the
same person would count as two, a repeat would be other content, and receipts that people keep would be void.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from shared.errors import NotFound
from shared.privacy.files import held
from shared.privacy.keys import KeyRing, new_key, read_entries, write_entries
from shared.privacy.sealing import key_id


def begin_rotation(path: Path, campaign: str) -> bool:
    """Make a new sealing key current and keep the one before it; False when a rotation is under way already.

    Raises KeysUnusable, NotFound.
    """
    with held(path):
        entries = read_entries(path)
        entry = _entry(entries, campaign)
        if entry.get("sealing_before"):
            return False
        entries[campaign] = {**entry, "sealing": new_key(), "sealing_before": [entry["sealing"]]}
        write_entries(path, entries)
        return True


def finish_rotation(path: Path, campaign: str, current_id: bytes) -> None:
    """Destroy every key before the one with ``current_id``: nothing is wrapped by them any more.

    Does nothing when another key is current by now: whoever made that one finishes. Raises KeysUnusable, NotFound.
    """
    with held(path):
        entries = read_entries(path)
        entry = _entry(entries, campaign)
        if key_id(KeyRing.load(path).campaign(campaign).sealing) == current_id:
            entries[campaign] = {name: key for name, key in entry.items() if name != "sealing_before"}
            write_entries(path, entries)


def _entry(entries: dict[str, Any], campaign: str) -> dict[str, Any]:
    try:
        entry: dict[str, Any] = entries[campaign]
    except KeyError:
        raise NotFound(f"密钥文件中没有活动“{campaign}”的密钥。", code="unknown-campaign") from None
    return entry
