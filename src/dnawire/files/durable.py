"""Replace files so that a reader, a crash or a loss of power finds the old or the new content.

The protocol follows Pillai et al., OSDI 2014 ("All File Systems Are Not Created Equal") and Rebello
et al., ATC 2020 ("Can Applications Recover from fsync Failures?"): a new file, synchronized,
closed, read back, renamed, and the folder synchronized. After any failure the new file is thrown
away: an fsync that failed once must not be trusted when it is repeated.

Below an owned folder (see `ownership`) the new file lies in that folder itself until it is renamed.
A new owner first removes all such files there, and only then writes. A former owner that was
stopped after its last permit therefore finds nothing to rename, wherever below the folder it
writes; one that was stopped before is refused by the permit.
"""

from __future__ import annotations

import errno
import hashlib
import itertools
import os
import re
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Final

from dnawire.files.filesystem import REAL, FileSystem
from dnawire.files.ownership import Permit, folder_around, is_same_storage
from dnawire.files.processes import boot, is_running, namespace

_TEMPORARY: Final = re.compile(r"\.(.+)\.((\d+)-([0-9a-f]{8})[0-9a-f]{8})-\d+\.tmp")
_writers: Final[dict[int, str]] = {}
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
        Last question before the rename, e.g. `DirectoryLock.check`. Without it that of the owned
        folder around the file is asked, if there is one.
    fs
        Where to write.

    Raises
    ------
    OSError
        The storage refused; the old content is untouched unless only the final synchronization of
        the folder failed, in which case the new content is complete but might not survive.
    """
    with asking(path, permit, fs) as ask:
        _write_and_publish(path, data, ask, fs, durable=True)
        fs.fsync_directory(path.parent)


def replace_atomically(
    path: Path, data: bytes, *, permit: Permit | None = None, fs: FileSystem = REAL
) -> None:
    """Replace the content of a file so that no reader ever sees a part of it.

    Like `replace_durably` without waiting for the storage: for small files that are written often
    and can be lost with the power, such as progress reports.
    """
    with asking(path, permit, fs) as ask:
        _write_and_publish(path, data, ask, fs, durable=False)


@contextmanager
def replacing(path: Path, *, permit: Permit | None = None, fs: FileSystem = REAL) -> Iterator[Path]:
    """Context that gives a name to write to, and then replaces a file by what was written there.

    For libraries that want a path, and for what does not fit into memory. Parameters and errors are
    those of `replace_durably`; if the context is left by an error, the file stays as it was.
    """
    with asking(path, permit, fs) as ask:
        temporary = temporary_path(path)
        try:
            yield temporary
            fs.fsync_file(temporary)
            ask()
            fs.replace(temporary, path)
        finally:
            discard(temporary, fs)
        fs.fsync_directory(path.parent)


def append(path: Path, data: bytes, *, permit: Permit | None = None) -> None:
    """Add to the end of a file that a new owner of its folder replaces before it reads it.

    The file is opened before the permit is asked. What a former owner adds that was stopped in
    between thus goes to the replaced file, which has no name any more.

    Raises
    ------
    OSError
        The storage refused; a part may have been added.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o666)
    with asking(path, permit) as ask, open(descriptor, "ab") as file:
        ask()
        file.write(data)


def remove(path: Path, *, permit: Permit | None = None) -> None:
    """Remove a file, unless its folder has a new owner.

    Raises
    ------
    OSError
        There is no such file, or the storage refused.
    """
    with asking(path, permit) as ask:
        ask()
        os.unlink(path)


def move_away(
    names: Iterable[str], directory: Path, archive: str, *, permit: Permit | None = None,
    fs: FileSystem = REAL,
) -> Path:  # fmt: skip
    """Move files of a folder into a new sub-folder of it, in the given order, and synchronize both.

    The sub-folder has a temporary name until all files are there. A new owner of the folder gives
    it its final one, so that a former owner that was stopped in between moves nothing more.

    Returns
    -------
    Path
        The sub-folder: ``archive``, or with a number after it if that is taken.

    Raises
    ------
    OSError
        The storage refused; what was moved so far lies in the sub-folder.
    """
    temporary = temporary_path(directory / archive)
    with asking(temporary, permit, fs) as ask:
        fs.make_directory(temporary)
        try:
            fs.fsync_directory(directory)
            for name in names:
                ask()
                fs.replace(directory / name, temporary / name)
            fs.fsync_directory(temporary)
        except BaseException:
            with suppress(OSError):
                _finish_archive(temporary, archive, fs)
            raise
        final = _finish_archive(temporary, archive, fs)
        fs.fsync_directory(directory)
    return final


def this_writer() -> str:
    """Return the unique name of this process; a forked child is another one.

    Its middle tells the boot of the kernel on which the number of the process means something.
    """
    number = os.getpid()
    return _writers.setdefault(number, f"{number}-{_kernel()}{secrets.token_hex(4)}")


def temporary_path(target: Path) -> Path:
    """Return a unique hidden name that `remove_leftovers` recognizes.

    It lies in the owned folder around the target, where a new owner looks for it, or else beside
    the target; so it does where a sub-folder of the owned one is on other storage.
    """
    owned = folder_around(target)
    folder = target.parent
    if owned is not None and is_same_storage(owned.directory, folder):
        folder = owned.directory
    return folder / f".{target.name}.{this_writer()}-{next(_numbers)}.tmp"


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


def remove_leftovers(
    directory: Path,
    fs: FileSystem = REAL,
    *,
    writer: str | None = None,
    permit: Permit | None = None,
) -> None:
    """Remove temporary files that writing left behind, and finish archives that were cut short.

    Parameters
    ----------
    directory
        Folder to clean, between writes of this process.
    fs
        Where to clean.
    writer
        Only those of this process. Without it those of all: for a new owner of the folder, who so
        takes away the last chance of a former owner that still runs, whose renames find no source.
    permit
        Asked between looking and removing: what a later owner writes is not touched.
    """
    found = map(_TEMPORARY.fullmatch, fs.list_names(directory))
    leftovers = [match for match in found if match and writer in (None, match[2])]
    if permit is not None:
        permit()
    for match in leftovers:
        path = directory / match[0]
        with suppress(FileNotFoundError):
            if fs.is_directory(path):
                _finish_archive(path, match[1], fs)
            else:
                fs.unlink(path)


def torn_leftovers(target: Path, fs: FileSystem = REAL) -> list[Path]:
    """Temporary paths of a target that writers left behind which have ended on this host."""
    matches = filter(None, map(_TEMPORARY.fullmatch, fs.list_names(target.parent)))
    return [
        target.with_name(found[0])
        for found in matches
        if (found[1], found[4]) == (target.name, _kernel()) and not is_running(int(found[3]))
    ]


def _remove_torn(target: Path, fs: FileSystem) -> None:
    with suppress(OSError):
        for path in torn_leftovers(target, fs):
            fs.unlink(path)


@cache
def _kernel() -> str:
    """Digest of what makes a process number unique; random where the system does not tell."""
    known = boot() and f"{boot()} {namespace()}"
    return hashlib.sha256(known.encode()).hexdigest()[:8] if known else secrets.token_hex(4)


def _finish_archive(temporary: Path, archive: str, fs: FileSystem) -> Path:
    """Give the folder of an archive its final name; remove it if it is empty."""
    with suppress(OSError):
        fs.remove_directory(temporary)
        return temporary
    taken = fs.list_names(temporary.parent)
    numbered = (f"{archive}_{number}" for number in itertools.count(2))
    name = next(name for name in itertools.chain([archive], numbered) if name not in taken)
    fs.replace(temporary, temporary.with_name(name))
    return temporary.with_name(name)


def _write_and_publish(
    path: Path, data: bytes, ask: Permit, fs: FileSystem, *, durable: bool
) -> None:
    temporary = write_temporary(path, data, durable=durable, fs=fs)
    try:
        ask()
        publish(temporary, path, data, fs=fs)
    finally:
        discard(temporary, fs)


@contextmanager
def asking(path: Path, permit: Permit | None, fs: FileSystem = REAL) -> Iterator[Permit]:
    """Context that gives what is to be asked, and asks again when the storage seems to fail.

    A new owner takes the temporary files away, which looks like a failing rename.
    """
    owned = folder_around(path) if permit is None else None
    if permit is None and owned is None:
        # Nobody will own the folder and clean it.
        _remove_torn(path, fs)
    ask = permit or (owned.permit if owned is not None else _permit_always)
    try:
        yield ask
    except OSError:
        with suppress(OSError):
            ask()
        raise


def _permit_always() -> None:
    """Nobody owns the folder."""


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
        # The process that created it may have ended before it could do this.
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
