"""Records -> tensors: a batch costs one ``index_select`` per tensor, or is read from disk."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

import numpy as np
import torch
from jaxtyping import Float, Int
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from dnawire.data import Column, TransportDataset
from dnawire.graphs.schema import ChargesBatch, JunctionBatch, SpectraBatch
from dnawire.junction import MISSING_CODE, Junction
from dnawire.quantities import BY_COLUMN

_CPU: Final = torch.device("cpu")
RECORDS_AT_ONCE: Final = 2**14
"""How many records are in memory where all are looked at."""


class Batch(Protocol):
    """Some records of one length, in memory or where the dataset keeps them."""

    @property
    def junctions(self) -> JunctionBatch:
        """Their graphs."""

    @property
    def spectra(self) -> SpectraBatch:
        """Their spectra, in memory."""

    @property
    def charges(self) -> ChargesBatch | None:
        """Their shell charges, in memory, if these are trained on."""

    @property
    def records(self) -> Int[Tensor, " B"]:
        """Position of each record in the dataset."""

    def select(self, rows: Int[Tensor, " n"]) -> Batch:
        """The given rows only, in memory."""

    def to(self, device: torch.device) -> Batch:
        """Move to a device."""

    def __len__(self) -> int:
        """Number of records."""


@dataclass(frozen=True)
class LoadedBatch:
    """A batch in memory."""

    junctions: JunctionBatch
    spectra: SpectraBatch
    records: Int[Tensor, " B"]
    charges: ChargesBatch | None = None

    def select(self, rows: Int[Tensor, " n"]) -> LoadedBatch:
        """The given rows only."""
        return self._mapped(lambda tensor: tensor.index_select(0, rows))

    def to(self, device: torch.device) -> LoadedBatch:
        """Copy to a device."""
        return self._mapped(lambda tensor: tensor.to(device))

    def _mapped(self, function: Callable[[Tensor], Tensor]) -> LoadedBatch:
        junctions = {name: function(one) for name, one in self.junctions._asdict().items()}
        spectra = {name: function(one) for name, one in self.spectra.known().items()}
        return LoadedBatch(
            JunctionBatch(**junctions),
            SpectraBatch(**spectra),
            function(self.records),
            self.charges and ChargesBatch(*map(function, self.charges)),
        )

    def __len__(self) -> int:
        return len(self.records)


@dataclass(frozen=True)
class StoredBatch:
    """A batch whose spectra stay in the columns of the dataset until some of them are asked for."""

    junctions: JunctionBatch
    columns: Mapping[str, Column]
    rows: Int[Tensor, " B"]
    """Row of each record in the columns, which are on one energy grid."""
    records: Int[Tensor, " B"]
    num_energies: int
    device: torch.device = _CPU
    charges: ChargesBatch | None = None

    @property
    def spectra(self) -> SpectraBatch:
        """All of them, gathered at every call."""
        return self.select(torch.arange(len(self))).spectra

    def select(self, rows: Int[Tensor, " n"]) -> LoadedBatch:
        """Gather the given rows."""
        junctions = {
            name: one.index_select(0, rows) for name, one in self.junctions._asdict().items()
        }
        present, asked = junctions["present"], self.rows.index_select(0, rows)
        spectra = {name: self._gathered(name, asked, present) for name in self.columns}
        records = self.records.index_select(0, rows)
        charges = self.charges and ChargesBatch(self.charges.shell_charges.index_select(0, rows))
        loaded = LoadedBatch(JunctionBatch(**junctions), SpectraBatch(**spectra), records, charges)
        return loaded if self.device.type == "cpu" else loaded.to(self.device)

    def to(self, device: torch.device) -> StoredBatch:
        """Gather for a device."""
        return replace(self, device=device)

    def _gathered(self, name: str, asked: Tensor, present: Tensor) -> Tensor:
        """Values of one quantity, those over sites in ladder layout."""
        values, starts = self.columns[name].located(asked.numpy())
        rows = torch.from_numpy(values).view(-1, self.num_energies)
        first = torch.from_numpy(starts // self.num_energies)
        if not BY_COLUMN[name].has_sites:
            return rows.index_select(0, first)
        # Sites without a base take the row before them, or the first one, and lose it again.
        site = (present.flatten(1).cumsum(1) - 1).clamp_min_(0) + first[:, None]
        ladder = rows.index_select(0, site.flatten()).double()
        ladder = ladder.view(*present.shape, self.num_energies)
        return ladder.masked_fill_(~present[..., None], -torch.inf)

    def __len__(self) -> int:
        return len(self.records)


def junction_batch(junctions: Sequence[Junction]) -> JunctionBatch:
    """Graph tensors of junctions of one length, in the ladder layout."""
    return ladder_batch(
        np.stack([junction.duplex.codes for junction in junctions]),
        np.stack([junction.gamma_left for junction in junctions]),
        np.stack([junction.gamma_right for junction in junctions]),
    )


ChargeSource = Callable[[NDArray[np.int64]], NDArray[np.float64]]
"""Records of one length to their shell charges, (B, L, 2, K); see `ChargesBatch`."""


def length_buckets(
    dataset: TransportDataset, records: ArrayLike, charges: ChargeSource | None = None
) -> list[Batch]:
    """All given records as one batch per duplex length, shortest first.

    Spectra stay in the dataset if it has one energy grid.

    Parameters
    ----------
    dataset
        Where the records are.
    records
        Their numbers.
    charges
        Gives their shell charges, if these are wanted.
    """
    chosen = np.asarray(records, dtype=np.int64)
    lengths = dataset.lengths[chosen]
    return [_bucket(dataset, chosen[lengths == length], charges) for length in np.unique(lengths)]


def _bucket(
    dataset: TransportDataset, records: NDArray[np.int64], charges: ChargeSource | None
) -> Batch:
    part = replace(dataset, spectra={}).select(records)
    source, rows = dataset, records
    if len(dataset.grids) > 1:
        source, rows = dataset.select(records), np.arange(len(records))
    return StoredBatch(
        junctions=ladder_batch(*part.junction_arrays()),
        columns={one.column: source.spectra[one.column] for one in source.quantities},
        rows=torch.from_numpy(rows),
        records=torch.from_numpy(records),
        num_energies=len(part.energies),
        charges=charges and ChargesBatch(torch.from_numpy(charges(records))),
    )


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


def blocks(batches: Sequence[Batch], size: int = RECORDS_AT_ONCE) -> Iterator[list[Batch]]:
    """Load all records, so many at once.

    Parameters
    ----------
    batches
        Records of several lengths.
    size
        Largest number of records in memory.

    Yields
    ------
    list of Batch
        The next records: parts of one or more batches, in order.
    """
    loaded: list[Batch] = []
    room = size
    for batch in batches:
        rows = torch.arange(len(batch))
        while len(rows):
            loaded.append(batch.select(rows[:room]))
            rows, room = rows[room:], room - len(loaded[-1])
            if not room:
                yield loaded
                loaded, room = [], size
    if loaded:
        yield loaded


def finite_mean(parts: Iterable[Float[Tensor, n * axes]]) -> Float[Tensor, "*axes"]:
    """Mean over the records of several parts of what is finite; NaN where nothing is."""
    sums: list[tuple[Tensor, Tensor]] = []
    for part in parts:
        is_finite = part.isfinite()
        sums.append((part.where(is_finite, torch.nan).nansum(0), is_finite.sum(0)))
    totals, counts = zip(*sums, strict=True)
    return torch.as_tensor(sum(totals) / sum(counts))
