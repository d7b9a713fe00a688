"""Watching a campaign as its office does: the board, and what comes into the inbox."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.demo.client import PatientClient, Urls

RECIPIENT = "role:office"
BEHIND_AT_MOST_S = 30.0
"""How long the board is waited for; what isn't counted by then may never be."""


@dataclass(frozen=True, slots=True)
class News:
    """A notice to the office: when what it tells of happened, and its subject."""

    at: datetime
    subject: str


class Watching:
    """Looks with the token of the office."""

    def __init__(self, client: PatientClient, urls: Urls, campaign: str, token: str) -> None:
        self._client = client
        self._board_url = f"{urls.quota}/quota/v1/campaigns/{campaign}/progress"
        self._inbox_url = f"{urls.notify}/notify/v1/inbox"
        self._token = token
        self._known: set[str] = set()

    async def board(self) -> Mapping[str, Any]:
        """The board as it is now."""
        return await self._asked(self._board_url)

    async def news(self) -> list[News]:
        """The notices that weren't there before, earliest first."""
        found: list[News] = []
        cursor = ""
        while True:
            page = await self._asked(self._inbox_url + cursor)
            new = [notice for notice in page["notices"] if notice["id"] not in self._known]
            self._known.update(notice["id"] for notice in new)
            found += [
                News(datetime.fromisoformat(notice["at"]), notice["subject"])
                for notice in new
                if notice["recipient"] == RECIPIENT
            ]
            if not new or page["cursor"] is None:
                return sorted(found, key=lambda each: each.at)
            cursor = f"?cursor={page['cursor']}"

    async def _asked(self, url: str) -> Mapping[str, Any]:
        answer = await self._client.send("GET", url, token=self._token)
        content: Mapping[str, Any] = answer.raise_for_status().json()
        return content


class Backlog:
    """Whether the board lacks what was answered already when one looked the last time."""

    def __init__(self) -> None:
        self._answered_before = 0
        self._since_s: float | None = None

    def is_behind(self, answered: int, counted: int, now_s: float) -> bool:
        """``answered`` submissions were accepted before the board, asked at ``now_s``, said ``counted``.

        False again after ``BEHIND_AT_MOST_S``, until the board has caught up and falls behind anew.
        """
        lacks, self._answered_before = counted < self._answered_before, answered
        if not lacks:
            self._since_s = None
        elif self._since_s is None:
            self._since_s = now_s
        return self._since_s is not None and now_s - self._since_s < BEHIND_AT_MOST_S
