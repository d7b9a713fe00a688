"""Errors that only intake raises."""

from __future__ import annotations

from shared.errors import Conflict, NotFound


class ContentDiffers(Conflict):
    """The same channel sent other content under the same id: amend the submission by its receipt instead."""

    def __init__(self, receipt: str) -> None:
        super().__init__(
            f"这个 source_id 已用于另一份内容，没有改动。若要修改，请凭回执 {receipt} 使用修改接口；"
            "若是另一份表单，请换一个 source_id。",
            code="content-differs",
        )
        self.receipt = receipt


class NoSuchReceipt(NotFound):
    """There is no submission under the receipt, or the principal may not know of it."""

    def __init__(self) -> None:
        super().__init__("没有这个回执；请核对回执号。", code="unknown-receipt")


class AlreadyWithdrawn(Conflict):
    """The submission was taken back; nothing more can be done with it."""

    def __init__(self) -> None:
        super().__init__("这份访谈已撤回，不能再修改或签字。", code="already-withdrawn")


class RevisionMoved(Conflict):
    """Somebody amended it meanwhile: read the receipt again, then decide anew."""

    def __init__(self, expected: int, stands: int) -> None:
        super().__init__(f"修订号应为 {expected}，现为 {stands}；请重新查询后再修改。", code="revision-moved")


class StoodBefore(Conflict):
    """The same stood before and was replaced or taken back: a late repeat, unless the sender names what it replaces."""

    def __init__(self, stands: int) -> None:
        super().__init__(
            f"同样的内容以前登记过，后来被代替或撤回了（现在的修订号是 {stands}），没有改动。"
            f"如果不是迟到的重发，确要恢复它，请写明所代替的修订号（If-Match: {stands}）再提交一次。",
            code="stood-before",
        )
