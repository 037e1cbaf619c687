"""`python -m netapp.embedded run`, or `… manage ARGUMENTS` for manage.py on the same data."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from .folder import DataFolder
from .process import EmbeddedError
from .runner import ROOT, manage, read_port, run


def main(arguments: list[str]) -> int:
    """Returns the exit code."""
    folder = DataFolder(Path(os.environ.get("DATA_DIR") or ROOT / ".data"))
    match arguments:
        case [] | ["run"]:
            run(folder, read_port(os.environ.get("PORT") or "8000"))
            return 0
        case ["manage", *rest]:
            return manage(folder, rest)
    raise EmbeddedError(__doc__ or "")


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except EmbeddedError as error:
        sys.exit(f"\n{error}\n")
