"""One interview with 20 short answers, posted as ODK Collect posts it, to its durable receipt.

Beside it the same content as JSON to the same server: what is between them is multipart, XML and signing in. The
other line sets it beside what ODK Central publishes for such a form: 130 to 177 a second on 2 cores. That is a
figure of theirs, on a machine of theirs, and isn't measured here.
"""

from __future__ import annotations

import asyncio
from base64 import b64encode
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from xml.sax.saxutils import escape

import orjson

from bench.forms import NUMBER_MARK, load, short_answers
from bench.harness import Comparison, arguments, compare, report
from bench.load import Request, request, write_requests
from bench.post import SECONDS, WARM_UP_S, Target
from bench.systems import CHANNEL, ENGINES, INTAKE, System, system
from shared.access import add_interviewer
from shared.campaign import Campaign
from shared.privacy import KeyRing
from shared.real_time import system_clock

CONNECTIONS = 64
CENTRAL_PER_S = 130
AIM = 10
"""Times what ODK Central does."""
EDITION = "general"
BOUNDARY = "3c3ab1a0-5f0a-4a52-9d2c-7c1d0a5f1d11"


async def measure(engine: str, pairs: int) -> list[Comparison]:
    """Compare over one engine."""
    campaign = load()
    async with AsyncExitStack() as stack:
        its_system = await stack.enter_async_context(system(engine))
        authorization = _interviewer(its_system, campaign)
        port = await stack.enter_async_context(its_system.serving(INTAKE))
        ours = Target(_written(its_system, "openrosa", _post(campaign, authorization)), port)
        json = Target(_written(its_system, "json", _json(campaign, its_system.channel_key)), port)
        await ours.rate(CONNECTIONS, WARM_UP_S[engine])
        ours.loads = []
        beside = await compare(
            f"{engine}: openrosa beside json",
            lambda: ours.rate(CONNECTIONS, SECONDS),
            lambda: json.rate(CONNECTIONS, SECONDS),
            pairs=pairs,
        )
        rates = sorted(each.rate / CENTRAL_PER_S for each in ours.loads)
        published = Comparison(
            f"{engine}: openrosa, 20 answers",
            beside.ours_per_s,
            CENTRAL_PER_S,
            beside.ours_per_s / CENTRAL_PER_S,
            rates[0],
            rates[-1],
            AIM,
            "reference: ODK Central's published 130–177/s on 2 cores, not measured here",
        )
        return [replace(beside, note=f"{ours.times()}; json {json.times()}"), published]


def _interviewer(its_system: System, campaign: Campaign) -> str:
    keys = KeyRing.load(its_system.folder / "keys.json").campaign(campaign.id)
    path = its_system.folder / "interviewers.json"
    unit = next(iter(campaign.units))
    password, made = add_interviewer(
        path, keys, campaign=campaign.id, name="访问员", unit=unit, now=system_clock()
    )
    return "Basic " + b64encode(f"{made.username}:{password}".encode()).decode()


def _post(campaign: Campaign, authorization: str) -> Request:
    before, after = _xml(campaign).encode().split(NUMBER_MARK)
    head = (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="xml_submission_file"; filename="a.xml"\r\n'
        "Content-Type: text/xml\r\n\r\n"
    )
    headers = [
        ("Authorization", authorization),
        ("Content-Type", f"multipart/form-data; boundary={BOUNDARY}"),
        ("X-OpenRosa-Version", "1.0"),
    ]
    tail = f"\r\n--{BOUNDARY}--\r\n".encode()
    target = f"/intake/openrosa/{campaign.id}/submission?deviceID=collect%3Abench"
    return request(target, headers, head.encode() + before, after + tail)


def _xml(campaign: Campaign) -> str:
    questionnaire = campaign.questionnaire(EDITION)
    told = _told(campaign)
    answers = short_answers(questionnaire)
    texts = {id: " ".join(each) if isinstance(each, list) else str(each) for id, each in answers.items()}
    leaves = "".join(f"<{name}>{escape(text)}</{name}>" for name, text in (told | texts).items())
    return (
        f'<?xml version=\'1.0\' ?><data id="{campaign.id}-{EDITION}" version="{questionnaire.version}">'
        f"{leaves}<meta><instanceID>uuid:{NUMBER_MARK.decode()}</instanceID></meta></data>"
    )


def _told(campaign: Campaign) -> dict[str, str]:
    return {
        "start": "2024-05-20T09:29:00.000+08:00",
        "end": "2024-05-20T09:58:12.345+08:00",
        "consent_version": campaign.consents.current,
        "consent": "yes",
        "unit": next(iter(campaign.units)),
        "respondent_age": "29",
        "respondent_sex": "female",
    }


def _json(campaign: Campaign, channel_key: str) -> Request:
    told = _told(campaign)
    form = {
        "campaign": campaign.id,
        "channel": CHANNEL,
        "source_id": f"json:{NUMBER_MARK.decode()}",
        "edition": EDITION,
        "unit": told["unit"],
        "collected_at": told["end"],
        "interviewer": "访问员",
        "consent": {"version": told["consent_version"], "given_at": told["start"], "how": "ticked"},
        "respondent": {"age": int(told["respondent_age"]), "sex": told["respondent_sex"]},
        "answers": short_answers(campaign.questionnaire(EDITION)),
    }
    before, after = orjson.dumps(form).split(NUMBER_MARK)
    headers = [("Authorization", f"Bearer {channel_key}"), ("Content-Type", "application/json")]
    return request("/intake/v1/submissions", headers, before, after)


def _written(its_system: System, name: str, template: Request) -> Path:
    path = its_system.folder / f"{name}.requests"
    write_requests(path, [template])
    return path


async def main() -> None:
    """Measure the engines that were asked for."""
    parser = arguments(__doc__)
    parser.add_argument("--engine", choices=(*ENGINES, "both"), default="sqlite")
    options = parser.parse_args()
    engines = ENGINES if options.engine == "both" else (options.engine,)
    comparisons = [each for engine in engines for each in await measure(engine, options.pairs)]
    report(comparisons, as_json=options.json)


if __name__ == "__main__":
    asyncio.run(main())
