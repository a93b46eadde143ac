"""What several processes compute is, together, the batches of one."""

from __future__ import annotations

from functools import cache

import pytest
import torch

from dnawire.config import TrainConfig
from dnawire.graphs import Batch, SpectraBatch
from dnawire.models.dropout import Dropout
from dnawire.runs.preparation import prepare_data, prepare_dataset
from dnawire.training.distributed.local_batch import EmptyLocalBatch, ShardedBucket, WholeBucket
from dnawire.training.loss import SpectralLoss
from dnawire.training.order import BatchOrder

CPU = torch.device("cpu")
BATCH = 8


@cache
def buckets() -> list[Batch]:
    """Records of three lengths, and so some batches of very few."""
    values = {"num_samples": 60, "min_length": 3, "seq_length": 5, "num_energy_points": 9}
    config = TrainConfig.from_flat(values)
    return prepare_data(config, prepare_dataset(config), CPU).training


def loss_like(batch: Batch) -> SpectralLoss:
    ones = torch.ones(batch.spectra.known()["log10_dos"].shape[1], dtype=torch.float64)
    scales = {"log10_transmission": ones, "log10_dos": 2.0 * ones}
    return SpectralLoss(scales=scales, steepness=3.0, weights=TrainConfig().loss)


def order_of(rank: int, processes: int) -> BatchOrder:
    sharded = [ShardedBucket(one, loss_like(one), rank, processes) for one in buckets()]
    return BatchOrder(sharded, BATCH, seed=3)


def predicted(batch: Batch) -> SpectraBatch:
    """Any function of a record that knows nothing of the others."""
    known = batch.spectra.known()
    return SpectraBatch(**{name: one.nan_to_num(0.0).sin() for name, one in known.items()})


@pytest.mark.parametrize("processes", [1, 2, 3, 5, 11])
def test_every_record_is_computed_once_and_in_the_order_of_one_process(processes: int) -> None:
    alone = BatchOrder([WholeBucket(one, loss_like(one)) for one in buckets()], BATCH, seed=3)
    orders = [order_of(rank, processes) for rank in range(processes)]
    seen = []
    for cut in alone.epoch(4):
        whole = alone.batch(cut).batch.records
        parts = [order.batch(cut) for order in orders]
        assert torch.equal(torch.cat([part.batch.records for part in parts]), whole)
        assert {part.global_size for part in parts} == {len(whole)}
        seen += whole.tolist()
    assert sorted(seen) == sorted(record for one in buckets() for record in one.records.tolist())


@pytest.mark.parametrize("processes", [2, 3, 11])
def test_the_losses_of_the_parts_add_up_to_that_of_the_batch(processes: int) -> None:
    """The means are weighted, so that parts of equal size do not count the same."""
    alone = BatchOrder([WholeBucket(one, loss_like(one)) for one in buckets()], BATCH, seed=3)
    orders = [order_of(rank, processes) for rank in range(processes)]
    unequal = 0.0
    for cut in alone.epoch(0):
        batch = alone.batch(cut)
        whole = batch.loss_of(predicted(batch.batch)).item()
        parts = [order.batch(cut) for order in orders]
        losses = [part.loss_of(predicted(part.batch)).item() for part in parts]
        assert sum(losses) == pytest.approx(whole, rel=1e-12)
        shares = [part.loss.shares[0] for part in parts if isinstance(part.loss, SpectralLoss)]
        ratios = [
            share * part.global_size / max(1, len(part.batch))
            for share, part in zip(shares, parts, strict=True)
        ]
        unequal = max(unequal, *(abs(ratio - 1.0) for ratio in ratios if ratio))
    assert unequal > 1e-3


def test_a_process_without_a_record_adds_nothing() -> None:
    batch = buckets()[0]
    part = ShardedBucket(batch, loss_like(batch), 0, 3).cut(torch.tensor([1, 0]))
    assert isinstance(part, EmptyLocalBatch)
    loss = part.loss_of(part.batch.spectra)
    loss.backward()
    assert loss.item() == 0.0


@pytest.mark.parametrize("axis", [0, 1])
def test_a_duplex_is_dropped_alike_in_any_part(axis: int) -> None:
    dropout, like = Dropout(0.4), torch.zeros(())
    shape = [5, 5]
    dropout.seed(7, CPU)
    whole = [dropout.draw(like, (5, 5), axis) for _ in range(2)]
    parts = []
    for first, size in ((0, 2), (2, 0), (2, 3)):
        dropout.seed(7, CPU, (first, 5 - first - size))
        shape[axis] = size
        parts.append([dropout.draw(like, tuple(shape), axis) for _ in range(2)])
    for number, mask in enumerate(whole):
        assert torch.equal(torch.cat([part[number] for part in parts], axis), mask)
    assert not torch.equal(whole[0], whole[1])
