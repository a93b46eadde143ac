"""Records -> tensors: prepared once, so that a batch costs one ``index_select`` per tensor."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from dnawire.data import TransportDataset
from dnawire.graphs.schema import JunctionBatch, SpectraBatch
from dnawire.junction import MISSING_CODE, Junction


@dataclass(frozen=True)
class Batch:
    """Some records of one length."""

    junctions: JunctionBatch
    spectra: SpectraBatch
    records: Int[Tensor, " B"]
    """Position of each record in the dataset."""

    def select(self, rows: Int[Tensor, " n"]) -> Batch:
        """The given rows only; these may be on any device."""
        here = rows.to(self.records.device)
        return self._mapped(lambda tensor: tensor.index_select(0, here))

    def to(self, device: torch.device) -> Batch:
        """Copy to a device."""
        return self._mapped(lambda tensor: tensor.to(device))

    def _mapped(self, function: Callable[[Tensor], Tensor]) -> Batch:
        junctions = JunctionBatch(*map(function, self.junctions))
        spectra = {name: function(one) for name, one in self.spectra.known().items()}
        return Batch(junctions, SpectraBatch(**spectra), function(self.records))

    def __len__(self) -> int:
        return len(self.records)


def junction_batch(junctions: Sequence[Junction]) -> JunctionBatch:
    """Graph tensors of junctions of one length, in the ladder layout."""
    return ladder_batch(
        np.stack([junction.duplex.codes for junction in junctions]),
        np.stack([junction.gamma_left for junction in junctions]),
        np.stack([junction.gamma_right for junction in junctions]),
    )


def length_buckets(dataset: TransportDataset, records: ArrayLike) -> list[Batch]:
    """All given records as one batch per duplex length, shortest first."""
    chosen = np.asarray(records, dtype=np.int64)
    lengths = dataset.lengths[chosen]
    return [_bucket(dataset, chosen[lengths == length]) for length in np.unique(lengths)]


def _bucket(dataset: TransportDataset, records: NDArray[np.int64]) -> Batch:
    part = dataset.select(records)
    junctions = ladder_batch(*part.junction_arrays())
    num_energies = len(part.energies)
    spectra = {}
    for quantity in part.quantities:
        values = part.spectra[quantity.column].values.reshape(-1, num_energies)
        if quantity.has_sites:
            values = _in_ladder(values, junctions.present.numpy())
        spectra[quantity.column] = torch.from_numpy(values)
    return Batch(junctions, SpectraBatch(**spectra), torch.from_numpy(records))


def _in_ladder(
    rows: Float[NDArray[Any], "sites E"], present: Bool[NDArray[Any], "B L 2"]
) -> Float[NDArray[Any], "B L 2 E"]:
    """Values of sites in ladder layout; -inf, which is no target, where there is no base."""
    ladder = np.full((*present.shape, rows.shape[1]), -np.inf)
    ladder[present] = rows
    return ladder


def ladder_batch(
    codes: NDArray[np.int8], gamma_left: NDArray[np.float64], gamma_right: NDArray[np.float64]
) -> JunctionBatch:
    """Graph tensors of base codes and couplings, all (B, L, 2) in the ladder layout."""
    base = torch.from_numpy(codes).long()
    return JunctionBatch(
        base=base,
        present=base != MISSING_CODE,
        gamma_left=torch.from_numpy(gamma_left),
        gamma_right=torch.from_numpy(gamma_right),
    )


def iterate(buckets: Sequence[Batch], size: int) -> Iterator[Batch]:
    """Cut buckets into batches of at most ``size`` records, in order."""
    for bucket in buckets:
        for rows in torch.arange(len(bucket)).split(size):
            yield bucket.select(rows)
