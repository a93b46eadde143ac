"""The few operations of the operating system on which durable writing rests.

Every read and write of this package goes through a `FileSystem`, so that a test can record the
operations, fail or kill the process at any of them, or stand in another kind of storage.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import Final

LARGEST_FILE: Final = 2**34
"""Files above this many bytes are refused unread: no training state is that large."""

_NO_DIRECTORY_SYNC: Final = frozenset({errno.EINVAL, errno.ENOTSUP, errno.EBADF})


class FileSystem:
    """Operations as the operating system offers them; each raises OSError when it fails."""

    def make_directory(self, path: Path) -> None:
        """Create one folder whose parent exists."""
        os.mkdir(path)

    def remove_directory(self, path: Path) -> None:
        """Remove an empty folder."""
        os.rmdir(path)

    def is_directory(self, path: Path) -> bool:
        """Whether the path is a folder."""
        return os.path.isdir(path)

    def list_names(self, path: Path) -> list[str]:
        """Sorted names in a folder."""
        return sorted(os.listdir(path))

    def open_exclusive(self, path: Path) -> int:
        """Create a file that must not exist and return a descriptor for writing."""
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)

    def write(self, descriptor: int, data: memoryview) -> int:
        """Write some of the data and return how many bytes."""
        return os.write(descriptor, data)

    def fsync(self, descriptor: int) -> None:
        """Wait until the content of an open file is on stable storage."""
        os.fsync(descriptor)

    def fsync_file(self, path: Path) -> None:
        """Wait until the content of a closed file is on stable storage."""
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def close(self, descriptor: int) -> None:
        """Close a descriptor; network storage may report a full disk only here."""
        os.close(descriptor)

    def read_bytes(self, path: Path) -> bytes:
        """Read a regular file; see `read_regular`."""
        return read_regular(path, LARGEST_FILE)

    def replace(self, source: Path, target: Path) -> None:
        """Rename a file, atomically taking the place of an existing target."""
        os.replace(source, target)

    def link(self, source: Path, target: Path) -> None:
        """Give a file a second name that must not exist."""
        os.link(source, target)

    def unlink(self, path: Path) -> None:
        """Remove a name."""
        os.unlink(path)

    def fsync_directory(self, path: Path) -> None:
        """Wait until the names in a folder are on stable storage.

        Storage that cannot synchronize a folder at all says so with one of a few error numbers,
        which are no failure: nothing better can be asked of it.
        """
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        except OSError as error:
            if error.errno not in _NO_DIRECTORY_SYNC:
                raise
        finally:
            os.close(descriptor)

    def touch(self, path: Path) -> None:
        """Set the modification time of a file to the present, as the storage counts it."""
        os.utime(path)

    def modified(self, path: Path) -> float:
        """Modification time of a file in seconds, as the storage counts it."""
        return path.stat().st_mtime


def read_regular(path: Path, largest: int) -> bytes:
    """Read a regular file; pipes and devices, which could block forever, are refused.

    Raises
    ------
    OSError
        The file cannot be read, is not a regular one or is larger than so many bytes.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EINVAL, "not a regular file", str(path))
        if status.st_size > largest:
            raise OSError(errno.EFBIG, os.strerror(errno.EFBIG), str(path))
        with open(descriptor, "rb", closefd=False) as file:
            return file.read()
    finally:
        os.close(descriptor)


REAL: Final = FileSystem()
"""The file system of the operating system."""
