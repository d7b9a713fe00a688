"""Why a submission lies where it lies: the bucket, and the rule that put it there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from services.quota import store
from services.quota.documents import claims_of, person_id, standing_of
from services.quota.generations import Generation, live_of
from services.quota.model import ELIGIBLE, Bucket, By, Claim, Content, Rules, Standing
from shared.campaign import Campaign, QuotaLine
from shared.errors import NotFound, RetryLater
from shared.store.port import Reader


@dataclass(frozen=True, slots=True)
class Explanation:
    """Where a submission lies. ``reason`` is a sentence for the unit's administrator."""

    submission_id: str
    campaign: str
    unit: str
    quota_line: str | None
    bucket: Bucket
    reason: str
    collected_on: str
    received_on: str
    revision: int
    is_signed_off: bool


class Explaining:
    """Looks one submission up. Exact at every moment: what is asked is what the sums are made of."""

    def __init__(self, reader: Reader, campaigns: Mapping[str, Campaign]) -> None:
        self._reader = reader
        self._campaigns = campaigns
        self._generation = Generation.of(campaigns)
        self._rules = {id: Rules.of(campaign) for id, campaign in campaigns.items()}

    async def content_of(self, id: str) -> Content:
        """What is known of the submission. Raises NotFound."""
        return (await self._standing(id))[2]

    async def explain(self, id: str) -> Explanation:
        """Why it lies where it lies. Raises NotFound, and RetryLater where what is shown is counted by other rules
        than those that are loaded here."""
        live, standing, content = await self._standing(id)
        if live != self._generation:
            raise other_rules()
        campaign, rules = self._campaigns[content.campaign], self._rules[content.campaign]
        line = campaign.quota_line_of(content.unit)
        lies_in = rules.lies_in(standing)
        assert lies_in is not None, "whatever has content lies somewhere"
        if lies_in == ELIGIBLE:
            assert line is not None, "only a unit with a quota has eligible interviews"
            bucket, reason = await self._eligible(id, content, campaign, line)
        else:
            bucket, reason = Bucket(lies_in), _reason(Bucket(lies_in), content, campaign, line)
        return Explanation(
            submission_id=id,
            campaign=campaign.id,
            unit=content.unit,
            quota_line=None if line is None else line.id,
            bucket=bucket,
            reason=reason,
            collected_on=content.collected_on,
            received_on=rules.day_of(content.received_at),
            revision=standing.revision,
            is_signed_off=standing.is_signed_off,
        )

    async def _standing(self, id: str) -> tuple[Generation, Standing, Content]:
        live = await live_of(self._reader)
        if live is None:
            raise unknown_submission()
        standing = standing_of(await self._reader.get(live.standings, id))
        content = standing.content
        if content is None or content.campaign not in self._campaigns:
            raise unknown_submission()
        return live, standing, content

    async def _eligible(
        self, id: str, content: Content, campaign: Campaign, line: QuotaLine
    ) -> tuple[Bucket, str]:
        """Which it is: a person's first interview or a later one, within the target or above it."""
        claim = Claim.of(id, content)
        first = await self._first_claim(campaign.id, content, claim)
        if first != claim:
            day = self._rules[campaign.id].day_of(first.received_at)
            where = "本单位" if first.unit == content.unit else "另一个责任单位"
            return (
                Bucket.DUPLICATE_PERSON,
                f"同一人的访谈已由{where}计入一次（{day} 收到），这一次不重复计数。",
            )
        if await self._rank(claim, campaign, line) < line.target_count:
            return Bucket.COUNTED, f"符合全部条件，计入“{line.name}”的名额。"
        target = f"{line.target_count:,}"
        return Bucket.OVER_TARGET, f"符合全部条件；“{line.name}”的 {target} 个名额此前已满，列入超额。"

    async def _first_claim(self, campaign: str, content: Content, claim: Claim) -> Claim:
        """The claim of the same person that counts, if that isn't ``claim`` itself."""
        if content.person is None:
            return claim
        id = person_id(campaign, content.person)
        document = await self._reader.get(self._generation.persons, id)
        return self._rules[campaign].first_of(claim, {claim, *claims_of(document)})

    async def _rank(self, claim: Claim, campaign: Campaign, line: QuotaLine) -> int:
        """How many of the line's counted or surplus interviews were received before it."""
        received_on = self._rules[campaign.id].day_of(claim.received_at)
        days = await store.days_in(self._reader, self._generation, campaign.id, By.RECEIVED)
        eligible = {
            day: sum(units.get(unit, {}).get(ELIGIBLE, 0) for unit in line.units)
            for day, units in days.items()
            if day <= received_on
        }
        that_day = eligible.pop(received_on, 0)
        before = sum(eligible.values())
        if before >= line.target_count or before + that_day <= line.target_count:
            return before  # the whole day lies on the same side of the target
        return before + await self._earlier_that_day(claim, received_on, campaign, line)

    async def _earlier_that_day(self, claim: Claim, day: str, campaign: Campaign, line: QuotaLine) -> int:
        """Only for the one day on which the line reached its target: then all submissions are gone through."""
        rules = self._rules[campaign.id]
        earlier = 0
        async for id, standing, content in store.all_standings(self._reader, self._generation, campaign.id):
            if content.unit not in line.units:
                continue
            other = Claim.of(id, content)
            if (
                other >= claim
                or rules.day_of(content.received_at) != day
                or rules.lies_in(standing) != ELIGIBLE
            ):
                continue
            earlier += await self._first_claim(campaign.id, content, other) == other
        return earlier


def other_rules() -> RetryLater:
    """The live count is by other rules than those that are loaded here."""
    return RetryLater("计数规则正在更换，这里载入的不是作战图现在所用的规则，答不出来；请在切换之后再查。")


def unknown_submission() -> NotFound:
    """Also for one that the principal may not see."""
    return NotFound("没有这份提交，或者它的事件还没有读到。", code="unknown-submission")


def _reason(bucket: Bucket, content: Content, campaign: Campaign, line: QuotaLine | None) -> str:
    """For what needs no other submission to be told."""
    if bucket is Bucket.WITHDRAWN:
        return "已由受访者本人或提交渠道撤回。"
    if bucket is Bucket.ONLINE:
        channel = (
            campaign.channels[content.channel].name
            if content.channel in campaign.channels
            else content.channel
        )
        counted = "、".join(
            each.name for each in campaign.channels.values() if each.id in campaign.counting.channels
        )
        return f"经{channel}提交，名额只计{counted}。"
    if bucket is Bucket.CONSENT_NOT_COUNTED:
        counted = "、".join(sorted(campaign.counting.consents))
        return f"受访者同意的是“{content.consent}”版同意书，名额只计同意了{counted}版的访谈。"
    if bucket is Bucket.INELIGIBLE_AGE:
        told = "没有登记年龄" if content.age_band is None else f"登记的年龄段为 {content.age_band} 岁"
        return f"{told}，名额只计 {campaign.age.eligible_max} 周岁（含）以下的访谈。"
    if bucket is Bucket.AWAITING_SIGN_OFF:
        return "这项名额须由调查组负责人签字确认后才计数，尚未签字。"
    if line is None:
        return "这个责任单位不承担访谈名额。"
    edition = campaign.editions[line.edition].name
    return f"“{line.name}”的名额只计用{edition}问卷的访谈。"
