"""What a campaign defines of its hotline: ``hotline.yaml`` in its folder, which is there where it has one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import Field, ValidationError

from shared.campaign import CampaignInvalid, Problem
from shared.campaign.reasons import shape_problems
from shared.campaign.schema import Labels, Shape
from shared.campaign.source import Source, read_source

FILE = "hotline.yaml"


class HotlineFile(Shape):
    """``categories``: names by their codes, in the order in which a form shows them."""

    categories: Labels = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class Hotline:
    """One campaign's hotline."""

    categories: Mapping[str, str]

    def code_of(self, category: str) -> str | None:
        """The code of a category that is told by its code or its name; None when there is no such."""
        if category in self.categories:
            return category
        return next((code for code, name in self.categories.items() if name == category), None)


def load_hotline(folder: Path) -> Hotline | None:
    """The hotline defined in ``folder``; None where there is none. Raises CampaignInvalid, with every line."""
    if not (folder / FILE).is_file():
        return None
    source = read_source(folder, FILE)
    try:
        content = HotlineFile.model_validate(source.data)
    except ValidationError as error:
        raise CampaignInvalid(shape_problems(source, error)) from error
    if problems := list(_repeated_names(source, content)):
        raise CampaignInvalid(problems)
    return Hotline(content.categories)


def check_hotline(folder: Path) -> list[Problem]:
    """Every problem of the hotline in ``folder``; none where it can be loaded, or isn't there."""
    try:
        load_hotline(folder)
    except CampaignInvalid as invalid:
        return list(invalid.problems)
    return []


def _repeated_names(source: Source, content: HotlineFile) -> Iterator[Problem]:
    known: dict[str, str] = {}
    for code, name in content.categories.items():
        if name in known:
            yield source.problem(f"类别“{name}”与 {known[name]} 重名", "categories", code)
        known.setdefault(name, code)
