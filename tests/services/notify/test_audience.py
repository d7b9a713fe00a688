"""Who is told of what."""

from __future__ import annotations

import pytest

from services.notify.audience import addresses_of, audience_of
from shared.campaign import Campaign
from shared.errors import RejectEvent
from shared.events import AccessRefused, AccessRevoked, QuotaMilestoneReached, QuotaStatus
from tests.services.notify.telling import status_changed


def milestone(line: str) -> QuotaMilestoneReached:
    return QuotaMilestoneReached(
        campaign="suzhou-2024",
        quota_line=line,
        percent=50,
        counted_count=1,
        target_count=2,
        reached_at="2024-06-01T01:30:00Z",
    )


def test_a_milestone_goes_to_the_office_and_to_every_unit_of_the_line(campaign: Campaign) -> None:
    keys = [recipient.key for recipient in audience_of(milestone("bureaus"), campaign)]
    assert keys == ["role:office", *(f"unit:{unit}" for unit in campaign.quota_lines["bureaus"].units)]
    assert len(keys) > 10


@pytest.mark.parametrize("status", QuotaStatus)
def test_a_status_is_told_to_the_units_and_to_the_office_where_it_must_act(
    campaign: Campaign, status: QuotaStatus
) -> None:
    keys = [recipient.key for recipient in audience_of(status_changed(status), campaign)]
    office = ["role:office"] if status in ("at_risk", "behind", "missed") else []
    assert keys == [*office, "unit:kunshan"]


def test_a_refusal_is_for_the_requester_alone_and_a_revocation_for_the_office_too(campaign: Campaign) -> None:
    refused = AccessRefused(
        grant_id="g", campaign="c", requested_by="ann", refused_by="b", reason="r", refused_at="t"
    )
    revoked = AccessRevoked(
        grant_id="g", campaign="c", granted_to="ann", revoked_by="b", reason="r", revoked_at="t"
    )
    assert [r.key for r in audience_of(refused, campaign)] == ["subject:ann"]
    assert [r.key for r in audience_of(revoked, campaign)] == ["subject:ann", "role:office"]
    assert addresses_of(audience_of(refused, campaign), campaign) == ()


def test_units_without_an_address_are_told_through_the_office_once(campaign: Campaign) -> None:
    line = campaign.quota_lines["bureaus"]
    addresses = addresses_of(audience_of(milestone("bureaus"), campaign), campaign)
    office = campaign.notices.addresses_of_role("office")[0]
    assert addresses[0] == office
    assert len(set(addresses)) == len(addresses)
    assert len(addresses) == 1 + sum(unit in campaign.notices.unit_addresses for unit in line.units)


def test_a_line_that_the_campaign_has_not_is_rejected(campaign: Campaign) -> None:
    with pytest.raises(RejectEvent, match="atlantis"):
        audience_of(milestone("atlantis"), campaign)
