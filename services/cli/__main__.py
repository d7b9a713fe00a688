"""``python -m services.cli`` is ``dafangtan``."""

from services.cli import main

main()
