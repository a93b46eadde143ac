"""Write files that must not take the place of others, however many processes try at once."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from dnawire.files.durable import asking, discard, temporary_path, write_temporary
from dnawire.files.filesystem import REAL, FileSystem
from dnawire.files.ownership import Permit

_NO_HARD_LINKS: Final = frozenset(
    {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK}
)


def create_durably(
    path: Path, data: bytes, *, permit: Permit | None = None, fs: FileSystem = REAL
) -> None:
    """Write a file as `replace_durably` does, but never in place of another.

    Of any number of processes that write the same name at once, one succeeds.

    Raises
    ------
    FileExistsError
        The name is taken; what has it is untouched.
    OSError
        The storage refused.
    """
    with asking(path, permit, fs) as ask:
        temporary = write_temporary(path, data, fs=fs)
        try:
            ask()
            _publish(temporary, path, fs)
        finally:
            discard(temporary, fs)
        fs.fsync_directory(path.parent)


@contextmanager
def creating(path: Path, *, permit: Permit | None = None, fs: FileSystem = REAL) -> Iterator[Path]:
    """Context that gives a name to write to, like `replacing`, but never in place of another file.

    Errors are those of `create_durably`.
    """
    with asking(path, permit, fs) as ask:
        temporary = temporary_path(path)
        try:
            yield temporary
            fs.fsync_file(temporary)
            ask()
            _publish(temporary, path, fs)
        finally:
            discard(temporary, fs)
        fs.fsync_directory(path.parent)


def _publish(temporary: Path, target: Path, fs: FileSystem) -> None:
    """Give a temporary file its name by a hard link, which decides in one step who has it.

    Where the storage knows no links, an empty file takes the name first; a crash at that moment
    leaves it behind. Network storage may report as taken what it has just linked (open(2), O_EXCL).
    """
    try:
        fs.link(temporary, target)
    except FileExistsError:
        if not os.path.samefile(temporary, target):
            raise
    except OSError as error:
        if error.errno not in _NO_HARD_LINKS:
            raise
        fs.close(fs.open_exclusive(target))
        fs.replace(temporary, target)
