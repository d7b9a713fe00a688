"""One post: the XML of an interview, and files that belong to it."""

from __future__ import annotations

from services.intake.attachments import Attachments, Described
from services.intake.channels.openrosa.instance import XML_LIMIT_BYTES
from services.intake.channels.openrosa.keeping import Keeping
from services.intake.channels.openrosa.multipart import Part, Parts
from services.intake.channels.openrosa.receiving import Received, Receiving
from services.intake.counting import CountedRefusal, count
from services.intake.model import Receipt
from shared.access import Principal
from shared.errors import Invalid

XML_PART = "xml_submission_file"
FIELD_LIMIT_BYTES = 65_536


class Posting:
    """Takes in posts to one campaign.

    The interview is accepted as soon as its XML is there and a file or the end follows. Its files are sealed
    while they arrive. Those that don't fit into one post come in further ones, with the same XML.
    """

    def __init__(self, receiving: Receiving, keeping: Keeping, attachments: Attachments) -> None:
        self._receiving = receiving
        self._keeping = keeping
        self._attachments = attachments

    async def take_in(self, principal: Principal, parts: Parts) -> Receipt:
        """Take in what one post brings; it is durable on return.

        Raises Invalid, NotFound, NotAllowed, Conflict, TooLarge, StorageFull, RetryLater. What was whole by
        then stands, and the same post again goes on from there.
        """
        xml: bytes | None = None
        received: Received | None = None
        async for part in parts:
            if part.name == XML_PART:
                xml = _only(xml, await part.whole(XML_LIMIT_BYTES))
            elif part.filename is None:
                await part.whole(FIELD_LIMIT_BYTES)  # «*isIncomplete*»: the rest comes whatever is answered
            else:
                received = received or await self._receive(principal, xml)
                await self._attach(principal, received, part, part.filename)
        received = received or await self._receive(principal, xml)
        return received.receipt

    async def _receive(self, principal: Principal, xml: bytes | None) -> Received:
        if xml is None:
            raise Invalid(f"附件之前应有访谈本身（{XML_PART}）。", code="broken-multipart")
        with CountedRefusal(principal):
            try:
                received = await self._receiving.take_in(principal, xml)
            except Invalid as error:
                raise await self._keeping.keep(principal, xml, error) from error
        count(principal, [(received.outcome, received.receipt)])
        return received

    async def _attach(self, principal: Principal, received: Received, part: Part, filename: str) -> None:
        name = f"{received.edit_mark}-{filename}" if received.edit_mark else filename
        described = Described(name, part.media_type)
        await self._attachments.add(principal, received.receipt.code, described, part)


def _only(before: bytes | None, xml: bytes) -> bytes:
    if before is not None:
        raise Invalid(f"一次只能提交一份访谈（{XML_PART}）。", code="broken-multipart")
    return xml
