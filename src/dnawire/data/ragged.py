"""Rows of unequal length as one flat array with offsets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Ragged:
    """Rows of unequal length.

    Parameters
    ----------
    values
        All rows one after the other along the first axis.
    offsets
        int64 (number of rows + 1): row i is ``values[offsets[i]:offsets[i + 1]]``.
    """

    values: NDArray[Any]
    offsets: NDArray[np.int64]

    @classmethod
    def from_rows(cls, rows: Sequence[NDArray[Any]]) -> Ragged:
        """Join at least one row."""
        return cls(np.concatenate(rows), offsets_of([len(row) for row in rows]))

    @classmethod
    def from_parts(cls, parts: Sequence[Ragged]) -> Ragged:
        """Join at least one array of rows."""
        counts = np.concatenate([part.counts for part in parts])
        return cls(np.concatenate([part.values for part in parts]), offsets_of(counts))

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, index: int) -> NDArray[Any]:
        """Row ``index``."""
        return self.values[self.offsets[index] : self.offsets[index + 1]]

    @property
    def counts(self) -> NDArray[np.int64]:
        """Length of every row."""
        return np.diff(self.offsets)

    @property
    def owners(self) -> NDArray[np.int64]:
        """Row that every value belongs to."""
        return np.repeat(np.arange(len(self)), self.counts)

    def positions(self, indices: NDArray[np.int64]) -> NDArray[np.int64]:
        """Positions in ``values`` of the given rows, one after the other."""
        counts = self.counts[indices]
        starts = offsets_of(counts)
        return np.repeat(self.offsets[indices] - starts[:-1], counts) + np.arange(starts[-1])

    def take(self, indices: NDArray[np.int64]) -> Ragged:
        """Rows in a new order; rows may be omitted or repeated."""
        return Ragged(self.values[self.positions(indices)], offsets_of(self.counts[indices]))


def offsets_of(counts: Sequence[int] | NDArray[np.int64]) -> NDArray[np.int64]:
    """Offsets of rows of the given lengths.

    Parameters
    ----------
    counts
        Length of every row.

    Returns
    -------
    ndarray
        int64, one longer than ``counts``, from 0 to the sum.
    """
    return np.concatenate([[0], np.cumsum(counts, dtype=np.int64)]).astype(np.int64)
