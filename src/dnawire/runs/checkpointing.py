"""Keeps a run safe: saves its state at step boundaries, watches for requests to stop, reports."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dnawire.checkpoint import (
    CheckpointStore,
    DirectoryLock,
    SavedCheckpoint,
    SaveInterval,
    StateRegistry,
    encode,
)
from dnawire.cluster import Request, SlurmJob
from dnawire.errors import (
    DivergedError,
    DnawireError,
    LockedError,
    LostProcessError,
    NotFiniteError,
    NotSavedError,
)
from dnawire.monitor import Progress, write_progress
from dnawire.runs.identity import RunIdentity
from dnawire.runs.progress import epoch_seconds, seconds_left
from dnawire.training.callback import Callback
from dnawire.training.state import EpochRecord, RunState

logger = logging.getLogger(__name__)


@dataclass
class StopCallback(Callback):
    """Stops where it is asked to and saves nothing: checkpoints are off, or rank 0 makes them."""

    stop: Request
    num_epochs: int
    locks: Sequence[DirectoryLock] = ()
    """Locks of the folders that this process owns, which need heartbeats."""
    starts: int = 1
    """How often the run was started, this time included."""
    problem: str = ""
    """Why the last save failed; empty if it did not."""

    def before_start(self) -> bool:
        """Return whether a signal has come meanwhile.

        A time limit that is over already lets every start take a step, so that starts add up.
        """
        return self.stop.is_signaled

    def after_batch(self) -> bool:
        """Return whether a stop was asked for."""
        self._send_heartbeats()
        return self.stop.requested

    def after_epoch(self, record: EpochRecord) -> bool:
        """Return whether a stop was asked for and there is work left."""
        self._send_heartbeats()
        return self.stop.requested and record.epoch < self.num_epochs

    def fail(self, error: DnawireError) -> None:
        """Put on record why training ends."""

    def finish(self, status: str) -> None:
        """Put on record how the complete run ended."""

    def _send_heartbeats(self) -> None:
        for lock in self.locks:
            lock.beat()


@dataclass(kw_only=True)
class CheckpointCallback(StopCallback):
    """Saves when the schedule says so, when asked to stop, and at the end.

    A save that fails does not end the run: the last good checkpoint stays, the light files say what
    happened, and the next boundary tries again.
    """

    store: CheckpointStore
    lock: DirectoryLock
    """That of the store."""
    registry: StateRegistry
    state: RunState
    identity: RunIdentity
    job: SlurmJob | None
    """The job of this process, if any."""
    schedule: SaveInterval
    clock: Callable[[], datetime] = datetime.now
    checkpoint_epoch: int = 0
    failure: NotSavedError | None = None
    best: dict[str, Any] | None = None
    """Checkpoint of the best epoch, until it is written."""
    best_epoch: int = 0
    """Best epoch of which a checkpoint was made."""

    def secure_start(self) -> None:
        """Save what was resumed where no latest is; a complete run would never save it."""
        if not self.store.holds_latest():
            self.save()

    def probe_storage(self) -> None:
        """Try to write as much as a save will.

        Raises
        ------
        NotWritableError
            The storage has no room for it, or a limit of the size of files forbids it.
        """
        self.store.probe_writable(len(encode(self.payload())))

    def before_start(self) -> bool:
        """Save and stop if a signal has come meanwhile; otherwise say that the run goes on."""
        if super().before_start():
            return self.save_and_stop()
        self.report("running")
        return False

    def after_batch(self) -> bool:
        """Save if it is time to; stop if that was asked for."""
        if super().after_batch():
            return self.save_and_stop()
        if self.schedule.due():
            self.save(logging.DEBUG)
        return False

    def after_epoch(self, record: EpochRecord) -> bool:
        """Save by number of epochs or by time; write the light files; stop if asked."""
        self._snapshot_best()
        if super().after_epoch(record):
            return self.save_and_stop()
        if self.schedule.due(record.epoch) or record.epoch == self.num_epochs:
            self.save()
        self.report("running")
        return False

    def after_rollback(self) -> None:
        """Put the retry on record, so that no kill can lengthen their number."""
        self.save()
        self.report("running")

    def save(self, level: int = logging.INFO) -> bool:
        """Write the best checkpoint if it is new, then the latest; return whether both are safe.

        The best goes first: the latest names its epoch. A state that is not finite is not written:
        the loop will find it soon and go back, and a resumed run will do the same again.

        Parameters
        ----------
        level
            Level of the message about the latest; saves in mid-epoch would fill the screen.
        """
        try:
            self._snapshot_best()
            seconds = 0.0
            if self.best is not None:
                best = self.store.save_best(self.best)
                self.best, seconds = None, best.seconds
                _tell(best, logging.INFO)
            saved = self.store.save(self.payload())
        except NotFiniteError as error:
            self.problem = error.problem
            self.schedule.postpone()
            logger.error("checkpoint not saved, the last good one stays: %s", error.problem)
            return False
        except NotSavedError as error:
            self.problem, self.failure = error.problem, error
            self.schedule.postpone()
            logger.error("checkpoint not saved, training goes on: %s", error.problem)
            return False
        self.problem, self.failure = "", None
        self.checkpoint_epoch = self.state.epoch
        self.schedule.saved(seconds + saved.seconds)
        _tell(saved, level)
        return True

    def save_and_stop(self) -> bool:
        """Save what is done, for a run that ends here.

        Raises
        ------
        NotSavedError
            If the file system refuses.
        LockedError
            If another run owns the folder now.
        """
        self._restore_folder()
        if not self.save() and self.failure is not None:
            self.report("not saved")
            raise self.failure
        self.report("stopped")
        return True

    def fail(self, error: DnawireError) -> None:
        """Save the last complete step if a process or a folder is lost; record a divergence.

        Raises
        ------
        NotSavedError
            If the file system refuses.
        """
        if isinstance(error, LostProcessError):
            # The step that the other process did not finish has changed nothing.
            self.save_and_stop()
        elif isinstance(error, LockedError):
            # The results may have another owner, and the checkpoints still this one.
            with suppress(LockedError):
                self.save_and_stop()
        elif isinstance(error, DivergedError):
            self.report("diverged")

    def finish(self, status: str) -> None:
        """Say how the complete run ended.

        Raises
        ------
        NotSavedError
            If the final state could not be saved.
        """
        if self.failure is not None:
            self._restore_folder()
            if not self.save():
                self.report("not saved")
                raise self.failure
        self.report(status)

    def adopt(self, run_id: str) -> None:
        """Go on as the run that a checkpoint belongs to."""
        self.identity.run_id = run_id
        self.checkpoint_epoch = self.state.epoch
        self.best_epoch = self.state.best_epoch

    def report(self, status: str) -> None:
        """Write the light files."""
        history = self.state.history
        last = history[-1] if history else None
        progress = Progress(
            epoch=self.state.epoch,
            num_epochs=self.num_epochs,
            train_loss=None if last is None else last.train_loss,
            val_loss=None if last is None else last.val_loss,
            timestamp=self.clock().timestamp(),
            status=status,
            checkpoint_epoch=self.checkpoint_epoch,
            eta_seconds=seconds_left(history, self.num_epochs) if history else None,
            args=self.identity.args,
            learning_rate=None if last is None else last.learning_rate,
            epoch_seconds=epoch_seconds(history) if history else None,
            starts=self.starts,
            lock=self.lock.generation,
            detail=self.problem,
            rollbacks=len(self.state.rollbacks),
        )
        try:
            reason = "".join(self.state.rollbacks[-1:])
            write_progress(self.store.directory, progress, self.lock.check, reason)
        except OSError as error:
            logger.error("progress files not written: %s; training goes on", error)

    def _restore_folder(self) -> None:
        """Make the folder anew if it is gone, because there will be no later attempt."""
        with suppress(OSError):
            self.lock.restore()

    def _snapshot_best(self) -> None:
        """Take the state of a new best epoch now, because the next step changes it."""
        state = self.state
        if state.batch == 0 and state.epoch == state.best_epoch > self.best_epoch:
            self.best, self.best_epoch = self.payload(), state.epoch

    def payload(self) -> dict[str, Any]:
        """Content of a checkpoint of this moment."""
        parts = self.registry.snapshot()
        identity = self.identity
        return {
            "model_state_dict": parts.pop("model"),
            "optimizer_state_dict": parts.pop("optimizer"),
            "epoch": self.state.epoch,
            "train_losses": self.state.train_losses,
            "val_losses": self.state.val_losses,
            "args": dict(identity.args),
            "energy_grid": identity.energies,
            "timestamp": time.time(),
            "resume": {
                "state": parts,
                "run_id": identity.run_id,
                "data_digest": identity.data_digest,
                "question_digest": identity.question_digest,
                "environment": dict(identity.environment),
                "job": {} if self.job is None else self.job.to_plain(),
            },
        }


def _tell(saved: SavedCheckpoint, level: int) -> None:
    logger.log(
        level,
        "checkpoint saved: %s, %.2f MB, %.2f s", saved.path, saved.bytes / 1e6, saved.seconds,
    )  # fmt: skip


def restore(registry: StateRegistry, payload: Mapping[str, Any]) -> None:
    """Put everything back where the checkpoint was taken."""
    registry.restore(
        {
            "model": payload["model_state_dict"],
            "optimizer": payload["optimizer_state_dict"],
            "epoch_start": {},
            **payload["resume"]["state"],
        }
    )
