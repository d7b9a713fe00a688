"""What people say outside of questionnaires: to the WeChat account, on the app's board, to the hotline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from services.demo.moments import Moments
from services.demo.population import Person, Population
from services.demo.texts import free_text
from shared.campaign import Campaign

FOLLOWER_COUNT, POST_COUNT, CALL_COUNT = 200, 160, 120
"""At scale 1."""

_SILENT_SHARE = 0.1  # followers who write without having agreed to anything: nothing of theirs is kept
_MORE_SHARE = 0.3  # who says a second thing
_NAMED_SHARE = 0.4
_CATEGORIES = ("pay", "rights", "childcare", "housing", "health", "facilities")


@dataclass(frozen=True, slots=True)
class Follower:
    """A follower of the WeChat account and what they write, each at its time (WeChat's seconds)."""

    openid: str
    has_agreed: bool
    writes: tuple[tuple[int, str], ...]

    @property
    def message_count(self) -> int:
        """How many messages are accepted of it."""
        return len(self.writes) if self.has_agreed else 0

    @property
    def at(self) -> datetime:
        """When the last of it is written."""
        return datetime.fromtimestamp(self.writes[-1][0], UTC)


@dataclass(frozen=True, slots=True)
class Talks:
    """All of it, as the channels' own programs send it, each in the order of time."""

    followers: Sequence[Follower]
    posts: Sequence[Mapping[str, Any]]
    calls: Sequence[Mapping[str, Any]]

    @property
    def message_count(self) -> int:
        """How many messages are accepted of this."""
        written = sum(follower.message_count for follower in self.followers)
        return written + len(self.posts) + sum(len(call["matters"]) for call in self.calls)


def posted_at(post: Mapping[str, Any]) -> datetime:
    """When a post was written."""
    return datetime.fromisoformat(post["posted_at"])


def called_at(call: Mapping[str, Any]) -> datetime:
    """When a call began."""
    return datetime.fromisoformat(call["started_at"])


class Talking:
    """Makes talks."""

    def __init__(self, campaign: Campaign, random: Random, population: Population, moments: Moments) -> None:
        self._campaign = campaign
        self._random = random
        self._population = population
        self._moments = moments

    def all(self, scale: float) -> Talks:
        """``scale`` times as many as there are; none on channels that the campaign doesn't have."""
        has = self._campaign.channels
        followers, posts, calls = (
            max(1, round(count * scale)) if channel in has else 0
            for channel, count in (("wechat", FOLLOWER_COUNT), ("app", POST_COUNT), ("hotline", CALL_COUNT))
        )
        return Talks(
            sorted((self._follower(number) for number in range(followers)), key=lambda each: each.at),
            sorted((self._post(number) for number in range(posts)), key=posted_at),
            sorted((self._call(number) for number in range(calls)), key=called_at),
        )

    def _person(self) -> Person:
        return self._population.person(self._random.choice(list(self._campaign.editions)))

    def _follower(self, number: int) -> Follower:
        person, at_s = self._person(), int(self._moments.awake().timestamp())
        count = 1 + (self._random.random() < _MORE_SHARE)
        writes = tuple((at_s + 60 * place, free_text(self._random, person)) for place in range(1, count + 1))
        return Follower(f"oDemo{number:023d}", self._random.random() > _SILENT_SHARE, writes)

    def _post(self, number: int) -> Mapping[str, Any]:
        person, at = self._person(), self._moments.awake()
        post: dict[str, Any] = {
            "post_id": f"post-{number:06d}",
            "app_user": f"user-{number:06d}",
            "text": free_text(self._random, person),
            "posted_at": at.isoformat(),
            "consent": self._consent(at),
        }
        if self._random.random() < _NAMED_SHARE:
            post["contact"] = {"name": person.name, "phone": person.phone}
        return post

    def _call(self, number: int) -> Mapping[str, Any]:
        person, at = self._person(), self._moments.awake()
        matters = []
        for category in self._random.sample(_CATEGORIES, 1 + (self._random.random() < _MORE_SHARE)):
            matters.append({"narrative": free_text(self._random, person), "category": category})
        unit, _ = self._random.choice(list(self._campaign.owing_units()))
        matters[0]["unit"] = unit.id
        return {
            "id": f"call-{number:06d}",
            "started_at": at.isoformat(),
            "duration_s": self._random.randint(40, 1500),
            "agent": f"坐席{self._random.randint(1, 12):02d}",
            "caller": {"number": person.phone},
            "consent": {**self._consent(at), "how": "spoken"},
            "matters": matters,
        }

    def _consent(self, at: datetime) -> dict[str, str]:
        given_at = at - timedelta(minutes=self._random.randint(1, 5))
        return {"version": self._campaign.consents.current, "given_at": given_at.isoformat()}
