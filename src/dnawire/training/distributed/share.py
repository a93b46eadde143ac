"""What a process has to do of each batch: all of it, or its share among several processes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import torch
from jaxtyping import Float, Int
from torch import Tensor

from dnawire.graphs import Batch, SpectraBatch
from dnawire.models import TransportModel
from dnawire.training.loss import SpectralLoss


@dataclass(frozen=True)
class Share:
    """Consecutive records of a batch; the losses of all shares add up to that of the batch."""

    part: Batch
    loss: SpectralLoss
    others: tuple[int, int] = (0, 0)
    """Numbers of records of the batch before and after the part."""

    @property
    def records(self) -> int:
        """Number of records of the whole batch."""
        before, after = self.others
        return before + len(self.part) + after

    def predict(self, model: TransportModel) -> SpectraBatch:
        """Predict the spectra of the part."""
        return model(self.part.junctions)  # type: ignore[no-any-return]

    def loss_of(self, prediction: SpectraBatch) -> Float[Tensor, ""]:
        """What a prediction of the part adds to the loss of the batch."""
        return self.loss(prediction, self.part.spectra)


class NoShare(Share):
    """The share of a process in a batch with fewer records than there are processes."""

    def predict(self, model: TransportModel) -> SpectraBatch:
        """Predict nothing."""
        del model
        return self.part.spectra

    def loss_of(self, prediction: SpectraBatch) -> Float[Tensor, ""]:
        """Return zero, with no gradient for any parameter."""
        del prediction
        return torch.zeros((), dtype=torch.float64, requires_grad=True)


class Bucket(Protocol):
    """Records of one length, from which batches are cut."""

    def __len__(self) -> int:
        """Number of records."""

    def cut(self, rows: Int[Tensor, " n"]) -> Share:
        """Gather the share of this process in the batch of these rows."""

    def whole(self) -> Share:
        """The share of this process if the bucket is one batch."""


@dataclass(frozen=True)
class OwnBucket:
    """A bucket of the only process."""

    batch: Batch
    loss: SpectralLoss

    def __len__(self) -> int:
        return len(self.batch)

    def cut(self, rows: Int[Tensor, " n"]) -> Share:
        """Gather the batch."""
        return Share(self.batch.select(rows), self.loss)

    def whole(self) -> Share:
        """The bucket as it is."""
        return Share(self.batch, self.loss)


class SharedBucket:
    """A bucket whose batches are divided evenly, in their order, among the processes.

    Parameters
    ----------
    batch
        The records, which every process holds.
    loss
        That of a whole batch.
    rank, processes
        Which of how many processes this one is.
    """

    def __init__(self, batch: Batch, loss: SpectralLoss, rank: int, processes: int) -> None:
        self._batch = batch
        self._loss = loss
        self._rank = rank
        self._processes = processes
        self._weights = loss.weights_of(batch.spectra)

    def __len__(self) -> int:
        return len(self._batch)

    def cut(self, rows: Int[Tensor, " n"]) -> Share:
        """Gather the part of this process."""
        first, last = (len(rows) * rank // self._processes for rank in (self._rank, self._rank + 1))
        own = rows[first:last]
        weights = (self._weights.index_select(0, some).sum(0) for some in (own, rows))
        kind = Share if len(own) else NoShare
        others = first, len(rows) - last
        return kind(self._batch.select(own), self._loss.for_part(*weights), others)

    def whole(self) -> Share:
        """Gather the part of this process."""
        return self.cut(torch.arange(len(self)))
