"""The command line: builds everything from settings; the only place where parts are joined."""

from __future__ import annotations

import gc
import sys

import typer

from services.cli import (
    campaigns,
    demo,
    forecasting,
    interviewers,
    operating,
    quarantine,
    questionnaires,
    recounting,
    redaction,
    reference,
    secrets,
    serving,
    signing_keys,
)
from services.cli.usage import Commands, told_of_settings
from shared.errors import DafangtanError

COLLECT_AFTER = 500_000
"""Of the garbage collector: going through all that a command imports, again and again, is work for nothing."""

app = typer.Typer(
    name="dafangtan",
    cls=Commands,
    help="大访谈：运行一次访谈活动，从第一份表单到获准发布的报告。",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.command("up")(serving.up)
app.command("serve")(serving.serve)
app.command("healthcheck")(serving.healthcheck)
app.command("demo")(demo.demo)
app.command("token")(secrets.token)
app.command("settings")(reference.settings)
app.command("reference")(reference.reference)
app.command("reconcile")(operating.reconcile)
app.command("rebuild")(operating.rebuild)
app.add_typer(secrets.keys_app, name="keys")
app.add_typer(secrets.channel_key_app, name="channel-key")
app.add_typer(signing_keys.signing_key_app, name="signing-key")
app.add_typer(interviewers.interviewer_app, name="interviewer")
app.add_typer(campaigns.campaign_app, name="campaign")
app.add_typer(questionnaires.questionnaire_app, name="questionnaire")
app.add_typer(operating.dead_letters_app, name="dead-letters")
app.add_typer(quarantine.quarantine_app, name="quarantine")
app.add_typer(recounting.recount_app, name="recount")
app.add_typer(operating.audit_app, name="audit")
app.add_typer(reference.events_app, name="events")
app.add_typer(redaction.redaction_app, name="redaction")
app.add_typer(forecasting.forecast_app, name="forecast")


def main() -> None:
    """Run a command; what goes wrong on purpose is one plain line and status 1."""
    gc.set_threshold(COLLECT_AFTER)
    try:
        app()
    except DafangtanError as error:
        _fail(str(error))
    except ValueError as error:
        settings = told_of_settings(error)
        if not settings:
            raise
        _fail(settings)


def _fail(message: str) -> None:
    print(message, file=sys.stderr)  # noqa: T201 - the command line talks
    sys.exit(1)
