"""Early check of what a command is going to write."""

from __future__ import annotations

import os
from pathlib import Path

from dnawire.errors import NotWritableError
from dnawire.files.durable import replace_durably
from dnawire.files.exclusive import create_durably


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


def write_target(path: Path, content: bytes, *, overwrite: bool) -> None:
    """Write a file that a user has named.

    Raises
    ------
    dnawire.errors.NotWritableError
        The file exists and may not be replaced, or the system refuses.
    """
    check_target(path, overwrite=overwrite)
    write = replace_durably if overwrite else create_durably
    try:
        if os.path.isdir(path):
            raise IsADirectoryError("it is a folder")
        write(path, content)
    except OSError as error:
        raise NotWritableError(
            f"{path} cannot be written: {error.strerror or error}",
            "Choose another --output, or mend its permissions or quota.",
        ) from error
