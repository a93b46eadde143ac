"""Whether the owner of a folder is alive: one answer for the lock, the monitor and the doctor."""

from __future__ import annotations

from typing import Final

from dnawire.checkpoint.owner import Life, Owner

STALE_SECONDS: Final = 600.0
"""Age of the last heartbeat at which an owner that cannot be asked counts as dead."""


def liveness(owner: Owner | None, silence: float, me: Owner) -> Life:
    """Judge from the process ``me`` whether an owner is alive.

    Parameters
    ----------
    owner
        The owner; None if its record cannot be read.
    silence
        Seconds since its last heartbeat.
    me
        The process that asks.

    Returns
    -------
    Life
        Unknown only if it is silent for so long that the folder is free.
    """
    life = Life.UNKNOWN if owner is None else owner.life(me)
    return liveness_by_silence(owner, silence, me) if life is Life.UNKNOWN else life


def liveness_by_silence(
    owner: Owner | None, silence: float, me: Owner, stale_seconds: float = STALE_SECONDS
) -> Life:
    """Judge an owner of whom nothing but its heartbeats is known; see `liveness`."""
    if owner is not None and owner.ended_with_boot(me, silence):
        return Life.DEAD
    return Life.ALIVE if silence < stale_seconds else Life.UNKNOWN
