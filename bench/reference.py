"""What intake is measured beside, as a server in a process of its own.

    python -m bench.reference validating|trivial --port 8000

``validating`` is the same FastAPI app that only validates, written the plain way: the body as a parameter
with a model, the same authentication, policies, checks and middleware, an answer of the same size. It seals
nothing and keeps nothing. ``trivial`` is bare ASGI that answers at once: the ceiling of the load generator.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import orjson
import uvicorn
from fastapi import APIRouter, Request, Response
from pydantic import ConfigDict
from starlette.types import Receive, Scope, Send

from services.cli.ground import build_platform
from services.intake.checking import problems_of
from services.intake.form import Form, read_form
from services.intake.model import ConsentGiven, State, Submission
from services.intake.routes import NDJSON, ReceiptBody
from shared.access import Action, Principal, Resource
from shared.errors import DafangtanError, Invalid
from shared.http import CurrentPrincipal, Service, create_app, problem_fields, run
from shared.logging import configure_logging
from shared.platform import Platform
from shared.problems import parse
from shared.settings import Settings

MODEL_BATCH = "/model:batch"
READER_BATCH = "/reader:batch"
RECEIPT: Mapping[str, Any] = {
    "receipt": "7K3M-9QXA-2B4D-HJ8N",
    "submission_id": "46725a86-0c5c-5aa7-8d23-beb1c889b6b5",
    "state": State.ACCEPTED,
    "state_name": "已收到",
    "revision": 0,
    "received_at": "2024-05-20T01:30:00.000Z",
    "is_signed_off": False,
}
Read = Callable[[bytes], Form | Submission]
ANSWER = b'{"receipt":"7K3M-9QXA-2B4D-HJ8N"}'


class PlainConsent(ConsentGiven):
    """The framework validates parsed JSON, in which a time is a string: that can't be strict."""

    model_config = ConfigDict(strict=False)


class PlainSubmission(Submission):
    """As PlainConsent."""

    model_config = ConfigDict(strict=False)

    consent: PlainConsent


def validating(platform: Platform) -> Service:
    """Intake's routes for submitting, validation alone."""
    router = APIRouter()

    @router.post("/intake/v1/submissions", status_code=201)
    async def submit(submission: PlainSubmission, principal: CurrentPrincipal) -> ReceiptBody:
        _check(platform, principal, submission)
        return ReceiptBody(campaign=submission.campaign, **RECEIPT)

    def add_batch(path: str, read: Read) -> None:
        """A route that answers each line that ``read`` reads."""

        @router.post(path)
        async def submit_batch(request: Request, principal: CurrentPrincipal) -> Response:
            lines = (await request.body()).split(b"\n")
            answers = (_answer(platform, principal, read, at, line) for at, line in enumerate(lines, 1))
            return Response(b"".join(answers), media_type=NDJSON)

    add_batch(MODEL_BATCH, partial(parse, model=Submission))
    add_batch(READER_BATCH, read_form)
    return Service(name="intake", router=router)


def _answer(platform: Platform, principal: Principal, read: Read, at: int, line: bytes) -> bytes:
    """What a batch says of one line."""
    try:
        submission = read(line)
        _check(platform, principal, submission)
    except DafangtanError as error:
        return orjson.dumps({"line": at, **problem_fields(error)}, option=orjson.OPT_APPEND_NEWLINE)
    fields = {"line": at, "status": 201, "campaign": submission.campaign, **RECEIPT}
    return orjson.dumps(fields, option=orjson.OPT_APPEND_NEWLINE)


def _check(platform: Platform, principal: Principal, submission: Form | Submission) -> None:
    campaign = platform.campaign(submission.campaign)
    resource = Resource("submission", "", campaign.id, submission.unit, submission.channel)
    platform.access.check(principal, Action.SUBMIT, resource)
    problems = problems_of(submission, campaign)
    if problems:
        raise Invalid("提交的内容有误，请按所列各项修改后重新提交。", problems)


async def trivial(scope: Scope, receive: Receive, send: Send) -> None:
    """Read the body and answer."""
    assert scope["type"] == "http"
    while (await receive()).get("more_body"):
        pass
    headers = [(b"content-length", str(len(ANSWER)).encode())]
    await send({"type": "http.response.start", "status": 201, "headers": headers})
    await send({"type": "http.response.body", "body": ANSWER})


def main() -> int:
    """Serve until SIGTERM."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("app", choices=("validating", "trivial"))
    parser.add_argument("--port", type=int, required=True)
    options = parser.parse_args()
    if options.app == "trivial":
        uvicorn.run(trivial, port=options.port, http="httptools", lifespan="off", log_level="warning")
        return 0
    configure_logging()
    settings = Settings()
    platform = build_platform(settings)
    app = create_app([validating(platform)], platform, title="validating")
    return run(app, "127.0.0.1", options.port, grace_s=settings.stop_grace_s)


if __name__ == "__main__":
    sys.exit(main())
