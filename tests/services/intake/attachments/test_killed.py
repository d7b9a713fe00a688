"""A process that is killed amid an upload."""

import subprocess
import sys
from pathlib import Path

from tests.services.intake.attachments.writing_child import FILE_ID, PART, files_in, sealer

ROOT = Path(__file__).parents[4]


def test_what_was_acknowledged_before_a_kill_is_there_and_the_upload_goes_on(tmp_path):
    command = [sys.executable, "-m", "tests.services.intake.attachments.writing_child", str(tmp_path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as child:
        acknowledged = [int(child.stdout.readline()) for _ in range(20)]
        child.kill()
        acknowledged += [int(line) for line in child.stdout.read().split("\n") if line]
    files = files_in(tmp_path)
    with files.writing(FILE_ID, sealer()) as writer:
        writer.take_up()
        offset = writer.offset_bytes
        writer.take(b"the end")
        writer.finish()
    assert offset >= acknowledged[-1]
    content = b"".join(files.records(FILE_ID, sealer()))
    assert content == (PART * (offset // len(PART) + 1))[:offset] + b"the end"
