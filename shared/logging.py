"""Structured logs: one JSON object a line on stderr, an event with fields, without personal data.

>>> log = get_logger("intake.spool")
>>> log.warning("log-away", reason="timeout", spooled_count=3)

prints ``{"time": …, "level": "warning", "logger": "intake.spool", "event": "log-away", "reason": …}``.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import TextIO

import orjson

from shared.privacy.redaction import redact

WITHHELD = "[withheld]"
PERSONAL_FIELDS = frozenset(
    {
        "answers", "authorization", "body", "contact", "data", "employer", "interviewer", "key", "message",
        "name", "person", "phone", "raw", "receipt", "respondent", "secret", "text", "texts", "token",
        "value",
    }
)  # fmt: skip
"""Field names that would carry personal data or a secret; their values never reach a line."""

_OUR_ID = re.compile(r"[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""Digits in a row are no number in these: an id that was cut up couldn't be followed."""
_PYDANTIC_INPUT = re.compile(r"input_value=.*(?=, input_type=)")
_context: ContextVar[Mapping[str, str]] = ContextVar("log_context", default={})  # noqa: B039 - never changed


@contextmanager
def log_context(**ids: str) -> Iterator[None]:
    """Put ``ids`` (``request_id``, ``event_id``) on every line that is logged inside the block."""
    token = _context.set({**_context.get(), **ids})
    try:
        yield
    finally:
        _context.reset(token)


class EventLogger:
    """Logs events with fields. An event is a short hyphenated name; what varies belongs in the fields."""

    def __init__(self, name: str) -> None:
        self._logger = logging.getLogger(name)

    def debug(self, event: str, **fields: object) -> None:
        """Only of use to whoever is looking for a fault."""
        self._log(logging.DEBUG, event, fields)

    def info(self, event: str, **fields: object) -> None:
        """Something happened as it should."""
        self._log(logging.INFO, event, fields)

    def warning(self, event: str, **fields: object) -> None:
        """Something is away or odd, and is dealt with."""
        self._log(logging.WARNING, event, fields)

    def error(self, event: str, **fields: object) -> None:
        """Something failed, and somebody should look."""
        self._log(logging.ERROR, event, fields)

    def exception(self, event: str, *, error: BaseException | None = None, **fields: object) -> None:
        """As ``error``, with the traceback of ``error`` (by default the exception being handled)."""
        self._log(logging.ERROR, event, fields, error or sys.exception())

    def _log(
        self, level: int, event: str, fields: Mapping[str, object], error: BaseException | None = None
    ) -> None:
        if self._logger.isEnabledFor(level):
            self._logger.log(level, event, exc_info=error, extra={"fields": fields})


def get_logger(name: str) -> EventLogger:
    """The logger called ``name``: ``<service>.<part>``."""
    return EventLogger(name)


class JsonFormatter(logging.Formatter):
    """Writes a record as one line of JSON; also the records of libraries, whose message is the event."""

    def format(self, record: logging.LogRecord) -> str:
        """The line. Values that JSON doesn't know are written as their ``repr``."""
        fields: Mapping[str, object] | None = getattr(record, "fields", None)
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage() if fields is not None else redact(record.getMessage()),
            **_context.get(),
        }
        for name, value in (fields or {}).items():
            line.setdefault(name, _shown(name, value))
        if record.exc_info and record.exc_info[1] is not None:
            line["traceback"] = _traceback(record.exc_info[1])
        return _encoded(line)


def _encoded(line: Mapping[str, object]) -> str:
    try:
        return orjson.dumps(line, default=repr, option=orjson.OPT_NON_STR_KEYS).decode()
    except orjson.JSONEncodeError:  # integers over 64 bits, lone surrogates
        return json.dumps(line, default=repr, skipkeys=True)


def _traceback(error: BaseException) -> str:
    """The traceback without what it quotes of an input."""
    text = "".join(traceback.format_exception(error))
    return redact(_PYDANTIC_INPUT.sub("input_value=…", text))


def _shown(name: str, value: object) -> object:
    """``value``, unless ``name`` says that it is personal; texts may quote an input, so are redacted."""
    if name in PERSONAL_FIELDS:
        return WITHHELD
    if not isinstance(value, str) or _OUR_ID.fullmatch(value):
        return value
    return redact(value)


def configure_logging(*, level: str = "INFO", stream: TextIO | None = None) -> None:
    """Send all logs of the process, those of libraries too, to ``stream`` (stderr) as JSON lines."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonFormatter())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    logging.getLogger("aiokafka").setLevel(logging.WARNING)
    logging.getLogger("pymongo").setLevel(logging.WARNING)
