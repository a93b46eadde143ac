"""One decision for all processes of a run: they stop at the same step, and one of them saves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dnawire.training.callback import Callback
from dnawire.training.interrupts import Request, StopRequest
from dnawire.training.state import EpochRecord

if TYPE_CHECKING:
    from dnawire.training.distributed.group import ProcessGroup


class SharedStop(Request):
    """The most urgent of the requests to stop that have reached any process.

    It changes in `agree` only, so that a signal that comes right after it waits for the next step.

    Parameters
    ----------
    own
        Requests that reach this process.
    highest
        Returns the largest of the numbers that the processes give.
    """

    def __init__(self, own: StopRequest, highest: Callable[[int], int]) -> None:
        self._own = own
        self._highest = highest
        self._urgency = 0

    def agree(self) -> None:
        """Learn what has reached the others; all processes call it at the same step."""
        self._urgency = self._highest(self._own.urgency)

    @property
    def urgency(self) -> int:
        """What all processes have agreed on."""
        return self._urgency


@dataclass(frozen=True)
class SynchronizedCallback:
    """Makes all processes decide alike, and wait for the lead to save before a stop."""

    callback: Callback
    stop: SharedStop
    group: ProcessGroup
    fingerprint: Callable[[], str]
    """Digest of the weights."""

    def before_start(self) -> bool:
        """Whether all processes shall stop before the first step."""
        return self._together(self.callback.before_start)

    def after_batch(self) -> bool:
        """Whether all processes shall stop here."""
        return self._together(self.callback.after_batch)

    def after_epoch(self, record: EpochRecord) -> bool:
        """Whether all processes shall stop here; their weights are compared first.

        Raises
        ------
        ProcessesDisagreeError
            If the weights of two processes differ in any bit.
        """
        self.group.check_equal("the weights", self.fingerprint())
        return self._together(lambda: self.callback.after_epoch(record))

    def after_rollback(self) -> None:
        """Put the retry on record; what made all processes go back is equal in all of them."""
        self.callback.after_rollback()

    def _together(self, decide: Callable[[], bool]) -> bool:
        self.stop.agree()
        if not self.stop.requested:
            return decide()
        with self.group.agreement():
            return decide()


@dataclass(frozen=True)
class FollowerCallback:
    """Callback of a process that keeps nothing and stops when the lead does."""

    stop: Request
    num_epochs: int

    def before_start(self) -> bool:
        """Whether a signal has come meanwhile."""
        return self.stop.is_signaled

    def after_batch(self) -> bool:
        """Whether a stop was asked for."""
        return self.stop.requested

    def after_epoch(self, record: EpochRecord) -> bool:
        """Whether a stop was asked for and there is work left."""
        return self.stop.requested and record.epoch < self.num_epochs

    def after_rollback(self) -> None:
        """Nothing to keep."""


class NoReport:
    """Says nothing: the lead reports."""

    def epoch(self, record: EpochRecord, *, is_best: bool) -> None:
        """Say nothing."""
