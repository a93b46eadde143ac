"""One decision for all processes of a run: they stop at the same step, and rank 0 saves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dnawire.cluster import Request, StopRequest
from dnawire.training.callback import Callback
from dnawire.training.state import EpochRecord

if TYPE_CHECKING:
    from dnawire.training.distributed.group import ProcessGroup


class SynchronizedStop(Request):
    """The most urgent of the requests to stop that have reached any process.

    It changes in `synchronize` only, so that a signal that comes right after it waits for the next
    step.

    Parameters
    ----------
    own
        Requests that reach this process.
    all_reduce_max
        Returns the largest of the numbers that the processes give.
    """

    def __init__(self, own: StopRequest, all_reduce_max: Callable[[int], int]) -> None:
        self._own = own
        self._all_reduce_max = all_reduce_max
        self._urgency = 0

    def synchronize(self) -> None:
        """Learn what has reached the others; all processes call it at the same step."""
        self._urgency = self._all_reduce_max(self._own.urgency)

    @property
    def urgency(self) -> int:
        """The largest of all processes, as of the last `synchronize`."""
        return self._urgency


@dataclass(frozen=True)
class SynchronizedCallback(Callback):
    """Makes all processes decide alike, and wait for rank 0 to save before a stop."""

    callback: Callback
    stop: SynchronizedStop
    group: ProcessGroup
    digest: Callable[[], str]
    """Digest of the weights."""

    def before_start(self) -> bool:
        """Return whether all processes shall stop before the first step."""
        return self._decide(self.callback.before_start)

    def after_batch(self) -> bool:
        """Return whether all processes shall stop here."""
        return self._decide(self.callback.after_batch)

    def after_epoch(self, record: EpochRecord) -> bool:
        """Return whether all processes shall stop here; their weights are compared first.

        Raises
        ------
        ProcessesDisagreeError
            If the weights of two processes differ in any bit.
        """
        self.group.verify_equal("the weights", self.digest())
        return self._decide(lambda: self.callback.after_epoch(record))

    def after_rollback(self) -> None:
        """Put the retry on record; what made all processes go back is equal in all of them."""
        self.callback.after_rollback()

    def _decide(self, decide: Callable[[], bool]) -> bool:
        self.stop.synchronize()
        if not self.stop.requested:
            return decide()
        with self.group.synchronized_errors():
            return decide()
