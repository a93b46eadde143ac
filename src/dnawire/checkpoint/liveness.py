"""Whether the owner of a folder is alive: one answer for the lock, the monitor and the doctor."""

from __future__ import annotations

from typing import Final

from dnawire.checkpoint.owner import JobProbe, Owner, OwnerState

STALE_SECONDS: Final = 600.0
"""Age of the last heartbeat at which an owner that cannot be asked counts as dead."""


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
