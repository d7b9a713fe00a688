"""Events folded into analytics' columns, beside parsing the same JSON whole (orjson) and doing nothing with it.

A restart reads the whole log again, so this is how fast a process of analytics is ready: the aim is 50,000
events a second, of 1.5 KB each.
"""

from __future__ import annotations

import asyncio
import random
import sys
from dataclasses import replace
from pathlib import Path
from time import perf_counter

import orjson

from bench.harness import arguments, compare, report
from services.analytics.consumer import SubmissionColumns
from shared.campaign import Campaign, Question, load_campaign
from shared.events import Consent, SealedFields, SubmissionReceived, derived_id, make_event, to_message
from shared.log.port import LoggedMessage, TopicPartition

EVENT_COUNT = 30_000
BATCH_LENGTH = 5000
AIM_EVENTS_PER_S = 50_000
PARTITION = TopicPartition("submissions", 0)
THEN = "2024-05-20T01:30:00.000Z"


def main() -> None:
    """Measure, print, and fail when the aim is missed."""
    options = arguments(__doc__).parse_args()
    campaign = load_campaign(Path("deploy/campaigns/suzhou-2024"))
    messages = made_messages(campaign, random.Random(1))

    async def fold() -> float:
        columns = SubmissionColumns({campaign.id: campaign})
        started = perf_counter()
        for start in range(0, len(messages), BATCH_LENGTH):
            columns.apply({PARTITION: messages[start : start + BATCH_LENGTH]})
        return len(messages) / (perf_counter() - started)

    async def parse() -> float:
        started = perf_counter()
        for message in messages:
            orjson.loads(message.value)
        return len(messages) / (perf_counter() - started)

    measured = asyncio.run(compare("fold into columns / orjson alone", fold, parse, pairs=options.pairs))
    is_short = measured.ours_per_s < AIM_EVENTS_PER_S
    note = f"aim {AIM_EVENTS_PER_S:,} events/s  {'short' if is_short else 'ok'}"
    report([replace(measured, note=note)], as_json=options.json)
    sys.exit(is_short)


def made_messages(campaign: Campaign, choose: random.Random) -> list[LoggedMessage]:
    """Submissions with all closed questions answered at random."""
    return [made_message(campaign, number, choose) for number in range(EVENT_COUNT)]


def made_message(campaign: Campaign, number: int, choose: random.Random) -> LoggedMessage:
    """One submission as it stands in the log."""
    id = derived_id("bench", str(number))
    edition = choose.choice(list(campaign.editions))
    data = SubmissionReceived(
        submission_id=id,
        campaign=campaign.id,
        campaign_version=campaign.version,
        channel="offline",
        mode="offline",
        edition=edition,
        unit=choose.choice(list(campaign.units)),
        collected_at=THEN,
        received_at=THEN,
        person="p" * 22,
        age_band=choose.choice(campaign.age.bands).label,
        sex=choose.choice(["male", "female"]),
        answers={
            question.id: made_answer(question, choose)
            for question in campaign.questionnaire(edition).closed_questions
        },
        texts_given=["q12"],
        consent=Consent(version=campaign.consents.current, given_at=THEN),
        sealed=SealedFields(respondent="A" * 200, texts="B" * 700),
    )
    event = make_event(data, id=id, source="/dafangtan/intake", subject=id, time=THEN, key=id)
    message = to_message(event)
    return LoggedMessage(number, message.key, message.headers, message.value)


def made_answer(question: Question, choose: random.Random) -> str | list[str]:
    """A permissible answer to a closed question."""
    codes = list(question.labels)
    return choose.sample(codes, 2) if question.kind == "multiple" else choose.choice(codes)


if __name__ == "__main__":
    main()
