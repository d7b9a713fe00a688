"""What an operator's form is made from: fields, categories, units, the consent text to read out, limits. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

from services.intake.channels.hotline.definition import Hotline
from services.intake.channels.hotline.model import (
    LONGEST_CALL_S,
    LONGEST_ID_CHARS,
    LONGEST_NARRATIVE_CHARS,
    MOST_MATTERS,
)
from shared.access import Principal
from shared.campaign import Campaign

LONGEST_TEXT_CHARS = 200


class Field(msgspec.Struct, frozen=True, omit_defaults=True):
    """One field of the form, by its path in the call that is posted. ``choices`` names the list in the form."""

    path: str
    label: str
    kind: Literal["text", "long_text", "moment", "integer", "choice"]
    is_required: bool = False
    max_chars: int | None = None
    max_value: int | None = None
    choices: Literal["categories", "units", "consents"] | None = None
    default: str | None = None
    hint: str | None = None


class FormDescription(msgspec.Struct, frozen=True):
    """A form, described. Names by codes; texts of consent by version."""

    campaign: str
    name: str
    fields: list[Field]
    max_matters: int
    categories: Mapping[str, str]
    units: Mapping[str, str]
    unit_if_none: str | None
    consents: Mapping[str, str]
    current_consent: str


def describe(campaign: Campaign, hotline: Hotline, channel: str, principal: Principal) -> FormDescription:
    """The form for ``principal``, whose name stands in it as the agent's."""
    return FormDescription(
        campaign=campaign.id,
        name=campaign.channels[channel].name,
        fields=_fields(campaign, principal.name or principal.subject),
        max_matters=MOST_MATTERS,
        categories=hotline.categories,
        units={unit.id: unit.name for unit in campaign.units.values()},
        unit_if_none=campaign.channels[channel].unit,
        consents=campaign.consents.texts,
        current_consent=campaign.consents.current,
    )


def _fields(campaign: Campaign, agent: str) -> list[Field]:
    voluntary = "自愿提供，可以不填"
    current = campaign.consents.current
    return [
        Field("id", "通话编号", "text", is_required=True, max_chars=LONGEST_ID_CHARS),
        Field("started_at", "开始时间", "moment", is_required=True),
        Field("duration_s", "通话时长（秒）", "integer", is_required=True, max_value=LONGEST_CALL_S),
        Field("agent", "坐席", "text", max_chars=LONGEST_TEXT_CHARS, default=agent),
        Field("caller.number", "来电号码", "text", max_chars=LONGEST_TEXT_CHARS, hint=voluntary),
        Field("caller.name", "姓名", "text", max_chars=LONGEST_TEXT_CHARS, hint=voluntary),
        Field("caller.employer", "工作单位", "text", max_chars=LONGEST_TEXT_CHARS, hint=voluntary),
        Field("consent.version", "同意书版本", "choice", True, choices="consents", default=current),
        Field("consent.given_at", "同意时间", "moment", True, hint="宣读同意书后，来电人口头同意的时间"),
        Field("matters[].category", "类别", "choice", is_required=True, choices="categories"),
        Field("matters[].narrative", "诉求内容", "long_text", True, max_chars=LONGEST_NARRATIVE_CHARS),
        Field("matters[].unit", "责任单位", "choice", choices="units", hint="不填则归热线所属的单位处理"),
    ]
