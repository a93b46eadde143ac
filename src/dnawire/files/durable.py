"""Replace files so that a reader, a crash or a loss of power finds the old or the new content.

The protocol follows Pillai et al., OSDI 2014 ("All File Systems Are Not Created Equal") and Rebello
et al., ATC 2020 ("Can Applications Recover from fsync Failures?"): a new file in the same folder,
synchronized, closed, read back, renamed, and the folder synchronized. After any failure the new
file is thrown away: an fsync that failed once must not be trusted when it is repeated.
"""

from __future__ import annotations

import errno
import itertools
import os
import re
import secrets
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from dnawire.files.filesystem import REAL, FileSystem

Permit = Callable[[], None]
"""Called between the writing of a temporary file and its renaming; raises to forbid the latter."""

_TEMPORARY: Final = re.compile(r"\..+\.(\d+-[0-9a-f]{16})-\d+\.tmp")
_lives: Final[dict[int, str]] = {}
_numbers: Final = itertools.count()


def replace_durably(
    path: Path, data: bytes, *, permit: Permit | None = None, fs: FileSystem = REAL
) -> None:
    """Replace the content of a file so that it survives a loss of power once this returns.

    Parameters
    ----------
    path
        File to create or replace, in a folder that exists.
    data
        New content.
    permit
        Last question before the rename, e.g. `DirectoryLock.check`.
    fs
        Where to write.

    Raises
    ------
    OSError
        The storage refused; the old content is untouched unless only the final synchronization of
        the folder failed, in which case the new content is complete but might not survive.
    """
    temporary = write_temporary(path, data, fs=fs)
    try:
        if permit is not None:
            permit()
        publish(temporary, path, data, fs=fs)
    finally:
        discard(temporary, fs)
    fs.fsync_directory(path.parent)


def replace_atomically(
    path: Path, data: bytes, *, permit: Permit | None = None, fs: FileSystem = REAL
) -> None:
    """Replace the content of a file so that no reader ever sees a part of it.

    Like `replace_durably` without waiting for the storage: for small files that are written often
    and can be lost with the power, such as progress reports.
    """
    temporary = write_temporary(path, data, durable=False, fs=fs)
    try:
        if permit is not None:
            permit()
        publish(temporary, path, data, fs=fs)
    finally:
        discard(temporary, fs)


def this_life() -> str:
    """Return the unique name of the life of this process; a forked child is another life."""
    number = os.getpid()
    return _lives.setdefault(number, f"{number}-{secrets.token_hex(8)}")


def temporary_path(target: Path) -> Path:
    """Return a unique hidden name beside the target that `remove_leftovers` recognizes."""
    return target.with_name(f".{target.name}.{this_life()}-{next(_numbers)}.tmp")


def write_new_file(path: Path, data: bytes, *, durable: bool = True, fs: FileSystem = REAL) -> None:
    """Write a file whose name must not exist; on failure leave nothing behind.

    Raises
    ------
    OSError
        The name is taken or the storage refused.
    """
    descriptor = fs.open_exclusive(path)
    try:
        _fill(descriptor, data, durable, fs)
    except BaseException:
        discard(path, fs)
        raise


def write_temporary(
    target: Path, data: bytes, *, durable: bool = True, fs: FileSystem = REAL
) -> Path:
    """Write data to a new temporary file beside the target; on failure leave nothing behind.

    Raises
    ------
    OSError
        The storage refused, or gave back something else than was written.
    """
    temporary = temporary_path(target)
    try:
        write_new_file(temporary, data, durable=durable, fs=fs)
        if durable and fs.read_bytes(temporary) != data:
            raise OSError(errno.EIO, "the storage returned other bytes than written", str(target))
    except BaseException:
        discard(temporary, fs)
        raise
    return temporary


def publish(temporary: Path, target: Path, data: bytes, *, fs: FileSystem = REAL) -> None:
    """Rename a temporary file onto its target.

    On network storage a rename that reports a failure may have happened (rename(2), BUGS), so the
    target is asked before the failure is believed.
    """
    try:
        fs.replace(temporary, target)
    except OSError:
        if not _holds(target, data, fs):
            raise


def discard(path: Path, fs: FileSystem = REAL) -> None:
    """Remove a temporary file if it is there and can be removed."""
    with suppress(OSError):
        fs.unlink(path)


def remove_leftovers(directory: Path, fs: FileSystem = REAL, life: str | None = None) -> None:
    """Remove temporary files that writing left behind.

    Parameters
    ----------
    directory
        Folder to clean, between writes of this process.
    fs
        Where to clean.
    life
        Only those of this life. Without it those of all: for a new owner of the folder, who so
        takes away the last chance of a former owner that still runs, whose renames find no source.
    """
    for name in fs.list_names(directory):
        found = _TEMPORARY.fullmatch(name)
        if found is not None and life in (None, found[1]):
            with suppress(FileNotFoundError):
                fs.unlink(directory / name)


def make_directory_durably(directory: Path, fs: FileSystem = REAL) -> None:
    """Create a folder and its missing parents so that they survive a loss of power.

    Raises
    ------
    OSError
        A folder cannot be created, or a file stands in the way.
    """
    absolute = directory.absolute()
    missing = [path for path in (absolute, *absolute.parents) if not fs.is_directory(path)]
    for path in reversed(missing):
        try:
            fs.make_directory(path)
        except FileExistsError:
            # Another process may have been faster; a file of that name is still an error.
            if not fs.is_directory(path):
                raise
        # A parent that may not be read cannot be synchronized, and is not ours to mend.
        with suppress(PermissionError):
            fs.fsync_directory(path.parent)
    if not missing:
        # The life that created it may have ended before it could do this.
        with suppress(OSError):
            fs.fsync_directory(absolute.parent)


def _fill(descriptor: int, data: bytes, durable: bool, fs: FileSystem) -> None:
    try:
        rest = memoryview(data)
        while rest:
            rest = rest[fs.write(descriptor, rest) :]
        if durable:
            fs.fsync(descriptor)
    except BaseException:
        with suppress(OSError):
            fs.close(descriptor)
        raise
    fs.close(descriptor)


def _holds(path: Path, data: bytes, fs: FileSystem) -> bool:
    try:
        return fs.read_bytes(path) == data
    except OSError:
        return False
