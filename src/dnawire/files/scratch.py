"""Room on local disk for what does not fit into memory; nothing of it outlives the process."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
import weakref
from typing import Final

_LARGEST_READ: Final = 2**30
"""Bytes; Linux reads no more than 2 GiB at once."""


class ScratchFile:
    """A file without a name, in the folder that ``TMPDIR`` gives.

    Parameters
    ----------
    size
        Bytes that it will hold.

    Raises
    ------
    OSError
        The storage refuses, or has less room than that.
    """

    def __init__(self, size: int) -> None:
        folder = tempfile.gettempdir()
        free = shutil.disk_usage(folder).free
        if free < size:
            message = f"{size} bytes are needed and {free} are free"
            raise OSError(errno.ENOSPC, message, folder)
        self._file = tempfile.TemporaryFile(prefix="dnawire-", buffering=0)  # noqa: SIM115
        # Closed, and thereby gone, when nobody refers to this object any more.
        weakref.finalize(self, self._file.close)

    def write(self, offset: int, data: memoryview) -> None:
        """Write bytes at an offset."""
        while data:
            written = os.pwrite(self._file.fileno(), data[:_LARGEST_READ], offset)
            offset, data = offset + written, data[written:]

    def read(self, offset: int, target: memoryview) -> None:
        """Fill a buffer with the bytes from an offset on.

        Raises
        ------
        OSError
            The storage refused, or the file has no such bytes.
        """
        while target:
            number = os.preadv(self._file.fileno(), [target[:_LARGEST_READ]], offset)
            if not number:
                raise OSError(errno.EIO, "the scratch file is shorter than what was written")
            offset, target = offset + number, target[number:]
