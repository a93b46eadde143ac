"""Whether the owner of a folder is alive: one answer for the lock, the monitor and the doctor."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from dnawire.checkpoint.owner import JobProbe, Owner, OwnerState
from dnawire.files.filesystem import REAL

STALE_SECONDS: Final = 600.0
"""Age of the last heartbeat at which an owner that cannot be asked counts as dead."""


def is_copied(lock_file: Path, owner: Owner | None) -> bool:
    """Whether a lock file was copied with its folder, in the original of which its owner works.

    Numbers of files are compared, and those of devices are not: the latter differ where network
    storage is mounted twice.
    """
    if owner is None or not owner.folder:
        return False
    original = Path(owner.folder) / lock_file.name
    try:
        found = Owner.from_json(REAL.read_bytes(original))
        is_another = os.stat(original).st_ino != os.stat(lock_file).st_ino
    except OSError:
        return False
    return is_another and found is not None and found.token == owner.token


def liveness(owner: Owner | None, silence: float, me: Owner, job_runs: JobProbe) -> OwnerState:
    """Judge from the process ``me`` whether an owner is alive.

    Parameters
    ----------
    owner
        The owner; None if its record cannot be read.
    silence
        Seconds since its last heartbeat.
    me
        The process that asks.
    job_runs
        Whether the batch job of an owner elsewhere still runs.

    Returns
    -------
    OwnerState
        Unknown only if it is silent for so long that the folder is free.
    """
    state = OwnerState.UNKNOWN if owner is None else owner.state(me, job_runs)
    return liveness_by_silence(owner, silence, me) if state is OwnerState.UNKNOWN else state


def liveness_by_silence(
    owner: Owner | None, silence: float, me: Owner, stale_seconds: float = STALE_SECONDS
) -> OwnerState:
    """Judge an owner of whom nothing but its heartbeats is known; see `liveness`."""
    if owner is not None and owner.ended_with_boot(me, silence):
        return OwnerState.DEAD
    return OwnerState.ALIVE if silence < stale_seconds else OwnerState.UNKNOWN
