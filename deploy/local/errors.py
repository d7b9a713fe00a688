"""What can go wrong with a local server; each message says what to do about it."""


class LocalServerError(RuntimeError):
    """The local servers can't do what was asked."""


class MissingTool(LocalServerError):
    """A program that this machine needs is not installed."""

    def __init__(self, tool: str, needed_for: str) -> None:
        super().__init__(f"缺少 {tool}：{needed_for} 需要它。请先安装，再重新运行。")
        self.tool = tool
        self.needed_for = needed_for


class DownloadFailed(LocalServerError):
    """A registry's client failed, or what it brought is not what was expected."""

    def __init__(self, what: str, reason: str) -> None:
        super().__init__(f"未能下载 {what}：{reason}")
        self.what = what
        self.reason = reason


class PortTaken(LocalServerError):
    """Another program listens on the port."""

    def __init__(self, name: str, port: int) -> None:
        super().__init__(f"{name} 无法启动：端口 {port} 已被别的程序占用。请停止该程序，或用参数另选端口。")
        self.port = port


class ServerFailed(LocalServerError):
    """The server ended by itself, or was too slow to get ready or to end; its last log lines are included."""

    def __init__(self, name: str, reason: str, log_tail: str) -> None:
        super().__init__(f"{name} {reason}。日志末尾：\n{log_tail}")
