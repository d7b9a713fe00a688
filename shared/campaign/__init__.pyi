from .answers import validate_answers
from .calendar import WorkingCalendar
from .errors import CampaignInvalid, Problem
from .guide import Guide, GuidePart
from .loader import check, load_campaign
from .model import Campaign
from .notices import NOTICE_EVENTS, TEMPLATE_VARIABLES, Notices, NoticeTemplate
from .obligations import Obligation, ObligationKind, Obligations
from .parts import (
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
    ReferenceMargin,
    RespondentField,
    Unit,
    Variable,
)
from .publishing import Publication, publish
from .question import Answer, CodedAnswer, GridRow, Option, Question, QuestionKind
from .questionnaire import Earlier, Questionnaire, Section

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
