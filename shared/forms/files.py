"""A questionnaire's file by itself, whichever way it is authored."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from shared.campaign.errors import CampaignInvalid, Problem
from shared.campaign.questionnaire_rules import questionnaire_rules
from shared.campaign.questionnaire_schema import QuestionnaireFile
from shared.campaign.reasons import shape_problems
from shared.campaign.rules import Parsed
from shared.campaign.source import Source, read_source
from shared.forms.xlsform import read_xlsform


def read_questionnaire_file(path: Path) -> QuestionnaireFile:
    """The questionnaire in ``path``, a YAML file or an XLSForm (``.xlsx``).

    Raises CampaignInvalid with everything that is wrong with it; what it says of other files isn't looked at.
    """
    source = _read(path)
    try:
        content = QuestionnaireFile.model_validate(source.data)
    except ValidationError as error:
        raise CampaignInvalid(shape_problems(source, error)) from error
    if problems := list(questionnaire_rules(Parsed(source, content))):
        raise CampaignInvalid(problems)
    return content


def _read(path: Path) -> Source:
    match path.suffix.lower():
        case ".xlsx":
            return read_xlsform(path.parent, path.name)
        case ".yaml" | ".yml":
            return read_source(path.parent, path.name)
        case _:
            raise CampaignInvalid(
                [Problem(path.name, 1, "应为问卷的 YAML 文件（.yaml）或 XLSForm 工作簿（.xlsx）")]
            )
