"""Whether a folder keeps the promises on which checkpoints rest; tried out, not looked up."""

from __future__ import annotations

import os
import shutil
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dnawire.checkpoint import (
    REAL,
    FileSystem,
    Owner,
    OwnerState,
    advisory,
    liveness,
    read_holder,
    replace_atomically,
    replace_durably,
)
from dnawire.cluster import job_runs
from dnawire.doctor.finding import Finding

SLOW_SECONDS: Final = 1.0
"""A small synchronized write that takes longer is worth a warning."""

CLOCK_SECONDS: Final = 5.0
"""Largest difference between the clocks of this host and of the storage that is not mentioned."""

FILES_PER_FOLDER: Final = 5
"""Latest, previous, best, and what is being written; one in reserve."""

_REPLACEMENTS: Final = 200
_TRIALS: Final = 5
_IN_MEMORY: Final = frozenset({"tmpfs", "ramfs"})
_OF_CONTAINERS: Final = frozenset({"overlay", "aufs"})
_ESCAPES: Final = {"\\040": " ", "\\011": "\t", "\\012": "\n", "\\134": "\\"}


@dataclass(frozen=True)
class Storage:
    """A folder to examine, which need not exist yet.

    Parameters
    ----------
    folder
        The folder of checkpoints.
    probe
        A new folder in it, or in the nearest folder above that exists, for trials.
    """

    folder: Path
    probe: Path
    fs: FileSystem = REAL

    @classmethod
    @contextmanager
    def opened(cls, folder: Path) -> Iterator[Storage]:
        """Make the folder for trials, and remove it.

        Raises
        ------
        OSError
            Nothing can be written there.
        """
        existing = next(path for path in (folder, *folder.absolute().parents) if path.exists())
        probe = Path(tempfile.mkdtemp(prefix=".doctor-", dir=existing))
        try:
            yield cls(folder, probe)
        finally:
            shutil.rmtree(probe, ignore_errors=True)


def storage_findings(storage: Storage, size: int) -> list[Finding]:
    """Try out what a run relies on.

    Parameters
    ----------
    storage
        Where.
    size
        Size of a checkpoint in bytes.
    """
    trials: list[Callable[[Storage], Finding]] = [
        _kind, _rename, _names, _lock, _synchronization, _clock, _owner,
    ]  # fmt: skip
    return [*(trial(storage) for trial in trials), _space(storage, size)]


def _kind(storage: Storage) -> Finding:
    kind = file_system(storage.probe)
    if kind in _IN_MEMORY:
        return Finding.problem(
            "file system",
            f"{kind}: it lives in memory and is gone after a reboot, often after the job",
            "give a --checkpoint_dir on a disk or on the storage of the cluster",
        )
    if kind in _OF_CONTAINERS:
        return Finding.warning(
            "file system",
            f"{kind}: it belongs to a container and may go with it",
            "give a --checkpoint_dir that is mounted from outside",
        )
    return Finding.ok("file system", kind)


def _rename(storage: Storage) -> Finding:
    """Read a file again and again while it is replaced: it is always there, old or new."""
    target = storage.probe / "target"
    contents = [bytes([number]) * 4096 for number in range(2)]
    replace_atomically(target, contents[0], fs=storage.fs)
    faults: list[str] = []
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            try:
                if storage.fs.read_bytes(target) not in contents:
                    faults.append("half a file was read")
            except OSError as error:
                faults.append(str(error))

    reader = threading.Thread(target=read)
    reader.start()
    try:
        for number in range(_REPLACEMENTS):
            replace_atomically(target, contents[number % 2], fs=storage.fs)
    finally:
        done.set()
        reader.join()
    if faults:
        return Finding.problem(
            "rename",
            f"does not replace a file at once: {faults[0]}",
            "give a --checkpoint_dir on another file system",
        )
    return Finding.ok("rename", f"replaced a file {_REPLACEMENTS} times at once under a reader")


def _names(storage: Storage) -> Finding:
    source, name = storage.probe / "source", storage.probe / "name"
    storage.fs.close(storage.fs.open_exclusive(source))
    if not _is_refused(lambda: storage.fs.close(storage.fs.open_exclusive(source))):
        return Finding.problem(
            "new names",
            "two processes could create one file: two runs could own one folder",
            "give a --checkpoint_dir on another file system",
        )
    try:
        storage.fs.link(source, name)
    except OSError as error:
        return Finding.ok("new names", f"exclusive; no hard links ({error.strerror}), not needed")
    if not _is_refused(lambda: storage.fs.link(source, name)):
        return Finding.problem(
            "new names",
            "a hard link replaces a name that exists: two runs could own one folder",
            "give a --checkpoint_dir on another file system",
        )
    return Finding.ok("new names", "exclusive, and so are hard links: one owner per folder")


def _is_refused(action: Callable[[], None]) -> bool:
    try:
        action()
    except FileExistsError:
        return True
    return False


def _lock(storage: Storage) -> Finding:
    path = storage.probe / "lock"
    path.touch()
    descriptor = advisory.hold(path)
    if descriptor is None:
        return Finding.ok("kernel lock", "refused; an extra only, not needed")
    seen = advisory.is_held(path)
    advisory.let_go(descriptor)
    words = "seen by others" if seen else "not seen by others; an extra only, not needed"
    return Finding.ok("kernel lock", words)


def _synchronization(storage: Storage) -> Finding:
    target = storage.probe / "synchronized"
    seconds = []
    try:
        for _ in range(_TRIALS):
            start = time.perf_counter()
            replace_durably(target, b"x" * 4096, fs=storage.fs)
            seconds.append(time.perf_counter() - start)
    except OSError as error:
        return Finding.problem(
            "fsync", f"fails: {error}", "give a --checkpoint_dir on another file system"
        )
    typical = statistics.median(seconds)
    if typical > SLOW_SECONDS:
        return Finding.warning(
            "fsync",
            f"a small file takes {typical:.1f} s",
            "raise --checkpoint_seconds, or give a --checkpoint_dir on faster storage",
        )
    return Finding.ok("fsync", f"a small file takes {1000 * typical:.1f} ms")


def _clock(storage: Storage) -> Finding:
    path = storage.probe / "now"
    before = time.time()
    path.touch()
    after, stamp = time.time(), storage.fs.modified(path)
    ahead = max(stamp - after, before - stamp, 0.0)
    if ahead > CLOCK_SECONDS:
        return Finding.warning(
            "clock",
            f"this host and the storage differ by {ahead:.0f} s; no run depends on it",
            "tell the administrators: dates of files mislead people",
        )
    return Finding.ok("clock", "this host and the storage agree")


def _owner(storage: Storage) -> Finding:
    holder = read_holder(storage.folder) if storage.folder.is_dir() else None
    if holder is None:
        return Finding.ok("owner", "nobody has used the folder")
    if holder.owner is None:
        return Finding.warning("owner", "the lock file cannot be read", "see who writes there")
    me, age = Owner.this_process(), time.time() - holder.beat
    state = liveness(holder.owner, age, me, job_runs)
    if state is OwnerState.ALIVE and not holder.is_copied:
        return Finding.warning(
            "owner",
            f"in use: {holder.owner}; another run would end with exit code 76",
            "wait until it ends, stop it, or give another --checkpoint_dir",
        )
    return Finding.ok("owner", f"free; last used by {holder.owner}")


def _space(storage: Storage, size: int) -> Finding:
    """Free space as the file system counts it; a quota shows in the trial of saving."""
    found = os.statvfs(storage.probe)
    free, needed = found.f_bavail * found.f_frsize, FILES_PER_FOLDER * size
    text = f"{free / 1e9:.1f} GB free, {needed / 1e9:.3f} GB needed"
    if free < needed or (found.f_files and not found.f_favail):
        return Finding.problem("space", text, "remove what is not needed, or choose another folder")
    return Finding.ok("space", text)


def file_system(path: Path, mounts: Path = Path("/proc/self/mounts")) -> str:
    """Return the type of the file system of a path, as the kernel calls it; empty if unknown."""
    resolved = path.resolve()
    found = ("", "unknown")
    try:
        lines = mounts.read_text().splitlines()
    except OSError:
        return found[1]
    for line in lines:
        point, kind = line.split()[1:3]
        for escape, letter in _ESCAPES.items():
            point = point.replace(escape, letter)
        if resolved.is_relative_to(point) and len(point) >= len(found[0]):
            found = (point, kind)
    return found[1]
