"""One owner per folder of checkpoints, among processes of one host or of a whole cluster.

Each owner leaves a file ``run-NNNNNN.lock`` whose number, the fencing token, is one above that of
the owner before. The file with the highest number says who owns the folder. It comes into being
complete and at once, by a hard link to a name that must not exist, so of any number of processes
that start together one succeeds. No owner removes the highest number, not even when it gives the
folder back, so that whoever acts on an old view fails or finds a higher number than its own. A lock
file that is missing thus tells of no new owner but of storage that fails or was cleaned up: the
owner goes on, and claims the next number when the storage is back.

A new owner first removes every temporary file of the folder. All writing below it renames such a
file after a last check of ownership (see `dnawire.files.durable`); a former owner that was stopped
between the two and wakes up therefore finds nothing to rename and writes no more.
"""

from __future__ import annotations

import errno
import logging
import math
import os
import re
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Final, NamedTuple, Self

from dnawire.checkpoint import advisory
from dnawire.checkpoint.liveness import STALE_SECONDS, is_copied, liveness_by_silence
from dnawire.checkpoint.owner import JobProbe, Owner, OwnerState, no_batch_jobs
from dnawire.errors import LockedError, NotWritableError
from dnawire.files import ownership
from dnawire.files.durable import (
    discard,
    make_directory_durably,
    remove_leftovers,
    replace_durably,
    write_new_file,
    write_temporary,
)
from dnawire.files.filesystem import REAL, FileSystem

BEAT_SECONDS: Final = 30.0
"""Shortest time between two heartbeats."""

LOCK_NAME: Final = re.compile(r"run-(\d{6,})\.lock")
_ATTEMPTS: Final = 100
_NO_HARD_LINKS: Final = frozenset({errno.EPERM, errno.ENOSYS, errno.ENOTSUP})

logger = logging.getLogger(__name__)


class _LockFile(NamedTuple):
    generation: int
    path: Path


class DirectoryLock:
    """Ownership of a folder: a context manager.

    Parameters
    ----------
    directory
        The folder; created if missing.
    content
        What the folder holds, for messages.
    option
        What names the folder to the user, for messages.
    job_runs
        Whether the batch job of an owner elsewhere still runs.
    fs
        Where to read and write.
    stale_seconds
        Age of the last heartbeat at which an owner counts as dead if nothing else tells: it runs
        on another host, and ``job_runs`` does not know.
    clock
        Monotonic clock in seconds that limits the rate of heartbeats.
    """

    def __init__(
        self,
        directory: Path,
        *,
        content: str = "checkpoints",
        option: str = "folder",
        job_runs: JobProbe = no_batch_jobs,
        fs: FileSystem = REAL,
        stale_seconds: float = STALE_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.directory = directory
        self._content = content
        self._option = option
        self._job_runs = job_runs
        self._fs = fs
        self._stale_seconds = stale_seconds
        self._clock = clock
        self._mine: _LockFile | None = None
        self._me = Owner.this_process()
        self._descriptor: int | None = None
        self._last_beat = clock()

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    @property
    def generation(self) -> int:
        """Fencing token: grows with every owner of the folder; 0 before acquisition."""
        return 0 if self._mine is None else self._mine.generation

    def acquire(self) -> None:
        """Become the owner of the folder, now or never.

        Raises
        ------
        LockedError
            Another process owns it.
        NotWritableError
            The folder cannot be created or written.
        """
        try:
            make_directory_durably(self.directory, self._fs)
            self._acquire()
        except OSError as error:
            raise NotWritableError(
                f"Cannot write {self._content} in {self.directory}: {error}",
                "check the permissions, the free space, the quota and whether a file is in the "
                f"way, or give another {self._option}",
            ) from error

    def release(self) -> None:
        """Give the folder back, if it is still owned."""
        ownership.give_back(self.directory, self.check)
        self._hold_no_more()
        # What cannot be given back falls to the next owner when this process has ended.
        with suppress(OSError, LockedError):
            self.check()
            record = replace(self._me, released=True).to_json()
            # A record torn by a loss of power would keep the next owner waiting.
            replace_durably(self._owned().path, record, permit=self.check, fs=self._fs)
        self._mine = None

    def still_owned(self) -> bool:
        """Whether this process owns the folder at this moment.

        Raises
        ------
        OSError
            See `check`.
        """
        try:
            self.check()
        except LockedError:
            return False
        return True

    def check(self) -> None:
        """Refuse to go on unless this process owns the folder.

        Raises
        ------
        LockedError
            The folder was taken over, or this process never owned it.
        OSError
            The folder cannot be read, or the lock file is gone; see `renew`.
        """
        mine = self._owned()
        if self._newest_unless_foreign() != mine:
            raise OSError(errno.ESTALE, "its lock file is gone", str(self.directory))

    def renew(self) -> None:
        """Own the folder under the next number if the lock file is gone.

        Raises
        ------
        LockedError
            The folder was taken over, or this process never owned it.
        OSError
            The folder cannot be read or written.
        """
        mine, newest = self._owned(), self._newest_unless_foreign()
        if newest == mine:
            return
        number = 1 + max(mine.generation, 0 if newest is None else newest.generation)
        next_ = self._lock_file(number)
        if not self._claim(next_):
            raise self._lost()
        self._take_possession(next_)
        logger.warning("the lock file of %s was gone, and is there again", self.directory)

    def restore(self) -> None:
        """Like `renew`; a folder that is gone is made anew, for what has no later chance."""
        make_directory_durably(self.directory, self._fs)
        self.renew()

    def beat(self) -> None:
        """Tell other hosts that the owner is alive; call it at every step, it limits its own rate.

        Raises
        ------
        LockedError
            Another process owns the folder.
        """
        now = self._clock()
        if now - self._last_beat < BEAT_SECONDS:
            return
        self._last_beat = now
        # Storage that fails for a while is no reason to stop computing: saving will tell.
        with suppress(OSError):
            self.renew()
            self._fs.touch(self._owned().path)

    def _owned(self) -> _LockFile:
        """Return the lock file that this process has made."""
        if self._mine is None or os.getpid() != self._me.process:
            raise self._lost()
        return self._mine

    def _newest_unless_foreign(self) -> _LockFile | None:
        """Return the newest lock file if it is of this process; None if nobody has a sound one.

        A torn one of a higher number is of an owner whose storage knows no hard links.
        """
        newest = self._newest()
        if newest is None:
            return None
        record = self._record_of(newest)
        if record is None and newest <= self._owned():
            return None
        if record is None or record.token != self._me.token:
            raise self._lost()
        return newest

    def _lost(self) -> LockedError:
        return LockedError(
            f"This process ({self._me}) does not own {self.directory}{self._successor()}",
            "let the new owner go on; this process has written nothing since it lost the folder",
        )

    def _hold_no_more(self) -> None:
        if self._descriptor is not None:
            advisory.let_go(self._descriptor)
            self._descriptor = None

    def _successor(self) -> str:
        with suppress(OSError):
            newest = self._newest()
            owner = None if newest is None else self._record_of(newest)
            return "" if owner is None else f"; its newest owner is {owner}"
        return ""

    def _acquire(self) -> None:
        self._me = replace(Owner.this_process(), folder=str(self.directory.resolve()))
        for _ in range(_ATTEMPTS):
            holder = self._newest()
            if holder is not None:
                self._refuse_if_alive(holder)
            number = 1 if holder is None else holder.generation + 1
            mine = self._lock_file(number)
            if self._claim(mine):
                try:
                    self._take_possession(mine)
                except (OSError, LockedError):
                    self.release()
                    raise
                return
        raise self._locked("a process that keeps starting anew")

    def _refuse_if_alive(self, holder: _LockFile) -> None:
        silence = None
        try:
            owner = self._record_of(holder)
            state = OwnerState.UNKNOWN
            if owner is not None:
                state = owner.state(self._me, self._job_runs)
            if state is OwnerState.UNKNOWN:
                silence = self._silence_of(holder)
                state = OwnerState.ALIVE
                if silence is not None:
                    state = liveness_by_silence(owner, silence, self._me, self._stale_seconds)
        except FileNotFoundError:
            # A later owner has removed the file; the claim that follows will meet that owner.
            return
        if state is OwnerState.ALIVE and not is_copied(holder.path, owner):
            raise self._locked(str(owner or f"unknown, see {holder.path.name}"), silence)

    def _silence_of(self, holder: _LockFile) -> float | None:
        """Seconds since the last heartbeat; None if the owner is seen to live."""
        if advisory.is_held(holder.path):
            return None
        beat = self._fs.modified(holder.path)
        # Present and past by the same clock: that of the storage.
        probe = write_temporary(holder.path, b"", durable=False, fs=self._fs)
        try:
            return self._fs.modified(probe) - beat
        except FileNotFoundError:
            # Only a new owner removes it.
            return None
        finally:
            discard(probe, self._fs)

    def _claim(self, mine: _LockFile) -> bool:
        """Create the file of the next generation; False if another process was faster."""
        try:
            self._create(mine.path, self._me.to_json())
        except OSError as error:
            # Network storage may report as failed what has happened, so the file is asked first.
            if not self._is_mine(mine):
                # The name is taken, or a new owner has removed the temporary file.
                if isinstance(error, FileExistsError | FileNotFoundError):
                    return False
                raise
        if self._newest() == mine:
            return True
        # The number was free only because a later owner had removed it.
        discard(mine.path, self._fs)
        return False

    def _create(self, path: Path, record: bytes) -> None:
        """Bring a complete file of a name that must not exist into being at once."""
        temporary = write_temporary(path, record, fs=self._fs)
        try:
            self._fs.link(temporary, path)
        except OSError as error:
            if error.errno not in _NO_HARD_LINKS:
                raise
            # The next best: exclusive, but for a moment incomplete.
            write_new_file(path, record, fs=self._fs)
        finally:
            discard(temporary, self._fs)

    def _is_mine(self, file: _LockFile) -> bool:
        """Whether a lock file holds the record of this process."""
        try:
            record = self._record_of(file)
        except FileNotFoundError:
            return False
        return record is not None and record.token == self._me.token

    def _take_possession(self, mine: _LockFile) -> None:
        self._mine = mine
        self._last_beat = self._clock()
        self._hold_no_more()
        for older in self._files():
            if older.generation < mine.generation:
                discard(older.path, self._fs)
        remove_leftovers(self.directory, self._fs, permit=self.check)
        self._descriptor = advisory.hold(mine.path)
        ownership.claim(self.directory, self.check)

    def _lock_file(self, number: int) -> _LockFile:
        return _LockFile(number, self.directory / f"run-{number:06d}.lock")

    def _files(self) -> list[_LockFile]:
        found = [(LOCK_NAME.fullmatch(name), name) for name in self._fs.list_names(self.directory)]
        return [_LockFile(int(match[1]), self.directory / name) for match, name in found if match]

    def _newest(self) -> _LockFile | None:
        return max(self._files(), default=None)

    def _record_of(self, file: _LockFile) -> Owner | None:
        return Owner.from_json(self._fs.read_bytes(file.path))

    def _locked(self, owner: str, silence: float | None = None) -> LockedError:
        remedy = f"wait until it ends, stop it, or give another {self._option}"
        if silence is not None:
            owner += f"; its last heartbeat is {_duration(silence)} old"
            remedy += (
                "; whether it still runs cannot be seen from here: if it does not, start again in "
                f"{_duration(self._stale_seconds - silence)}, for the folder is free when there "
                f"was no heartbeat for {_duration(self._stale_seconds)}"
            )
        return LockedError(f"{self.directory} is in use by another run: {owner}", remedy)


def _duration(seconds: float) -> str:
    """Duration for people; clocks that disagree give none below zero."""
    minutes, rest = divmod(max(0, math.ceil(seconds)), 60)
    parts = [f"{minutes} min"] * (minutes > 0) + [f"{rest} s"] * (rest > 0 or minutes == 0)
    return " ".join(parts)
