"""Rows of unequal length as one flat array with offsets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

VALUES_AT_ONCE: Final = 2**22
"""How many values are looked at together where all are."""


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

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the values."""
        return self.values.dtype

    @property
    def size(self) -> int:
        """Number of values."""
        return len(self.values)

    def blocks(self) -> Iterator[tuple[int, Ragged]]:
        """Consecutive rows, not too many at once, each with the number of the first one."""
        for rows in row_blocks(self.counts):
            offsets = self.offsets[rows.start : rows.stop + 1]
            yield rows.start, Ragged(self.values[offsets[0] : offsets[-1]], offsets - offsets[0])

    def located(self, indices: NDArray[np.int64]) -> tuple[NDArray[Any], NDArray[np.int64]]:
        """An array that holds the given rows, and where each of them starts in it."""
        return self.values, self.offsets[indices]

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


def row_blocks(counts: NDArray[np.int64], size: int = VALUES_AT_ONCE) -> Iterator[slice]:
    """Divide rows into consecutive blocks.

    Parameters
    ----------
    counts
        Length of every row.
    size
        Largest number of values of a block of more than one row.

    Yields
    ------
    slice
        Rows of a block.
    """
    ends = np.cumsum(counts)
    first = 0
    while first < len(counts):
        before = ends[first - 1] if first else 0
        last = max(first + 1, int(np.searchsorted(ends, before + size, side="right")))
        yield slice(first, last)
        first = last
