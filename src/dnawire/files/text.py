"""Reading a small text file that anyone may have put there."""

from __future__ import annotations

import errno
import io
import os
from pathlib import Path
from typing import Final

from dnawire.files.filesystem import read_regular

LARGEST: Final = 2**24
"""Bytes above which a file is not read as text."""


def read_text(path: Path) -> str:
    """Read a regular file of UTF-8 text; pipes and devices, which could block forever, are refused.

    Raises
    ------
    OSError
        The file cannot be read, is not a regular one or is too large.
    UnicodeDecodeError
        It is no text.
    """
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    with io.TextIOWrapper(io.BytesIO(read_regular(path, LARGEST)), "utf-8") as file:
        return file.read()
