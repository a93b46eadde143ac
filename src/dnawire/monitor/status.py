"""How one run is doing: what its progress file says, held against who owns its folder."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dnawire.checkpoint import Holder, Owner, OwnerState, liveness, read_holder
from dnawire.checkpoint.names import BEST, LATEST, PREVIOUS
from dnawire.cluster import job_runs
from dnawire.monitor.names import PROGRESS_NAME
from dnawire.monitor.progress_file import Progress, UnreadableError, read_progress

RUNNING: Final = "running"
STARTING: Final = "starting"
KILLED: Final = "killed"
LOST: Final = "lost"
FAILED: Final = "failed"
UNREADABLE: Final = "unreadable"

_ASK_SECONDS: Final = 90.0
"""Age of a heartbeat above which the queue is asked too; owners send two a minute."""


@dataclass(frozen=True)
class RunStatus:
    """One run at one moment; None for what is not known. Times are seconds since 1970."""

    path: str
    """Absolute path of the folder."""
    state: str
    """What the run said last, or starting, killed, lost, failed, unreadable."""
    detail: str
    """What went wrong, if anything did."""
    epoch: int | None
    """Completed epochs."""
    num_epochs: int | None
    train_loss: float | None
    val_loss: float | None
    learning_rate: float | None
    seconds_per_epoch: float | None
    """Median of the last epochs."""
    seconds_left: float | None
    """Expected time of computing to the end."""
    last_sign: float | None
    """Time of the last heartbeat or progress file."""
    checkpoint_epoch: int | None
    """Completed epochs in the latest checkpoint, as last reported."""
    checkpoint_time: float | None
    """When the latest checkpoint was written."""
    host: str | None
    process: int | None
    job: str | None
    """SLURM job, if any."""
    starts: int | None
    """How often the run was started."""


def read_status(folder: Path, now: float | None = None, me: Owner | None = None) -> RunStatus:
    """Read the light files of one run.

    Parameters
    ----------
    folder
        Folder of its checkpoints.
    now
        Present time in seconds since 1970; None asks the clock.
    me
        The process that asks; None for this one.
    """
    present = time.time() if now is None else now
    problem = ""
    progress, holder = None, None
    try:
        holder = read_holder(folder)
        progress = read_progress(folder)
    except OSError as error:
        problem = f"{folder}: {error.strerror}"
    except UnreadableError as error:
        problem = str(error)
    if progress is None and holder is None:
        problem = problem or f"no {PROGRESS_NAME}"
    if problem:
        state = UNREADABLE
    else:
        state = _state(progress, holder, _liveness(holder, present, me or Owner.this_process()))
    return _status(folder, state, problem, progress, holder, present)


def _liveness(holder: Holder | None, now: float, me: Owner) -> OwnerState:
    """Whether the owner is alive; the queue is asked only where heartbeats stay away."""
    if holder is None:
        return OwnerState.UNKNOWN
    if holder.is_copied:
        return OwnerState.DEAD
    owner, silence = holder.owner, now - holder.beat
    is_remote = owner is not None and not owner.released and owner.host != me.host
    if is_remote and silence <= _ASK_SECONDS:
        return OwnerState.ALIVE
    return liveness(owner, silence, me, job_runs)


def _state(progress: Progress | None, holder: Holder | None, owner_state: OwnerState) -> str:
    said = (progress and progress.status) or RUNNING
    is_last_word = progress is not None and (
        holder is None or progress.lock in (None, holder.number)
    )
    if owner_state is OwnerState.ALIVE:
        return said if is_last_word else STARTING
    released = holder is not None and holder.owner is not None and holder.owner.released
    if said != RUNNING and (is_last_word or released):
        return said
    if released:
        return FAILED
    return KILLED if owner_state is OwnerState.DEAD else LOST


def _status(
    folder: Path,
    state: str,
    problem: str,
    progress: Progress | None,
    holder: Holder | None,
    now: float,
) -> RunStatus:
    said = progress or Progress()
    owner = None if holder is None else holder.owner
    signs = (holder and holder.beat, said.timestamp)
    return RunStatus(
        path=str(folder.resolve()),
        state=state,
        detail=problem or said.detail or "",
        epoch=said.epoch,
        num_epochs=said.num_epochs,
        train_loss=said.train_loss,
        val_loss=said.val_loss,
        learning_rate=said.learning_rate,
        seconds_per_epoch=said.epoch_seconds,
        seconds_left=_seconds_left(said, state, now),
        last_sign=max((sign for sign in signs if sign is not None), default=None),
        checkpoint_epoch=said.checkpoint_epoch,
        checkpoint_time=_checkpoint_time(folder),
        host=None if owner is None else owner.host,
        process=None if owner is None else owner.process,
        job=None if owner is None else owner.job or None,
        starts=said.starts,
    )


def _seconds_left(said: Progress, state: str, now: float) -> float | None:
    if said.eta_seconds is None:
        return None
    # The file is as old as the last epoch, and the run has gone on since.
    elapsed = now - said.timestamp if state == RUNNING and said.timestamp is not None else 0.0
    return max(0.0, said.eta_seconds - max(0.0, elapsed))


def _checkpoint_time(folder: Path) -> float | None:
    for name in (LATEST, PREVIOUS, BEST):
        with suppress(OSError):
            return (folder / name).stat().st_mtime
    return None
