"""Where the local servers' files are."""

import os
from pathlib import Path

DEFAULT_FOLDER = Path(__file__).parents[2] / "var" / "servers"


def downloads_folder(folder: Path = DEFAULT_FOLDER) -> Path:
    """Where downloads are kept: `DAFANGTAN_SERVERS_DIR`, so that clones can share them, else `folder`."""
    return Path(os.environ.get("DAFANGTAN_SERVERS_DIR", folder))
