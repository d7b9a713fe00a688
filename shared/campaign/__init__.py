"""The definition of a campaign: what another campaign changes without a change of code.

``load_campaign(folder)`` gives a ``Campaign``; ``check(folder)`` lists what is wrong with one, by file and
line; ``validate_answers(questionnaire, answers)`` checks a submission's answers.
"""

from shared.campaign.answers import validate_answers
from shared.campaign.calendar import WorkingCalendar
from shared.campaign.errors import CampaignInvalid, Problem
from shared.campaign.guide import Guide, GuidePart
from shared.campaign.loader import check, load_campaign
from shared.campaign.margins import ReferenceMargin
from shared.campaign.model import Campaign
from shared.campaign.notices import NOTICE_EVENTS, TEMPLATE_VARIABLES, Notices, NoticeTemplate
from shared.campaign.obligations import Obligation, ObligationKind, Obligations
from shared.campaign.parts import (
    AgeBand,
    AgeRules,
    Channel,
    CommonPart,
    Consents,
    Counting,
    Disclosure,
    Edition,
    Office,
    Phase,
    Point,
    QuotaLine,
    RespondentField,
    Unit,
    Variable,
)
from shared.campaign.publishing import Publication, publish
from shared.campaign.question import Answer, CodedAnswer, GridRow, Option, Question, QuestionKind
from shared.campaign.questionnaire import Earlier, Questionnaire, Section

__all__ = [
    "NOTICE_EVENTS",
    "TEMPLATE_VARIABLES",
    "AgeBand",
    "AgeRules",
    "Answer",
    "Campaign",
    "CampaignInvalid",
    "Channel",
    "CodedAnswer",
    "CommonPart",
    "Consents",
    "Counting",
    "Disclosure",
    "Earlier",
    "Edition",
    "GridRow",
    "Guide",
    "GuidePart",
    "NoticeTemplate",
    "Notices",
    "Obligation",
    "ObligationKind",
    "Obligations",
    "Office",
    "Option",
    "Phase",
    "Point",
    "Problem",
    "Publication",
    "Question",
    "QuestionKind",
    "Questionnaire",
    "QuotaLine",
    "ReferenceMargin",
    "RespondentField",
    "Section",
    "Unit",
    "Variable",
    "WorkingCalendar",
    "check",
    "load_campaign",
    "publish",
    "validate_answers",
]
