"""An interview guide (访谈提纲): what an interviewer asks, in the respondent's own words, beside the questionnaire."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class GuidePart:
    """One theme: open questions, and tips for the interviewer."""

    id: str
    title: str
    questions: tuple[str, ...]
    tips: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Guide:
    """The guide of one edition. ``notes`` are for the interviewer; ``opening`` and ``closing`` are said aloud."""

    id: str
    edition: str
    version: str
    title: str
    notes: tuple[str, ...]
    opening: str
    parts: tuple[GuidePart, ...]
    closing: str
