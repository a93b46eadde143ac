"""The processes of a run: what they do together, and what that means for a single one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

import torch
from torch import Tensor

from dnawire.checkpoint import StateRegistry
from dnawire.graphs import Batch
from dnawire.training.callback import Callback
from dnawire.training.distributed.share import Bucket, OwnBucket
from dnawire.training.interrupts import Request, StopRequest
from dnawire.training.loss import SpectralLoss


class ProcessGroup(Protocol):
    """All processes of a run; each of them calls the same methods in the same order."""

    rank: int
    """Number of this process; that of the lead, which alone reads and writes files, is 0."""
    size: int
    """Number of processes."""

    def bucket(self, batch: Batch, loss: SpectralLoss) -> Bucket:
        """Records from which batches are cut, each to be divided among the processes."""

    def add(self, gradients: Sequence[Tensor], value: float) -> float:
        """Replace gradients by their sums over all processes, and return the sum of ``value``."""

    def total(self, values: Tensor) -> Tensor:
        """Sum of float64 values over all processes, in the order of their ranks."""

    def device(self, name: str) -> torch.device:
        """Where this process computes if the settings ask for ``name``.

        Raises
        ------
        UsageError
            If the processes would share one GPU.
        """

    def watch(self, stop: StopRequest) -> Request:
        """Requests to stop that reach any of the processes."""

    def synchronized(self, callback: Callback, fingerprint: Callable[[], str]) -> Callback:
        """Callback by which all processes decide alike; their fingerprints must be equal."""

    def spread(self, registry: StateRegistry) -> None:
        """Put all processes into the state of the lead."""

    def check_equal(self, what: str, digest: str) -> None:
        """Refuse to go on unless all processes have the same digest.

        Raises
        ------
        ProcessesDisagreeError
            If they differ.
        """

    def agreement(self) -> AbstractContextManager[None]:
        """Context at whose end all processes learn whether one of them has failed.

        Raises
        ------
        SystemExit
            With the exit code of the first process that failed, which alone raises its error.
        """


class SingleProcess:
    """The only process of a run: whatever all processes do together is done already."""

    rank = 0
    size = 1

    def bucket(self, batch: Batch, loss: SpectralLoss) -> Bucket:
        """Records of which every batch is computed whole."""
        return OwnBucket(batch, loss)

    def add(self, gradients: Sequence[Tensor], value: float) -> float:
        """Return the value."""
        del gradients
        return value

    def total(self, values: Tensor) -> Tensor:
        """Return the values."""
        return values

    def device(self, name: str) -> torch.device:
        """The device of that name; auto takes a GPU if there is one."""
        if name == "auto":
            return torch.device("cuda" if torch.cuda.is_available() else "cpu")
        return torch.device(name)

    def watch(self, stop: StopRequest) -> Request:
        """Return the requests that reach this process."""
        return stop

    def synchronized(self, callback: Callback, fingerprint: Callable[[], str]) -> Callback:
        """Return the callback."""
        del fingerprint
        return callback

    def spread(self, registry: StateRegistry) -> None:
        """Do nothing."""

    def check_equal(self, what: str, digest: str) -> None:
        """Do nothing."""

    def agreement(self) -> AbstractContextManager[None]:
        """Return a context that does nothing."""
        return nullcontext()
