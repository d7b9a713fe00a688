"""Errors that only attachments raise."""

from __future__ import annotations

from shared.errors import Conflict, NotFound


class UploadBusy(Conflict):
    """Another request writes this upload right now: wait a moment, ask for the offset, go on from there."""

    def __init__(self) -> None:
        super().__init__("这个附件正在由另一个请求写入，请稍后查询进度再继续。", code="upload-busy")


class OffsetMoved(Conflict):
    """The upload isn't where the sender thinks: ask for the offset, go on from there."""

    def __init__(self, stands_bytes: int, came_bytes: int) -> None:
        super().__init__(
            f"应从第 {stands_bytes} 字节处继续，收到的是第 {came_bytes} 字节；请先查询进度。",
            code="offset-moved",
        )


class AttachmentDiffers(Conflict):
    """There is another content under this name: send it under another name."""

    def __init__(self) -> None:
        super().__init__(
            "已有同名附件，内容与这一份不同，没有改动。若是另一个文件，请换一个文件名。",
            code="attachment-differs",
        )


class HolderWithdrawn(Conflict):
    """What it would belong to was taken back: there is nothing to send any more."""

    def __init__(self) -> None:
        super().__init__("这一份已撤回，不能再添加附件。", code="already-withdrawn")


class TooManyAttachments(Conflict):
    """Finish what is under way, or let it expire; whole ones stay."""

    def __init__(self, most: int) -> None:
        super().__init__(f"一份最多有 {most} 个附件（含正在上传的）。", code="too-many-attachments")


def no_such_upload() -> NotFound:
    """Never begun, expired, or another's."""
    return NotFound("没有这个上传任务，或已过期；请重新开始上传。", code="unknown-upload")


def no_such_attachment() -> NotFound:
    """Never there, or withdrawn."""
    return NotFound("没有这个附件。", code="unknown-attachment")
