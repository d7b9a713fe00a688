"""A workbook of interviews: read to checked forms, and as a whole job to the last receipt, beside bare reading.

The reference is python-calamine that loads the sheet and gives out its rows: nothing is understood. «read» is what an
import does with a workbook of 50,000 rows, the most that one may have, but for keeping it: a process of its own, whose
start is counted in, looks through the package, finds the headers and understands every cell; this one meanwhile makes
the forms and checks them. Once all is answered as in an interview of an hour, and once the 20 short answers that ODK
Central's published figures are for (bench/openrosa.py). What either process takes of the processor is told too: on a
machine that has other work, that says more than the clock. «job» uploads a workbook of 10,000 rows over HTTP and waits
until every row has its durable receipt: read, sealed, registered, appended, and the results kept. Rates are rows a
second; the aim is 20,000 for «read».
"""

from __future__ import annotations

import asyncio
import gc
import io
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from random import Random
from resource import RUSAGE_CHILDREN, RUSAGE_SELF, getrusage
from statistics import median
from time import perf_counter
from typing import Any

import httpx
import xlsxwriter
from python_calamine import CalamineWorkbook

from bench.forms import ANSWER_COUNT, load, short_answers
from bench.harness import Comparison, arguments, compare, report
from bench.load import HOST
from bench.systems import CHANNEL, ENGINES, INTAKE, System, system
from services.demo.moments import HalfWay
from services.demo.population import Population
from services.demo.submitting import Forms as DemoForms
from services.intake.channels.excel.columns import DATA_SHEET, Column, Layout
from services.intake.channels.excel.forms import Forms
from services.intake.channels.excel.layout import layout_of
from services.intake.channels.excel.messages import Opened, Task
from services.intake.channels.excel.reading import read
from services.intake.channels.excel.rows import Filled, RowReader
from services.intake.checking import problems_of
from services.intake.door import Door
from shared.access import LocalIssuer
from shared.campaign import Campaign
from shared.privacy import KeyRing, Privacy, create_keys
from shared.settings import Settings

EDITION = "general"
UNIT = "gusu"
READ_COUNT = 50_000
JOB_COUNT = 10_000
AIM_ROWS_PER_S = 20_000
PATH = "/intake/v1/imports"
POLL_EVERY_S = 0.02
PART_BYTES = 262_144


Answers = Mapping[str, Any]


def rows_of(campaign: Campaign, layout: Layout, count: int, answers: Answers | None) -> Iterator[list[Any]]:
    """Invented interviews as people would fill them in: words, not codes. All answer as invented, or ``answers``."""
    random = Random(1)
    population = Population(random)
    forms = DemoForms(campaign, random, population, HalfWay(campaign, random))
    for _ in range(count):
        form = forms.offline(population.person(EDITION), campaign.units[UNIT], CHANNEL)
        if answers is not None:
            form["answers"] = answers
        yield [_cell(column, form) for column in layout.columns]


def _cell(column: Column, form: Mapping[str, Any]) -> Any:
    """What stands in the cell of ``column``; the unit is left to the upload, so that no two are the same."""
    own = {
        "consent": "是",
        "consent_at": form["consent"]["given_at"][:10],
        "collected_at": form["collected_at"][:16],
        "interviewer": form.get("interviewer"),
        "message": form.get("message"),
    }
    told = form["answers"] if column.is_question else {**form["respondent"], **own}
    value = told.get(column.id)
    if isinstance(value, list):
        return "、".join(column.labels[code] for code in value)
    return column.labels.get(str(value), value) if value is not None else None


def workbook(campaign: Campaign, layout: Layout, count: int, answers: Answers | None = None) -> bytes:
    """The .xlsx, with its texts shared, as Excel and WPS write it."""
    content = io.BytesIO()
    book = xlsxwriter.Workbook(content, {"in_memory": True})
    sheet = book.add_worksheet(DATA_SHEET)
    sheet.write_row(0, 0, [column.title for column in layout.columns])
    for place, cells in enumerate(rows_of(campaign, layout, count, answers), 1):
        for index, value in enumerate(cells):
            if value is not None:
                sheet.write(place, index, value)
    book.close()
    return content.getvalue()


def read_bare(content: bytes) -> int:
    """Load the sheet and go through its rows; how many."""
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_name(DATA_SHEET)
    return sum(1 for _ in sheet.iter_rows()) - 1


async def rate_bare(content: bytes, row_count: int) -> float:
    """Rows a second; without the collector, as the reading process works."""
    gc.disable()
    try:
        started_s = perf_counter()
        count = read_bare(content)
        took_s = perf_counter() - started_s
    finally:
        gc.enable()
    check_count(count, row_count)
    return row_count / took_s


def check_count(count: int, row_count: int) -> None:
    """That all rows are there."""
    if count != row_count:
        raise RuntimeError(f"{count} rows of {row_count} were good")


@dataclass(slots=True)
class Reading:
    """Reads a workbook to checked forms, and remembers what that took of the processor, in both processes."""

    content: bytes
    campaign: Campaign
    layout: Layout
    door: Door
    reading_cpu_s: list[float] = field(default_factory=list)
    forms_cpu_s: list[float] = field(default_factory=list)

    async def rate(self) -> float:
        """Rows a second."""
        reading_s, forms_s, started_s = cpu_s(RUSAGE_CHILDREN), cpu_s(RUSAGE_SELF), perf_counter()
        check_count(await self._good_count(), READ_COUNT)
        took_s = perf_counter() - started_s
        self.reading_cpu_s.append(cpu_s(RUSAGE_CHILDREN) - reading_s)
        self.forms_cpu_s.append(cpu_s(RUSAGE_SELF) - forms_s)
        return READ_COUNT / took_s

    async def _good_count(self) -> int:
        layout, count = self.layout, 0
        forms = Forms(
            self.door,
            self.campaign.id,
            EDITION,
            questionnaire_version=None,
            consent_version=layout.consent_version,
        )
        reader: RowReader | None = None
        async for message in read(Task([layout], has_default_unit=True), parts(self.content)):
            if isinstance(message, Opened):
                reader = RowReader(layout, message.header.places, message.header.kept, UNIT)
            elif reader is not None:
                said = [row.said for row in reader.read(message)]
                made = [forms.form(each) for each in said if isinstance(each, Filled)]
                count += sum(not problems_of(form, self.campaign) for form in made)
        return count

    def note(self, rate: float) -> str:
        """What it took."""
        short = "short" if rate < AIM_ROWS_PER_S else "ok"
        reading_s, forms_s = median(self.reading_cpu_s), median(self.forms_cpu_s)
        return (
            f"aim {AIM_ROWS_PER_S:,}/s  {short}  {len(self.layout.columns)} columns; "
            f"processor time: {reading_s:.2f} s in the reading process, {forms_s:.2f} s here"
        )


async def parts(content: bytes) -> AsyncIterator[bytes]:
    """``content`` as it comes from the disk."""
    for start in range(0, len(content), PART_BYTES):
        yield content[start : start + PART_BYTES]


def cpu_s(whose: int) -> float:
    """Processor time until now."""
    usage = getrusage(whose)
    return usage.ru_utime + usage.ru_stime


@dataclass(slots=True)
class Jobs:
    """An intake that gets the same workbook for one unit after the other."""

    client: httpx.AsyncClient
    content: bytes
    units: Iterator[str]

    async def rate(self) -> float:
        """Rows a second, from the upload to the last receipt."""
        started_s = perf_counter()
        query = {"campaign": "suzhou-2024", "edition": EDITION, "unit": next(self.units)}
        answer = await self.client.post(PATH, params=query, content=self.content)
        job = answer.raise_for_status().json()
        while job["state"] in ("waiting", "running"):
            await asyncio.sleep(POLL_EVERY_S)
            job = (await self.client.get(f"{PATH}/{job['id']}")).raise_for_status().json()
        if job["accepted"] != JOB_COUNT:
            raise RuntimeError(f"not every row was accepted: {job}")
        return JOB_COUNT / (perf_counter() - started_s)


async def measure_reading(campaign: Campaign, pairs: int, folder: Path) -> list[Comparison]:
    """Compare reading alone."""
    create_keys(folder / "bench-keys.json", [campaign.id])
    door = Door(campaign, Privacy.for_campaign(KeyRing.load(folder / "bench-keys.json"), campaign.id))
    layout = layout_of(campaign, EDITION)
    short = short_answers(campaign.questionnaire(EDITION))
    compared = []
    for name, answers in (("all answers", None), (f"{ANSWER_COUNT} short answers", short)):
        content = workbook(campaign, layout, READ_COUNT, answers)
        reading = Reading(content, campaign, layout, door)
        bare = partial(rate_bare, content, READ_COUNT)
        beside = await compare(f"excel: read {name}, beside bare", reading.rate, bare, pairs=pairs)
        compared.append(replace(beside, note=reading.note(beside.ours_per_s)))
    return compared


async def measure_jobs(
    engine: str, its_system: System, campaign: Campaign, content: bytes, pairs: int
) -> Comparison:
    """Compare over one engine."""
    async with AsyncExitStack() as stack:
        port = await stack.enter_async_context(its_system.serving(INTAKE))
        client = await stack.enter_async_context(
            httpx.AsyncClient(
                base_url=f"http://{HOST}:{port}",
                headers={"authorization": f"Bearer {_office_token(its_system)}"},
                timeout=600,
            )
        )
        jobs = Jobs(client, content, iter(list(campaign.units)))
        return await compare(
            f"{engine}: excel job, beside bare reading",
            jobs.rate,
            partial(rate_bare, content, JOB_COUNT),
            pairs=min(pairs, len(campaign.units) - 1),
        )


def _office_token(its_system: System) -> str:
    names = {name.removeprefix("DAFANGTAN_").lower(): value for name, value in its_system.environment.items()}
    settings = Settings.model_validate(names)
    public = Path(settings.oidc_keys_url.removeprefix("file:"))
    issuer = LocalIssuer(settings.issuer_file, public, settings.oidc_issuer, settings.oidc_audience)
    return issuer.issue("bench", ["office"], None)


async def main() -> None:
    """Measure reading, and the engines that were asked for."""
    parser = arguments(__doc__)
    parser.add_argument("--engine", choices=(*ENGINES, "both"), default="both")
    options = parser.parse_args()
    campaign = load()
    content = workbook(campaign, layout_of(campaign, EDITION), JOB_COUNT)
    comparisons: list[Comparison] = []
    for engine in ENGINES if options.engine == "both" else (options.engine,):
        async with system(engine) as its_system:
            if not comparisons:
                comparisons.extend(await measure_reading(campaign, options.pairs, its_system.folder))
            comparisons.append(await measure_jobs(engine, its_system, campaign, content, options.pairs))
    report(comparisons, as_json=options.json)


if __name__ == "__main__":
    asyncio.run(main())
