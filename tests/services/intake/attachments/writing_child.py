"""A process that writes parts into a sealed file and says each time how much is on disk, until it is killed."""

import sys
from pathlib import Path

from services.intake.attachments.files import SealedFiles
from services.intake.attachments.sealing import RecordSealer
from services.intake.space import Space

PART = bytes(range(256)) * 300
FILE_ID = "ab" * 16


def files_in(folder: Path) -> SealedFiles:
    """The files, with no floor."""
    return SealedFiles(folder, Space(folder, 0))


def sealer() -> RecordSealer:
    """With the key that parent and child know."""
    return RecordSealer(bytes(32), "submission", FILE_ID)


def main(folder: Path) -> None:
    """Write for ever."""
    files = files_in(folder)
    files.create(FILE_ID)
    while True:
        with files.writing(FILE_ID, sealer()) as writer:
            writer.take_up()
            writer.take(PART)
            writer.flush()
        print(writer.offset_bytes, flush=True)  # noqa: T201 - what the parent reads


if __name__ == "__main__":
    main(Path(sys.argv[1]))
