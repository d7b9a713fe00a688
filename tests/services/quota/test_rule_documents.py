"""Which changes of a definition make another generation, and that a document tells all of its rules."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

import pytest

from services.quota.generations import Generation
from services.quota.model import Rules
from services.quota.rule_documents import rules_document, rules_in, rules_version
from shared.campaign import Campaign, ReferenceMargin
from tests.suzhou import suzhou

Change = Callable[[Campaign], Campaign]


def version(campaign: Campaign) -> str:
    return rules_version({campaign.id: Rules.of(campaign)})


def of_line(line: str, **changes: object) -> Change:
    def changed(campaign: Campaign) -> Campaign:
        lines = {**campaign.quota_lines, line: replace(campaign.quota_lines[line], **changes)}
        return replace(campaign, quota_lines=lines)

    return changed


def of_unit(unit: str, **changes: object) -> Change:
    def changed(campaign: Campaign) -> Campaign:
        return replace(campaign, units={**campaign.units, unit: replace(campaign.units[unit], **changes)})

    return changed


def counting(**changes: object) -> Change:
    return lambda campaign: replace(campaign, counting=replace(campaign.counting, **changes))


MARGIN = ReferenceMargin(("sex",), {("male",): 0.5, ("female",): 0.5})


def without_unit(campaign: Campaign) -> Campaign:
    return replace(campaign, units={id: unit for id, unit in campaign.units.items() if id != "city"})


@pytest.mark.parametrize(
    "change",
    [
        of_line("taicang", target_count=900),
        of_line("taicang", name="太仓"),
        of_unit("taicang", name="太仓市总工会（新）"),
        lambda campaign: replace(campaign, name="大访谈", milestones=(50,), target_interviews=9000),
        lambda campaign: replace(campaign, units=dict(reversed(campaign.units.items()))),
    ],
)
def test_what_is_applied_on_reading_keeps_the_generation(change: Change) -> None:
    assert version(change(suzhou())) == version(suzhou())


@pytest.mark.parametrize(
    "change",
    [
        lambda campaign: replace(campaign, age=replace(campaign.age, eligible_max=35)),
        counting(person_once_per="unit"),
        counting(channels=frozenset({"offline", "wechat"})),
        counting(consents=frozenset({"2024-06"})),
        lambda campaign: replace(campaign, reference_margins=(MARGIN,)),
        of_line("taicang", is_sign_off_required=True),
        of_line("taicang", edition="new_employment"),
        of_unit("city", quota_line="taicang"),
        of_unit("taicang", quota_line="kunshan"),
        without_unit,
        lambda campaign: replace(campaign, timezone=ZoneInfo("Asia/Tokyo")),
    ],
)
def test_a_rule_that_changes_is_another_generation(change: Change) -> None:
    assert version(change(suzhou())) != version(suzhou())


def test_every_campaign_belongs_to_it() -> None:
    other = replace(suzhou(), id="other")
    both = Generation.of({suzhou().id: suzhou(), other.id: other})
    assert both == Generation.of({other.id: other, suzhou().id: suzhou()}) != Generation.of({other.id: other})


def test_the_document_tells_all_of_the_rules() -> None:
    rules = {suzhou().id: Rules.of(suzhou())}
    read = rules_in(json.loads(json.dumps(rules_document(rules))))
    assert read is not None
    assert rules_version(read) == rules_version(rules)
    assert read[suzhou().id].counting == suzhou().counting


def test_how_people_are_spread_is_no_rule_but_into_which_groups_is() -> None:
    def spread(*shares: float) -> Campaign:
        margin = replace(MARGIN, shares=dict(zip(MARGIN.shares, shares, strict=True)))
        return replace(suzhou(), reference_margins=(margin,))

    assert version(spread(0.4, 0.6)) == version(spread(0.5, 0.5))
    rules = {suzhou().id: Rules.of(spread(0.4, 0.6))}
    read = rules_in(json.loads(json.dumps(rules_document(rules))))
    assert read is not None
    assert read[suzhou().id].groups.cells_of({"sex": "male"}) == ("sex=male",)


def test_a_document_of_another_fold_tells_no_rules() -> None:
    document = rules_document({suzhou().id: Rules.of(suzhou())})
    assert rules_in({**document, "fold": document["fold"] + 1}) is None


def test_a_rule_of_an_unknown_kind_is_noticed() -> None:
    @dataclass(frozen=True)
    class MoreRules(Rules):
        weight: complex = 1j

    rules = Rules.of(suzhou())
    more = MoreRules(**{name: getattr(rules, name) for name in Rules.__slots__})
    with pytest.raises(TypeError, match="1j"):
        rules_document({suzhou().id: more})
