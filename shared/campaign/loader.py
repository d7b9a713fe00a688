"""Reads a campaign's definition from its folder, or says everything that is wrong with it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from shared.campaign.build import build_campaign
from shared.campaign.cross_rules import Definition, cross_rules
from shared.campaign.errors import CampaignInvalid, Problem
from shared.campaign.model import Campaign
from shared.campaign.reasons import shape_problems
from shared.campaign.rules import Parsed, campaign_rules, notices_rules, questionnaire_rules, units_rules
from shared.campaign.schema import CampaignFile, NoticesFile, QuestionnaireFile, QuotasFile, Shape, UnitsFile
from shared.campaign.source import Source, read_source

VERSION_LENGTH = 16
"""Hexadecimal digits of a definition's version."""

FileShape = TypeVar("FileShape", bound=Shape)


def load_campaign(folder: Path) -> Campaign:
    """Load the definition in ``folder``.

    Raises ``CampaignInvalid`` with all problems that can be told apart: what concerns several files is looked
    at when each file by itself has the right shape.
    """
    problems: list[Problem] = []
    sources = _read_all(folder, problems)
    definition = _parse_all(sources, problems)
    if definition is not None:
        problems.extend(cross_rules(definition))
    if problems or definition is None:
        raise CampaignInvalid(problems)
    return build_campaign(definition, _version(sources))


def check(folder: Path) -> list[Problem]:
    """Every problem of the definition in ``folder``, by file and line; empty when it can be loaded."""
    try:
        load_campaign(folder)
    except CampaignInvalid as invalid:
        return list(invalid.problems)
    return []


def _read_all(folder: Path, problems: list[Problem]) -> dict[str, Source]:
    """Every YAML file in the folder, by its path within; those that no rule knows count for the version."""
    sources = {}
    for path in sorted(folder.rglob("*.yaml")):
        file = path.relative_to(folder).as_posix()
        try:
            sources[file] = read_source(folder, file)
        except CampaignInvalid as invalid:
            problems.extend(invalid.problems)
    return sources


def _parse_all(sources: Mapping[str, Source], problems: list[Problem]) -> Definition | None:
    campaign = _parse(sources, "campaign.yaml", CampaignFile, problems)
    units = _parse(sources, "units.yaml", UnitsFile, problems)
    quotas = _parse(sources, "quotas.yaml", QuotasFile, problems)
    notices = _parse(sources, "notices.yaml", NoticesFile, problems)
    questionnaires = _parse_questionnaires(sources, campaign, problems)
    if units:
        problems.extend(units_rules(units))
    if notices:
        problems.extend(notices_rules(notices))
    if campaign and units and quotas and notices:
        return Definition(campaign, units, quotas, notices, questionnaires)
    return None


def _parse_questionnaires(
    sources: Mapping[str, Source], campaign: Parsed[CampaignFile] | None, problems: list[Problem]
) -> Mapping[str, Parsed[QuestionnaireFile]]:
    if campaign is None:
        return {}
    problems.extend(campaign_rules(campaign))
    questionnaires = {}
    for edition, shape in campaign.content.editions.items():
        if not _is_there(shape.questionnaire, sources, problems):
            reason = f"没有文件“{shape.questionnaire}”"
            problems.append(campaign.source.problem(reason, "editions", edition, "questionnaire"))
            continue
        parsed = _parse(sources, shape.questionnaire, QuestionnaireFile, problems)
        if parsed is not None:
            problems.extend(questionnaire_rules(parsed))
            questionnaires[edition] = parsed
    return questionnaires


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
    content = {file: source.data for file, source in sources.items()}
    canonical = json.dumps(content, ensure_ascii=False, separators=(",", ":"), default=str)
    return hashlib.sha256(canonical.encode()).hexdigest()[:VERSION_LENGTH]
