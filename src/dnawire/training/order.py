"""Which records make up which batch: a function of (seed, epoch) and of nothing else."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from dnawire.data import named_seed
from dnawire.training.distributed.local_batch import Bucket, LocalBatch


class BatchOrder:
    """Shuffled batches of equal-length records, drawn anew for each epoch."""

    def __init__(self, buckets: Sequence[Bucket], batch_size: int, seed: int) -> None:
        self._buckets = buckets
        self._batch_size = batch_size
        self._seed = seed

    @property
    def batches_per_epoch(self) -> int:
        """Number of batches in every epoch."""
        return sum(-(-len(bucket) // self._batch_size) for bucket in self._buckets)

    def epoch(self, epoch: int) -> list[tuple[int, Tensor]]:
        """Bucket number and rows of each batch, in the order of training."""
        generator = torch.Generator().manual_seed(named_seed(self._seed, "order", epoch))
        cuts = [
            (number, rows)
            for number, bucket in enumerate(self._buckets)
            for rows in torch.randperm(len(bucket), generator=generator).split(self._batch_size)
        ]
        return [cuts[position] for position in torch.randperm(len(cuts), generator=generator)]

    def batch(self, cut: tuple[int, Tensor]) -> LocalBatch:
        """Gather what this process computes of one batch."""
        number, rows = cut
        return self._buckets[number].cut(rows)
