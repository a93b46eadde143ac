"""Reports that have to tell of a full disk, or of one without inodes, on that very disk."""

from __future__ import annotations

import errno
import io
import os
from pathlib import Path
from typing import Final

from dnawire.files.durable import replace_atomically
from dnawire.files.ownership import Permit

_NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT})


def replace_or_rewrite(path: Path, data: bytes, *, permit: Permit) -> None:
    """Like `replace_atomically`; where there is no room for a new file the old one is rewritten.

    Blanks fill the old length until the file is cut, and the old content is put back where the new
    one finds no room.

    Raises
    ------
    OSError
        The storage refused.
    """
    try:
        replace_atomically(path, data, permit=permit)
    except OSError as error:
        if error.errno not in _NO_ROOM or not path.is_file():
            raise
        rewrite(path, data, permit)


def rewrite(path: Path, data: bytes, permit: Permit) -> None:
    """Write over a file; where that finds no room, its old content is put back.

    Raises
    ------
    OSError
        The storage refused.
    """
    # A new owner replaces the file: one that was opened before the permit has no name by then.
    with open(os.open(path, os.O_RDWR | os.O_CLOEXEC), "r+b", buffering=0) as file:
        old = file.read()
        permit()
        try:
            _overwrite(file, data.ljust(len(old)))
        except OSError:
            _overwrite(file, old)
            file.truncate(len(old))
            raise
        file.truncate(len(data))


def _overwrite(file: io.FileIO, data: bytes) -> None:
    file.seek(0)
    if file.write(data) != len(data):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
