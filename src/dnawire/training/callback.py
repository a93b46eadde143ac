"""What a run is told at its boundaries; whoever listens decides whether it stops there."""

from __future__ import annotations

from typing import Protocol

from dnawire.training.state import EpochRecord


class Callback(Protocol):
    """Called at the start and at every step boundary; decides whether the run stops there."""

    def before_start(self) -> bool:
        """Whether the run shall not start."""

    def after_batch(self) -> bool:
        """Whether it shall stop after a batch; if so, its state is saved."""

    def after_epoch(self, record: EpochRecord) -> bool:
        """Whether it shall stop after an epoch; if so, its state is saved."""

    def after_rollback(self) -> None:
        """The run went back to the start of its epoch; the retry shall be on record."""
