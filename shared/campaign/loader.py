"""Reads a campaign's definition from its folder, or says everything that is wrong with it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from shared.campaign.build import build_campaign
from shared.campaign.cross_rules import Definition, cross_rules
from shared.campaign.errors import CampaignInvalid, Problem
from shared.campaign.margins import MARGINS_FILE
from shared.campaign.model import Campaign
from shared.campaign.questionnaire_rules import questionnaire_rules
from shared.campaign.questionnaire_schema import PublishedFile, QuestionnaireFile
from shared.campaign.reasons import shape_problems
from shared.campaign.rules import (
    Parsed,
    calendar_rules,
    campaign_rules,
    notices_rules,
    obligations_rules,
    quotas_rules,
    units_rules,
)
from shared.campaign.schema import (
    CalendarFile,
    CampaignFile,
    GuideFile,
    MarginsFile,
    NoticesFile,
    ObligationsFile,
    QuotasFile,
    Shape,
    UnitsFile,
)
from shared.campaign.source import Place, Source, read_source
from shared.campaign.version_rules import PUBLISHED_FILE, Versions, published_rules, replacing_rules

VERSION_LENGTH = 16
"""Hexadecimal digits of a definition's version."""

OBLIGATIONS_FILE = "obligations.yaml"
"""The one file that a definition may do without."""

FileShape = TypeVar("FileShape", bound=Shape)


def load_campaign(folder: Path) -> Campaign:
    """Load the definition in ``folder``.

    Raises ``CampaignInvalid`` with all problems that can be told apart: what concerns several files is looked
    at when each file by itself has the right shape.
    """
    definition, version = load_definition(folder)
    return build_campaign(definition, version)


def load_definition(folder: Path) -> tuple[Definition, str]:
    """The files of the definition in ``folder``, known to be right, and its version. Raises as above."""
    problems: list[Problem] = []
    sources = _read_all(folder, problems)
    definition = _parse_all(sources, problems)
    if definition is not None:
        problems.extend(cross_rules(definition))
    if problems or definition is None:
        raise CampaignInvalid(problems)
    return definition, _version(sources)


def check(folder: Path) -> list[Problem]:
    """Every problem of the definition in ``folder``, by file and line; empty when it can be loaded."""
    try:
        load_campaign(folder)
    except CampaignInvalid as invalid:
        return list(invalid.problems)
    return []


def _read_all(folder: Path, problems: list[Problem]) -> dict[str, Source]:
    """Every YAML file in the folder, by its path within; those that no rule knows count for the version.

    So does every XLSForm among the questionnaires.
    """
    sources = {}
    paths = [
        *folder.rglob("*.yaml"),
        *(folder / "questionnaires").glob("[!~]*.xlsx"),
    ]  # ~ is Excel's own mark
    for path in sorted(paths):
        file = path.relative_to(folder).as_posix()
        try:
            sources[file] = _read(folder, file)
        except CampaignInvalid as invalid:
            problems.extend(invalid.problems)
    return sources


def _read(folder: Path, file: str) -> Source:
    if not file.endswith(".xlsx"):
        return read_source(folder, file)
    from shared.forms.xlsform import (
        read_xlsform,  # takes a while to import, and most definitions don't need it
    )

    return read_xlsform(folder, file)


def _parse_all(sources: Mapping[str, Source], problems: list[Problem]) -> Definition | None:
    campaign = _parse(sources, "campaign.yaml", CampaignFile, problems)
    units = _parse(sources, "units.yaml", UnitsFile, problems)
    quotas = _parse(sources, "quotas.yaml", QuotasFile, problems)
    calendar = _parse(sources, "calendar.yaml", CalendarFile, problems)
    notices = _parse(sources, "notices.yaml", NoticesFile, problems)
    margins = _parse(sources, MARGINS_FILE, MarginsFile, problems) if MARGINS_FILE in sources else None
    questionnaires = _parse_questionnaires(sources, campaign, problems)
    guides = _parse_guides(sources, campaign, problems)
    obligations = None
    if _is_there(OBLIGATIONS_FILE, sources, problems):
        obligations = _parse(sources, OBLIGATIONS_FILE, ObligationsFile, problems)
    if campaign:
        problems.extend(campaign_rules(campaign))
    if units:
        problems.extend(units_rules(units))
    if quotas:
        problems.extend(quotas_rules(quotas))
    if calendar:
        problems.extend(calendar_rules(calendar))
    if notices:
        problems.extend(notices_rules(notices))
    if obligations:
        problems.extend(obligations_rules(obligations))
    if campaign and units and quotas and calendar and notices:
        return Definition(
            campaign, units, quotas, calendar, notices, questionnaires, guides, margins, obligations
        )
    return None


def _parse_questionnaires(
    sources: Mapping[str, Source], campaign: Parsed[CampaignFile] | None, problems: list[Problem]
) -> Mapping[str, Versions]:
    """By edition. What concerns several versions is looked at when each by itself is right."""
    if campaign is None:
        return {}
    found = [problem for problem in problems if problem.file not in sources]  # what couldn't be read is there
    questionnaires = {}
    for edition, shape in campaign.content.editions.items():
        named = _Named(campaign.source, ("editions", edition, "questionnaire"), shape.questionnaire)
        versions = list(_parse_versions(sources, named, found))
        if versions:
            questionnaires[edition] = versions
    if not found:
        for versions in questionnaires.values():
            found.extend(replacing_rules(versions))
        if PUBLISHED_FILE in sources:
            published = _parse(sources, PUBLISHED_FILE, PublishedFile, found)
            found.extend(published_rules(published, questionnaires) if published else ())
    problems.extend(found)
    return questionnaires


def _parse_versions(
    sources: Mapping[str, Source], named: _Named, problems: list[Problem]
) -> Iterator[Parsed[QuestionnaireFile]]:
    """The questionnaire, then those that it replaces, as far as they can be read."""
    seen: set[str] = set()
    while True:
        if named.file in seen:
            problems.append(named.problem(f"“{named.file}”不能替换它自己"))
            return
        seen.add(named.file)
        parsed = _parse_named(sources, named, QuestionnaireFile, problems)
        if parsed is None:
            return
        problems.extend(questionnaire_rules(parsed))
        yield parsed
        if parsed.content.replaces is None:
            return
        named = _Named(parsed.source, ("replaces", "file"), parsed.content.replaces.file)


def _parse_guides(
    sources: Mapping[str, Source], campaign: Parsed[CampaignFile] | None, problems: list[Problem]
) -> Mapping[str, Parsed[GuideFile]]:
    if campaign is None:
        return {}
    guides = {}
    for edition, shape in campaign.content.editions.items():
        if shape.guide is not None:
            named = _Named(campaign.source, ("editions", edition, "guide"), shape.guide)
            parsed = _parse_named(sources, named, GuideFile, problems)
            if parsed is not None:
                guides[edition] = parsed
    return guides


@dataclass(frozen=True, slots=True)
class _Named:
    """A file that another one names, at ``place``."""

    source: Source
    place: Place
    file: str

    def problem(self, reason: str) -> Problem:
        """A problem where the file is named."""
        return self.source.problem(reason, *self.place)


def _parse_named(
    sources: Mapping[str, Source], named: _Named, shape: type[FileShape], problems: list[Problem]
) -> Parsed[FileShape] | None:
    if not _is_there(named.file, sources, problems):
        problems.append(named.problem(f"没有文件“{named.file}”"))
        return None
    return _parse(sources, named.file, shape, problems)


def _parse(
    sources: Mapping[str, Source], file: str, shape: type[FileShape], problems: list[Problem]
) -> Parsed[FileShape] | None:
    source = sources.get(file)
    if source is None:
        if not _is_there(file, sources, problems):
            problems.append(Problem(file, 1, "缺少这个文件"))
        return None
    try:
        return Parsed(source, shape.model_validate(source.data))
    except ValidationError as error:
        problems.extend(shape_problems(source, error))
        return None


def _is_there(file: str, sources: Mapping[str, Source], problems: list[Problem]) -> bool:
    """Whether the file exists: it was read, or what is wrong with it was told."""
    return file in sources or any(problem.file == file for problem in problems)


def _version(sources: Mapping[str, Source]) -> str:
    content = {file: source.data for file, source in sources.items() if file != PUBLISHED_FILE}
    canonical = json.dumps(content, ensure_ascii=False, separators=(",", ":"), default=str)
    return hashlib.sha256(canonical.encode()).hexdigest()[:VERSION_LENGTH]
