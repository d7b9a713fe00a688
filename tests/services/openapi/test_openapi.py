"""The whole API as its document tells it: whatever is sent, the answer is one that the document knows, and the books
balance."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case
from schemathesis.core.failures import FailureGroup
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
)

from services.cli.reconciling import read_books
from services.cli.settings import ClientSettings
from services.intake.store import REGISTRATIONS
from tests.services.openapi.asking import Asking
from tests.services.openapi.furnishing import OPENROSA, furnish
from tests.services.openapi.good import CAMPAIGN
from tests.services.openapi.whole import URL, Whole, whole_system
from tests.services.running import until

EXAMPLES = 5
REFUSED = 400
CHECKS = [content_type_conformance, response_schema_conformance, response_headers_conformance]
PROBLEM = "application/problem+json"
ENDLESS = "text/event-stream"
PARAMETER = re.compile(r"{(\w+)}")


@pytest.fixture
def runner() -> Iterator[asyncio.Runner]:
    """The loop that the system lives in; it stands still between requests."""
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture
def system(runner: asyncio.Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Whole]:
    """The whole system, which may not have crashed in the end."""
    context = whole_system(tmp_path, monkeypatch)
    yield runner.run(context.__aenter__())
    runner.run(context.__aexit__(None, None, None))


@pytest.mark.timeout(300)
def test_whatever_is_sent_no_answer_is_5xx_each_is_documented_and_the_books_balance(
    runner: asyncio.Runner, system: Whole
) -> None:
    document = runner.run(system.client.get("/openapi.json")).json()
    assert not list(_undeclared(document))
    found = [each.ok() for each in schemathesis.openapi.from_dict(document).get_all_operations()]
    operations = [each for each in found if not _is_endless(each)]
    asking = Asking(system, runner.run(furnish(system)))
    complaints = [
        complaint
        for operation in sorted(operations, key=_takes_back)
        for complaint in _complaints(operation, asking, runner)
    ]
    assert not complaints, "\n\n".join(complaints)
    runner.run(_stands_well(system))


def _undeclared(document: dict[str, Any]) -> Iterator[str]:
    """Operations whose path has other parameters than they declare."""
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            declared = [each["name"] for each in operation.get("parameters", ()) if each["in"] == "path"]
            if sorted(declared) != sorted(PARAMETER.findall(path)):
                yield f"{method} {path}"


def _is_endless(operation: APIOperation) -> bool:
    """Whether its answer goes on until the client leaves, which this one never does."""
    return any(ENDLESS in each.get("content", {}) for each in operation.definition.raw["responses"].values())


def _takes_back(operation: APIOperation) -> bool:
    """Whether it leaves little to ask for: these come last."""
    return bool(operation.path.endswith((":withdraw", ":discard")))


def _complaints(operation: APIOperation, asking: Asking, runner: asyncio.Runner) -> list[str]:
    """What is wrong with the answers of ``operation``."""
    complaints: list[str] = []

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],  # what was sent before can't be taken back: nothing is tried twice
        suppress_health_check=list(HealthCheck),
    )
    @given(asking.of(operation))
    def ask(asked: tuple[Case, httpx.Request]) -> None:
        case, request = asked
        answer = runner.run(asking.system.client.send(request))
        complaints.extend(
            f"{request.method} {request.url} {dict(request.headers)}\n{request.content!r:.2000}\n"
            f"{answer.status_code} {answer.content!r:.600}\n{complaint}"
            for complaint in _wrong(case, answer)
        )

    ask()
    return complaints


def _wrong(case: Case, answer: httpx.Response) -> Iterator[str]:
    """What isn't as the document says."""
    operation, status = case.operation, answer.status_code
    if status >= httpx.codes.INTERNAL_SERVER_ERROR:
        yield "an error of the server"
    if status < REFUSED and str(status) not in operation.responses.status_codes:
        yield "a status of which the document doesn't know"
    documented = operation.schema.get_content_types(operation, schemathesis.Response.from_any(answer))
    if answer.content and not documented:
        yield "content of which the document doesn't know"
    if status >= REFUSED and case.method != "HEAD" and not _is_told_as_errors_are(case.path, answer):
        yield "an error that its clients can't read"
    try:
        case.validate_response(answer, checks=CHECKS)
    except FailureGroup as failures:
        yield "\n".join(str(failure) for failure in failures.exceptions)


def _is_told_as_errors_are(path: str, answer: httpx.Response) -> bool:
    if path.startswith(OPENROSA):
        return ElementTree.fromstring(answer.content).tag.endswith("OpenRosaResponse")
    return answer.headers["content-type"] == PROBLEM and answer.json()["status"] == answer.status_code


async def _stands_well(system: Whole) -> None:
    """What intake has registered is in the log, in quota's buckets and in analytics' rows; and all are at work."""
    urls = ClientSettings(intake_url=URL, quota_url=URL, analytics_url=URL, release_url=URL)
    headers = {"authorization": f"Bearer {system.tokens['boss']}"}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(system.app), headers=headers) as client:

        async def is_balanced() -> bool:
            books = await read_books(CAMPAIGN, system.platform.log, client, urls)
            return books.is_balanced and books.accepted == await system.platform.store.count(REGISTRATIONS)

        async def is_well() -> bool:
            return (await client.get(f"{URL}/readyz")).status_code == httpx.codes.OK

        await until(is_balanced, "the books to balance")
        await until(is_well, "every component to be well")
