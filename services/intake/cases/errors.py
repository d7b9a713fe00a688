"""Errors that only cases raise."""

from __future__ import annotations

from shared.errors import Conflict, NotFound


class CaseWithdrawn(Conflict):
    """The case was taken back; nothing more can be done with it."""

    def __init__(self) -> None:
        super().__init__("这个个案已撤回，不能再修改或签字。", code="already-withdrawn")


class CaseDiffers(Conflict):
    """Another registration came under the same id: change the case that is there, or take another id."""

    def __init__(self, number: str) -> None:
        super().__init__(
            f"这个 source_id 已用于个案 {number}，内容不同，没有改动。若要修改，请修改该个案的登记表；"
            "若是另一个个案，请换一个 source_id。",
            code="content-differs",
        )


class TeamTaken(Conflict):
    """Another unit's team has this name: numbers would collide."""

    def __init__(self, team: str) -> None:
        super().__init__(f"调查组代号“{team}”已由另一个责任单位使用，请换一个。", code="team-taken")


class NoRecordingConsent(Conflict):
    """Annex 4, paragraph four: the respondent is asked first."""

    def __init__(self) -> None:
        super().__init__(
            "尚未登记受访者同意录音，不能添加录音。请先征得同意并登记时间。", code="no-recording-consent"
        )


class PartSigned(Conflict):
    """What was signed doesn't change any more, unless it is reopened."""

    def __init__(self, part_name: str) -> None:
        super().__init__(
            f"{part_name}已签名，不能再添加附件；要添加，请由调查组负责人退回。", code="case-state"
        )


def no_such_case() -> NotFound:
    """None, or none that the principal may know of."""
    return NotFound("没有这个个案，或者您无权查看。", code="unknown-case")
