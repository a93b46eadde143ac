"""Records -> tensors: prepared once, so that a batch costs one ``index_select`` per tensor."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Int
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from dnawire.data import TransportDataset
from dnawire.graphs.schema import MISSING_BASE, JunctionBatch, SpectraBatch
from dnawire.junction import Junction


@dataclass(frozen=True)
class Batch:
    """Some records of one length."""

    junctions: JunctionBatch
    spectra: SpectraBatch
    records: Int[Tensor, " B"]
    """Position of each record in the dataset."""

    def select(self, rows: Int[Tensor, " n"]) -> Batch:
        """The given rows only."""
        junctions = JunctionBatch(*(tensor.index_select(0, rows) for tensor in self.junctions))
        transmission, dos, ldos = self.spectra
        spectra = SpectraBatch(
            transmission.index_select(0, rows),
            dos.index_select(0, rows),
            None if ldos is None else ldos.index_select(0, rows),
        )
        return Batch(junctions, spectra, self.records.index_select(0, rows))

    def to(self, device: torch.device) -> Batch:
        """Copy to a device."""
        return Batch(
            JunctionBatch(*(tensor.to(device) for tensor in self.junctions)),
            SpectraBatch(*(None if t is None else t.to(device) for t in self.spectra)),  # type: ignore[arg-type]
            self.records.to(device),
        )

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
    columns = dataset.batch(records)
    junctions = ladder_batch(columns.codes, columns.gamma_left, columns.gamma_right)
    with np.errstate(divide="ignore"):
        spectra = SpectraBatch(
            torch.from_numpy(np.log10(columns.transmission)),
            torch.from_numpy(np.log10(columns.dos)),
            None if columns.ldos is None else torch.from_numpy(np.log10(columns.ldos)).double(),
        )
    return Batch(junctions, spectra, torch.from_numpy(records))


def ladder_batch(
    codes: NDArray[np.int8], gamma_left: NDArray[np.float64], gamma_right: NDArray[np.float64]
) -> JunctionBatch:
    """Graph tensors of base codes and couplings, all (B, L, 2) in the ladder layout."""
    base = torch.from_numpy(codes).long()
    present = base >= 0
    return JunctionBatch(
        base=torch.where(present, base, MISSING_BASE),
        present=present,
        gamma_left=torch.from_numpy(gamma_left),
        gamma_right=torch.from_numpy(gamma_right),
    )


def iterate(buckets: Sequence[Batch], size: int) -> Iterator[Batch]:
    """Cut buckets into batches of at most ``size`` records, in order."""
    for bucket in buckets:
        for rows in torch.arange(len(bucket)).split(size):
            yield bucket.select(rows)
