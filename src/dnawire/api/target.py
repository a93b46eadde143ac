"""Early check of what a command is going to write."""

from __future__ import annotations

import os
from pathlib import Path

from dnawire.errors import NotWritableError


def check_target(path: Path, *, overwrite: bool) -> None:
    """Refuse a file that cannot be written, before any work is done for it.

    Raises
    ------
    dnawire.errors.NotWritableError
        The folder does not exist, or the file exists and may not be replaced.
    """
    if not os.path.isdir(path.parent):
        raise NotWritableError(
            f"{path}: the folder {path.parent} does not exist", "Create the folder first."
        )
    if os.path.lexists(path) and not overwrite:
        raise NotWritableError.exists(path)
