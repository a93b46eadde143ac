"""The store: where the training state of a run lies so that it cannot be lost.

A folder holds the latest generation, the one before it and the best. Each is replaced by the
protocol of `dnawire.files.durable`, and at every instant, whatever is killed or fails, at least one
complete generation that is not older than the last successful save is there.
"""

from __future__ import annotations

import errno
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from dnawire.checkpoint.application import ANY_APPLICATION, Application
from dnawire.checkpoint.finite import not_finite
from dnawire.checkpoint.format import encode
from dnawire.checkpoint.generations import (
    LoadedCheckpoint,
    SealedFile,
    load_newest,
    read_sealed,
    sealed_generations,
)
from dnawire.checkpoint.lock import DirectoryLock
from dnawire.checkpoint.names import BEST, LATEST, PREVIOUS
from dnawire.errors import (
    NotFiniteError,
    NotFoundError,
    NotSavedError,
    NotWritableError,
    UnusableCheckpointError,
)
from dnawire.files.durable import (
    discard,
    make_directory_durably,
    move_away,
    publish,
    remove_leftovers,
    replace_durably,
    temporary_path,
    this_writer,
    write_new_file,
    write_temporary,
)
from dnawire.files.filesystem import REAL, FileSystem

_NO_HARD_LINKS: Final = frozenset(
    {errno.EPERM, errno.ENOSYS, errno.ENOTSUP, errno.EMLINK, errno.EXDEV}
)


@dataclass(frozen=True)
class SavedCheckpoint:
    """A checkpoint that is on stable storage.

    Parameters
    ----------
    path
        The file.
    bytes
        Its size.
    seconds
        Time that saving took.
    """

    path: Path
    bytes: int
    seconds: float


class CheckpointStore:
    """Durable checkpoints of one folder.

    Parameters
    ----------
    directory
        The folder.
    lock
        Ownership of the folder, acquired. Without it the store can be read only.
    fs
        Where to read and write.
    application
        The program that saves and loads.
    """

    def __init__(
        self,
        directory: Path,
        lock: DirectoryLock | None = None,
        fs: FileSystem = REAL,
        application: Application = ANY_APPLICATION,
    ) -> None:
        self.directory = directory
        self._application = application
        self._lock = lock
        self._fs = fs
        self._counter = 0
        self._written = 0

    @property
    def latest(self) -> Path:
        """File of the latest generation."""
        return self.directory / LATEST

    @property
    def previous(self) -> Path:
        """File of the generation before the latest."""
        return self.directory / PREVIOUS

    @property
    def best(self) -> Path:
        """File of the best state."""
        return self.directory / BEST

    def save(self, payload: Mapping[str, Any]) -> SavedCheckpoint:
        """Store the next generation; what was the latest becomes the previous.

        Parameters
        ----------
        payload
            See `encode`.

        Raises
        ------
        NotFiniteError
            A tensor of the state holds a NaN or an infinity; nothing was touched.
        NotSavedError
            The storage refused. The last good generation is intact, and the next save starts anew.
        LockedError
            Another process owns the folder now; nothing of this save became visible.
        UnusableCheckpointError
            The folder holds a generation of a newer format, which is not overwritten.
        """
        started = time.perf_counter()
        _refuse_not_finite(payload)
        with self._saving(self.latest) as lock:
            generations = self._good_generations()
            data = self._encode(payload, generations)
            temporary = write_temporary(self.latest, data, fs=self._fs)
            spare = temporary_path(self.previous)
            try:
                keep = self._worth_keeping(generations)
                if keep is not None:
                    self._write_second(spare, keep)
                lock.check()
                if keep is not None:
                    publish(spare, self.previous, keep, fs=self._fs)
                publish(temporary, self.latest, data, fs=self._fs)
            finally:
                discard(temporary, self._fs)
                # Renaming one name of a file onto another of its names leaves both.
                discard(spare, self._fs)
            self._fs.fsync_directory(self.directory)
            self._written = self._counter
        return self._saved(self.latest, data, started)

    def save_best(self, payload: Mapping[str, Any]) -> SavedCheckpoint:
        """Store the best state; raises like `save`."""
        started = time.perf_counter()
        _refuse_not_finite(payload)
        with self._saving(self.best) as lock:
            data = self._encode(payload, [])
            replace_durably(self.best, data, permit=lock.check, fs=self._fs)
        return self._saved(self.best, data, started)

    def load_latest(self) -> LoadedCheckpoint | None:
        """Load the newest verified generation, or None if the folder holds no checkpoint.

        The best state stands in where there is no generation.

        Raises
        ------
        UnusableCheckpointError
            There are checkpoints, and none can be trusted.
        NotReadableError
            The permissions of a checkpoint forbid to read it.
        """
        found = load_newest(self.directory, self._fs, application=self._application)
        if found is not None:
            self._counter = max(self._counter, found.counter)
        return found

    def holds_latest(self) -> bool:
        """Whether there is a file of the latest generation, as far as the folder can be read."""
        with suppress(OSError):
            return LATEST in self._fs.list_names(self.directory)
        return False

    def _what_is_left(self) -> str:
        with suppress(OSError):
            if not {LATEST, PREVIOUS, BEST} & set(self._fs.list_names(self.directory)):
                return "no checkpoint is in the folder"
        return "the last good checkpoint is intact"

    def archive(self, also: Iterable[str] = ()) -> Path | None:
        """Move the files of an old run into a dated sub-folder.

        Parameters
        ----------
        also
            Names of further files of the run.

        Returns
        -------
        Path or None
            The sub-folder; None if there was nothing to move.

        Raises
        ------
        NotWritableError
            A file cannot be moved.
        """
        lock = self._owner()
        try:
            present = set(self._fs.list_names(self.directory))
            # The latest goes last: cut short, the old run is still resumed as it was.
            names = [name for name in (*also, BEST, PREVIOUS, LATEST) if name in present]
            if not names:
                return None
            archive = f"set_aside_{datetime.now():%Y-%m-%dT%H-%M-%S}"
            return move_away(names, self.directory, archive, permit=lock.check, fs=self._fs)
        except OSError as error:
            raise self._not_writable(error) from error

    def probe_writable(self, size: int = 4096) -> None:
        """Create the folder, and write, synchronize and remove a file of ``size`` bytes in it.

        Raises
        ------
        NotWritableError
            It is impossible: read-only, a file in the way, disk full, quota exceeded.
        """
        try:
            make_directory_durably(self.directory, self._fs)
            probe = write_temporary(self.directory / "probe", bytes(size), fs=self._fs)
            self._fs.unlink(probe)
        except OSError as error:
            raise self._not_writable(error) from error

    def _owner(self) -> DirectoryLock:
        if self._lock is None:
            raise RuntimeError("a store without a lock can be read only")
        return self._lock

    @contextmanager
    def _saving(self, path: Path) -> Iterator[DirectoryLock]:
        lock = self._owner()
        try:
            lock.renew()
            remove_leftovers(self.directory, self._fs, writer=this_writer())
            yield lock
        except OSError as error:
            # A new owner takes the temporary files away, which looks like a failing rename.
            with suppress(OSError):
                lock.check()
            raise NotSavedError(
                f"Failed to save checkpoint {path}: {error}",
                "free space or raise the quota, and check that the storage is healthy; "
                + self._what_is_left(),
            ) from error

    def _good_generations(self) -> list[SealedFile]:
        """Good generations, newest first; the latest alone if it is as this store wrote it."""
        with suppress(NotFoundError, UnusableCheckpointError):
            latest = read_sealed(self.latest, self._fs) if self._written else None
            if latest is not None and latest.seal.counter == self._written:
                return [latest]
        return sealed_generations(self.directory, self._fs)[0]

    def _encode(self, payload: Mapping[str, Any], generations: list[SealedFile]) -> bytes:
        newest = generations[0].seal.counter if generations else 0
        self._counter = max(self._counter, newest) + 1
        return encode(payload, self._counter, self._application.keys)

    def _worth_keeping(self, generations: list[SealedFile]) -> bytes | None:
        """Return the latest file if it may take the place of the previous one.

        A damaged file, or one older than the previous, must not push out the last good one.
        """
        if generations and generations[0].path == self.latest:
            return generations[0].data
        return None

    def _write_second(self, spare: Path, latest: bytes) -> None:
        """Give the latest file a second name, or a copy, so that the first never disappears."""
        try:
            self._fs.link(self.latest, spare)
        except FileExistsError:
            # The name is unique: network storage repeated a request that had succeeded.
            return
        except OSError as error:
            if error.errno not in _NO_HARD_LINKS:
                raise
            write_new_file(spare, latest, fs=self._fs)

    def _not_writable(self, error: OSError) -> NotWritableError:
        return NotWritableError(
            f"Cannot write checkpoints in {self.directory}: {error}",
            "check the permissions, the free space, the quota and whether a file is in the way, "
            f"or {self._application.not_writable}",
        )

    @staticmethod
    def _saved(path: Path, data: bytes, started: float) -> SavedCheckpoint:
        return SavedCheckpoint(path, len(data), time.perf_counter() - started)


def _refuse_not_finite(payload: Mapping[str, Any]) -> None:
    place = not_finite(payload)
    if place is not None:
        raise NotFiniteError(
            f"{place.lstrip('/')} holds a NaN or an infinity and is not stored",
            "resume from the last good checkpoint, which is untouched",
        )
