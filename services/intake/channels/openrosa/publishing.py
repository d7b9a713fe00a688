"""The forms that interviewers download: made once for each version of the campaign, and kept in memory."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import md5
from pathlib import Path

from services.intake.channels.openrosa.shapes import Shape, shape_of
from shared.campaign import Campaign, Questionnaire
from shared.errors import NotFound

MEDIA_FOLDER = "media"


@dataclass(frozen=True, slots=True)
class PublishedForm:
    """The form of one edition. ``md5`` is that of ``xform``, in hexadecimal, as a client compares it."""

    form_id: str
    name: str
    questionnaire: Questionnaire
    xform: bytes
    md5: str
    shape: Shape


@dataclass(frozen=True, slots=True)
class MediaFile:
    """A file that belongs to every form of the campaign: a picture, a recorded question."""

    name: str
    path: Path
    md5: str


class Publishing:
    """The forms and media of the campaign ``id``; ``campaigns`` has it with the points that it has by now."""

    def __init__(self, campaigns: Mapping[str, Campaign], id: str, folder: Path) -> None:
        self._campaigns = campaigns
        self._id = id
        self._folder = folder / MEDIA_FOLDER
        self._made_of: Campaign | None = None
        self._forms: Mapping[str, PublishedForm] = {}
        self._making = asyncio.Lock()

    @property
    def campaign(self) -> Campaign:
        """As of now."""
        return self._campaigns[self._id]

    async def forms(self) -> Mapping[str, PublishedForm]:
        """Every form, by its id, with the points of now. To make them takes some 0.4 s, the first time and when there
        are other points; nobody else waits meanwhile."""
        if self._made_of is not self.campaign:
            async with self._making:
                campaign = self.campaign
                if self._made_of is not campaign:
                    self._forms = await asyncio.to_thread(_forms, campaign)
                    self._made_of = campaign
        return self._forms

    async def form_called(self, id: str) -> PublishedForm | None:
        """What reads an instance of the form ``id``: which points were listed in it doesn't matter for that."""
        return (self._forms or await self.forms()).get(id)

    async def form_of(self, edition: str) -> PublishedForm:
        """The form of ``edition``. Raises NotFound."""
        for form in (await self.forms()).values():
            if form.questionnaire.edition == edition:
                return form
        raise NotFound(f"没有“{edition}”版的表单。", code="unknown-edition")

    @cached_property
    def media(self) -> Mapping[str, MediaFile]:
        """The files of the campaign's folder ``media``, by name; read once."""
        paths = sorted(path for path in self._folder.glob("*") if path.is_file())
        return {path.name: MediaFile(path.name, path, _md5(path.read_bytes())) for path in paths}

    def media_file(self, name: str) -> MediaFile:
        """Raises NotFound."""
        try:
            return self.media[name]
        except KeyError:
            raise NotFound(f"没有媒体文件“{name}”。", code="unknown-media") from None


def _forms(campaign: Campaign) -> dict[str, PublishedForm]:
    # Imported where it is used: pyxform takes 0.35 s.
    from shared.forms.xform import form_id, write_xform

    forms = {}
    for edition in campaign.editions.values():
        xform = write_xform(campaign, edition.id).encode()
        id = form_id(campaign, edition.id)
        name = f"{campaign.name} {edition.name}"
        forms[id] = PublishedForm(id, name, edition.questionnaire, xform, _md5(xform), shape_of(xform))
    return forms


def _md5(content: bytes) -> str:
    return md5(content, usedforsecurity=False).hexdigest()
