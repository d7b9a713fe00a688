"""The programs that this machine must have, and how they are run."""

import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence

from deploy.local.errors import DownloadFailed, MissingTool

Report = Callable[[str], None]
"""Takes one line of progress."""

JAVA_MINIMUM = 17  # the oldest that Kafka 4 brokers run on
_PROGRESS_EVERY_S = 5.0


def check_platform() -> None:
    """Raises `MissingTool` where the servers can't run."""
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        raise MissingTool("Linux x86-64", "本机的 Kafka 和 MongoDB")


def check_java() -> None:
    """Raises `MissingTool` unless `java` is there and new enough."""
    wanted = f"Java {JAVA_MINIMUM}+ (java)"
    java = require("java", wanted, "Kafka")
    said = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    found = re.search(r'version "(\d+)', said)
    if found is None or int(found[1]) < JAVA_MINIMUM:
        raise MissingTool(wanted, "Kafka")


def pip_command(needed_for: str) -> list[str]:
    """This interpreter's pip; raises `MissingTool` in an environment that was made without it."""
    pip = [sys.executable, "-m", "pip"]
    if subprocess.run([*pip, "--version"], capture_output=True, check=False).returncode != 0:
        raise MissingTool("pip", needed_for)
    return pip


def require(program: str, tool: str, needed_for: str) -> str:
    """The program's path; raises `MissingTool`, naming it as `tool`."""
    path = shutil.which(program)
    if path is None:
        raise MissingTool(tool, needed_for)
    return path


def run_client(argv: Sequence[str], what: str, report: Report) -> None:
    """Runs a registry's client to its end, with a line of progress now and then.

    Raises `DownloadFailed` with the client's last words when it fails.
    """
    began = time.monotonic()
    with tempfile.TemporaryFile() as output, subprocess.Popen(argv, stdout=output, stderr=output) as client:
        while client.poll() is None:
            try:
                client.wait(_PROGRESS_EVERY_S)
            except subprocess.TimeoutExpired:
                report(f"  {what}：下载中，已用 {time.monotonic() - began:.0f} 秒 ……")
        if client.returncode != 0:
            output.seek(0)
            last_words = output.read().decode(errors="replace").strip()[-800:]
            raise DownloadFailed(what, f"{argv[0]} 退出码 {client.returncode}：{last_words}")
