"""What units did, as HTTP shows it."""

from __future__ import annotations

from typing import Self

from pydantic import BaseModel, Field

from services.intake.obligations.contacts import OpenedContacts
from services.intake.obligations.looking import PointStands
from services.intake.obligations.model import Contacts, Report, Totals
from services.intake.obligations.points import STATE_NAMES, PointState


class _DoneBody(BaseModel):
    """What all of them tell. Times are RFC 3339 in UTC, persons the subjects of their tokens."""

    campaign: str
    unit: str
    revision: int = Field(description="修改次数")
    recorded_by: str
    recorded_at: str

    @classmethod
    def of(cls, thing: Contacts | Totals | Report) -> Self:
        """The thing that this is the body of, but for what is sealed."""
        return cls.model_validate(thing, from_attributes=True)


class ContactsBody(_DoneBody):
    """The table of contacts; nothing of what it says about persons."""

    roles: dict[str, str] = Field(description="已登记的角色，及从哪一天起有人登记")
    is_withdrawn: bool


class ContactLineBody(BaseModel):
    """A line of the table."""

    name: str
    post: str
    mobile: str
    office_phone: str | None = None
    mail: str | None = None


class OpenedContactsBody(BaseModel):
    """The table of contacts as it was registered."""

    campaign: str
    unit: str
    revision: int
    contacts: dict[str, ContactLineBody]
    audit_seq: int = Field(description="这次打开在审计链中的序号")


class PointBody(BaseModel):
    """A point and where it stands."""

    point: str
    name: str
    is_defined: bool = Field(description="是否活动定义中的访谈点；否则为新设")
    state: PointState
    state_name: str
    kind: str | None = Field(description="新设访谈点的类别")
    address: str | None = Field(description="新设访谈点的地址")
    set_up_on: str | None
    closed_on: str | None
    revision: int | None = Field(description="修改次数；尚未设立的为空")


class PointsBody(BaseModel):
    """All points of a unit."""

    campaign: str
    unit: str
    points: list[PointBody]


class QuestionnaireTotalsBody(_DoneBody):
    """The unit's questionnaires, totalled."""

    totalled_on: str
    questionnaires_count: int
    paper_count: int


class ReportBody(_DoneBody):
    """The key-points report that was handed in."""

    handed_in_on: str
    sha256: str | None


def opened_body(opened: OpenedContacts) -> OpenedContactsBody:
    """The table, opened."""
    return OpenedContactsBody(
        campaign=opened.contacts.campaign,
        unit=opened.contacts.unit,
        revision=opened.contacts.revision,
        contacts={role: ContactLineBody.model_validate(line) for role, line in opened.lines.items()},
        audit_seq=opened.entry.seq,
    )


def point_body(stands: PointStands) -> PointBody:
    """A point."""
    point = stands.point
    return PointBody(
        point=stands.id,
        name=stands.name,
        is_defined=stands.is_defined,
        state=stands.state,
        state_name=STATE_NAMES[stands.state],
        kind=None if point is None else point.kind,
        address=None if point is None else point.address,
        set_up_on=None if point is None else point.set_up_on,
        closed_on=None if point is None else point.closed_on,
        revision=None if point is None else point.revision,
    )
