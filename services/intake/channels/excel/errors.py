"""Errors that only workbooks raise."""

from __future__ import annotations

from shared.errors import Conflict, DafangtanError, NotFound


class WorkbookRefused(DafangtanError):
    """The workbook as a whole can't be read: the message says why and what to do. Nothing of it was taken in."""


class UnknownVersion(WorkbookRefused):
    """Made from a template whose ``version`` of the questionnaire isn't known: it may be right once that is."""

    def __init__(self, version: str) -> None:
        super().__init__("不认识这份模板的问卷版本；请下载新的模板。")
        self.version = version


class NotFinished(Conflict):
    """The job has no workbook to give back yet: ask for its progress first."""

    def __init__(self) -> None:
        super().__init__("这份文件还没有处理完，请稍后再下载。", code="import-not-finished")


def no_such_import() -> NotFound:
    """Never there, or somebody else's."""
    return NotFound("没有这个导入任务，或者不是您上传的。", code="unknown-import")


def no_workbook() -> NotFound:
    """Nothing of it was read, or its time is over."""
    return NotFound("这个导入任务没有可下载的结果：文件未能读取，或已过保存期限。", code="no-workbook")
