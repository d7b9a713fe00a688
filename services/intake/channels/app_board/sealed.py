"""What the board keeps of a text: sealed under the data key of a submission, and gone when that is withdrawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from services.intake import store as intake_store
from services.intake.model import Registration
from shared.privacy import DataKey, Privacy
from shared.store.port import Reader

POST_ID = "app-post"


class SealedTexts:
    """Seals and opens for one campaign."""

    def __init__(self, privacy: Privacy) -> None:
        self._privacy = privacy

    async def registrations(self, reader: Reader, ids: Sequence[str]) -> dict[str, Registration]:
        """The registrations of these submissions that are there, by submission id."""
        codes = {self._privacy.receipt(id): id for id in ids}
        documents = await reader.get_many(intake_store.REGISTRATIONS, list(codes))
        return {codes[code]: intake_store.registration_of(each) for code, each in documents.items()}

    def seal(self, registration: Registration, field: str, text: str) -> str:
        """``text`` so that it can be read as long as the submission isn't withdrawn."""
        key, id = self._data_key(registration), registration.submission_id
        return self._privacy.sealer.seal(key, id, field, text.encode())

    def open(self, registrations: Mapping[str, Registration], id: str, field: str, token: str) -> str | None:
        """The text in ``token``; None when submission ``id`` was withdrawn."""
        registration = registrations.get(id)
        if registration is None or registration.wrapped_key is None:
            return None
        return self._privacy.sealer.open(self._data_key(registration), id, field, token).decode()

    def owner(self, app_user: str) -> str:
        """The keyed pseudonym of a user of the app."""
        owner = self._privacy.pseudonyms.person(None, None, None, app_id=app_user)
        assert owner is not None, "an app id is enough to be known by"
        return owner

    def text_mac(self, text: str) -> str:
        """Tells one text from another without telling what it is."""
        return self._privacy.pseudonyms.content_mac(text.encode())

    def _data_key(self, registration: Registration) -> DataKey:
        assert registration.wrapped_key is not None, "asked for by those who looked"
        return self._privacy.sealer.unwrap(registration.submission_id, registration.wrapped_key)


def reply_field(reply_id: str) -> str:
    """The name under which a reply is sealed."""
    return f"app-reply/{reply_id}"
