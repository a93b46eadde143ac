"""What is called at the boundaries of training; each callback may stop the run there."""

from __future__ import annotations

from dnawire.training.state import EpochRecord


class Callback:
    """Called at the start and at every boundary; does nothing. Override what is of interest."""

    def before_start(self) -> bool:
        """Return whether the run shall not start."""
        return False

    def after_batch(self) -> bool:
        """Return whether it shall stop after a batch, of training or of validation."""
        return False

    def after_epoch(self, record: EpochRecord) -> bool:
        """Return whether it shall stop after an epoch."""
        del record
        return False

    def after_rollback(self) -> None:
        """Note that the run went back to the start of its epoch."""


class Callbacks(Callback):
    """Several callbacks in their order; the run stops if one of them says so."""

    def __init__(self, *callbacks: Callback) -> None:
        self._callbacks = callbacks

    def before_start(self) -> bool:
        """Ask all."""
        return any([callback.before_start() for callback in self._callbacks])

    def after_batch(self) -> bool:
        """Ask all."""
        return any([callback.after_batch() for callback in self._callbacks])

    def after_epoch(self, record: EpochRecord) -> bool:
        """Ask all."""
        return any([callback.after_epoch(record) for callback in self._callbacks])

    def after_rollback(self) -> None:
        """Tell all."""
        for callback in self._callbacks:
            callback.after_rollback()
