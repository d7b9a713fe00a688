"""Publishes questionnaires: notes what each says, so that a change of it is noticed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import yaml

from shared.campaign.loader import load_definition
from shared.campaign.questionnaire_schema import PublishedFile
from shared.campaign.source import read_source
from shared.campaign.version_rules import PUBLISHED_FILE, content_hash

_HEAD = """\
# 已发布的问卷，由 dafangtan questionnaire publish 登记，不要手工修改：版别 → 版本 → 内容的摘要。
# 已发布的版本不再改动；要修改就换一个新版本，并用 replaces 指明旧版的文件。
"""


@dataclass(frozen=True, slots=True)
class Publication:
    """One version of an edition's questionnaire, and whether it is published only now."""

    edition: str
    version: str
    title: str
    is_new: bool


def publish(folder: Path) -> list[Publication]:
    """Publish the questionnaires that the definition in ``folder`` asks now; what was published stays noted.

    Raises ``CampaignInvalid`` when the definition is wrong, and so when a published version was changed.
    """
    definition, _ = load_definition(folder)
    hashes = _published(folder)
    publications = []
    for edition, (asked, *_) in definition.questionnaires.items():
        known = hashes.setdefault(edition, {})
        version, title = asked.content.version, asked.content.title
        publications.append(Publication(edition, version, title, is_new=version not in known))
        known[version] = content_hash(asked.content)
    _write(folder / PUBLISHED_FILE, hashes)
    return publications


def _published(folder: Path) -> dict[str, dict[str, str]]:
    if not (folder / PUBLISHED_FILE).exists():
        return {}
    file = PublishedFile.model_validate(read_source(folder, PUBLISHED_FILE).data)
    return {edition: dict(hashes) for edition, hashes in file.published.items()}


def _write(path: Path, hashes: dict[str, dict[str, str]]) -> None:
    """All or nothing: a file that was cut off would forget what is published."""
    text = _HEAD + yaml.safe_dump({"published": hashes}, allow_unicode=True, sort_keys=False)
    path.parent.mkdir(exist_ok=True)
    draft = path.with_suffix(".draft")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)
