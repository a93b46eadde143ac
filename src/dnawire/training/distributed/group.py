"""The processes of a run: their collective operations, and what these mean for a single one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

import torch
from torch import Tensor

from dnawire.checkpoint import StateRegistry
from dnawire.cluster import Request, StopRequest
from dnawire.graphs import Batch
from dnawire.operators.device import named_device
from dnawire.training.callback import Callback
from dnawire.training.distributed.local_batch import Bucket, WholeBucket
from dnawire.training.loss import Loss


class ProcessGroup(Protocol):
    """All processes of a run; each of them calls the same methods in the same order."""

    rank: int
    """Number of this process; only that of rank 0 reads and writes the files of the run."""
    size: int
    """Number of processes."""

    def bucket(self, batch: Batch, loss: Loss) -> Bucket:
        """Records from which batches are cut, each to be divided among the processes."""

    def all_reduce(self, gradients: Sequence[Tensor], value: float) -> float:
        """Replace gradients by their sums over all processes, and return the sum of ``value``."""

    def sum(self, values: Tensor) -> Tensor:
        """Sum of float64 values over all processes, in the order of their ranks."""

    def device(self, name: str) -> torch.device:
        """Where this process computes if the settings ask for ``name``.

        Raises
        ------
        UsageError
            If the processes would share one GPU, or there is none.
        """

    def synchronized_stop(self, stop: StopRequest) -> Request:
        """Requests to stop that reach any of the processes."""

    def synchronized(self, callback: Callback, digest: Callable[[], str]) -> Callback:
        """Callback by which all processes decide alike; the digests of their weights are equal."""

    def broadcast(self, registry: StateRegistry) -> None:
        """Put all processes into the state of rank 0."""

    def verify_equal(self, what: str, digest: str) -> None:
        """Refuse to go on unless all processes have the same digest.

        Raises
        ------
        ProcessesDisagreeError
            If they differ.
        """

    def synchronized_errors(self) -> AbstractContextManager[None]:
        """Context at whose end all processes learn whether one of them has failed.

        Raises
        ------
        SystemExit
            With the exit code of the first process that failed, which alone raises its error.
        """


class SingleProcess:
    """The only process of a run, for which every collective operation is done already."""

    rank = 0
    size = 1

    def bucket(self, batch: Batch, loss: Loss) -> Bucket:
        """Records of which every batch is computed whole."""
        return WholeBucket(batch, loss)

    def all_reduce(self, gradients: Sequence[Tensor], value: float) -> float:
        """Return the value."""
        del gradients
        return value

    def sum(self, values: Tensor) -> Tensor:
        """Return the values."""
        return values

    def device(self, name: str) -> torch.device:
        """The device of that name; see `named_device`."""
        return named_device(name)

    def synchronized_stop(self, stop: StopRequest) -> Request:
        """Return the requests that reach this process."""
        return stop

    def synchronized(self, callback: Callback, digest: Callable[[], str]) -> Callback:
        """Return the callback."""
        del digest
        return callback

    def broadcast(self, registry: StateRegistry) -> None:
        """Do nothing."""

    def verify_equal(self, what: str, digest: str) -> None:
        """Do nothing."""

    def synchronized_errors(self) -> AbstractContextManager[None]:
        """Return a context that does nothing."""
        return nullcontext()
