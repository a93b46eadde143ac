"""What a process computes of each batch: all of it, or its part among several processes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import torch
from jaxtyping import Float, Int
from torch import Tensor

from dnawire.graphs import Batch, blocks
from dnawire.graphs.schema import Targets
from dnawire.models import TransportModel
from dnawire.training.loss import Loss


@dataclass(frozen=True)
class LocalBatch:
    """Consecutive records of a global batch; the losses of all processes add up to its loss."""

    batch: Batch
    loss: Loss
    others: tuple[int, int] = (0, 0)
    """Numbers of records of the global batch before and after these."""

    @property
    def global_size(self) -> int:
        """Number of records of the global batch."""
        before, after = self.others
        return before + len(self.batch) + after

    def predict(self, model: TransportModel) -> Targets:
        """Predict the target of the model."""
        return model(self.batch.junctions)  # type: ignore[no-any-return]

    def loss_of(self, prediction: Targets) -> Float[Tensor, ""]:
        """What a prediction adds to the loss of the global batch."""
        return self.loss(prediction, self.loss.target_of(self.batch))


class EmptyLocalBatch(LocalBatch):
    """Nothing of a global batch that has fewer records than there are processes."""

    def predict(self, model: TransportModel) -> Targets:
        """Predict nothing."""
        del model
        return self.batch.spectra

    def loss_of(self, prediction: Targets) -> Float[Tensor, ""]:
        """Return zero, with no gradient for any parameter."""
        del prediction
        return torch.zeros((), dtype=torch.float64, requires_grad=True)


class Bucket(Protocol):
    """Records of one length, from which batches are cut."""

    def __len__(self) -> int:
        """Number of records."""

    def cut(self, rows: Int[Tensor, " n"]) -> LocalBatch:
        """Gather what this process computes of the batch of these rows."""

    def whole(self) -> LocalBatch:
        """What this process computes if the bucket is one batch."""


@dataclass(frozen=True)
class WholeBucket:
    """A bucket of the only process."""

    batch: Batch
    loss: Loss

    def __len__(self) -> int:
        return len(self.batch)

    def cut(self, rows: Int[Tensor, " n"]) -> LocalBatch:
        """Gather the batch."""
        return LocalBatch(self.batch.select(rows), self.loss)

    def whole(self) -> LocalBatch:
        """The bucket as it is."""
        return LocalBatch(self.batch, self.loss)


class ShardedBucket:
    """A bucket whose batches are divided evenly, in their order, among the processes.

    Parameters
    ----------
    batch
        The records, which every process holds.
    loss
        That of a global batch.
    rank, world_size
        Which of how many processes this one is.
    """

    def __init__(self, batch: Batch, loss: Loss, rank: int, world_size: int) -> None:
        self._batch = batch
        self._loss = loss
        self._rank = rank
        self._world_size = world_size
        parts = (part for loaded in blocks([batch]) for part in loaded)
        self._weights = torch.cat([loss.weights_of(loss.target_of(part)) for part in parts])

    def __len__(self) -> int:
        return len(self._batch)

    def cut(self, rows: Int[Tensor, " n"]) -> LocalBatch:
        """Gather what this process computes of the batch of these rows."""
        ranks = (self._rank, self._rank + 1)
        first, last = (len(rows) * rank // self._world_size for rank in ranks)
        own = rows[first:last]
        weights = (self._weights.index_select(0, some).sum(0) for some in (own, rows))
        kind = LocalBatch if len(own) else EmptyLocalBatch
        others = first, len(rows) - last
        return kind(self._batch.select(own), self._loss.for_part(*weights), others)

    def whole(self) -> LocalBatch:
        """What this process computes if the bucket is one batch."""
        return self.cut(torch.arange(len(self)))
