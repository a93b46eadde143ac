"""Columns of rows that may be larger than memory: as `Ragged`, with the values on local disk."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from dnawire.data.ragged import Ragged, offsets_of, row_blocks
from dnawire.errors import NotWritableError
from dnawire.files.scratch import ScratchFile

LARGEST_IN_MEMORY: Final = 2**28
"""Bytes above which the values of a column are kept in a scratch file."""


@dataclass(frozen=True, eq=False)
class StoredRagged:
    """Rows of unequal length in a scratch file; whatever is asked for is read anew.

    Parameters
    ----------
    file
        The values, row after row.
    dtype
        Their type.
    offsets
        As those of `Ragged`.
    """

    file: ScratchFile
    dtype: np.dtype[Any]
    offsets: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, index: int) -> NDArray[Any]:
        """Row ``index``."""
        return self._read(int(self.offsets[index]), int(self.offsets[index + 1]))

    @property
    def counts(self) -> NDArray[np.int64]:
        """Length of every row."""
        return np.diff(self.offsets)

    @property
    def size(self) -> int:
        """Number of values."""
        return int(self.offsets[-1])

    @property
    def values(self) -> NDArray[Any]:
        """All of them, in memory."""
        return self._read(0, self.size)

    def blocks(self) -> Iterator[tuple[int, Ragged]]:
        """Consecutive rows that fit into memory, each with the number of the first one."""
        for rows in row_blocks(self.counts):
            offsets = self.offsets[rows.start : rows.stop + 1]
            yield rows.start, Ragged(self._read(*offsets[[0, -1]].tolist()), offsets - offsets[0])

    def located(self, indices: NDArray[np.int64]) -> tuple[NDArray[Any], NDArray[np.int64]]:
        """An array that holds the given rows, and where each of them starts in it."""
        starts, ends = self.offsets[indices], self.offsets[indices + 1]
        places = offsets_of(ends - starts)
        values = np.empty(places[-1], self.dtype)
        # Neighbors are read at once.
        first = np.flatnonzero(np.concatenate([[True], starts[1:] != ends[:-1]]))
        last = np.append(first[1:], len(indices))
        for one, end in zip(first.tolist(), last.tolist(), strict=True):
            self._read_into(int(starts[one]), values[places[one] : places[end]])
        return values, places[:-1]

    def take(self, indices: NDArray[np.int64]) -> Column:
        """Rows in a new order; rows may be omitted or repeated."""
        counts = self.counts[indices]
        writer = ColumnWriter(counts, self.dtype)
        for rows in row_blocks(counts):
            writer.add(self.located(indices[rows])[0])
        return writer.column()

    def _read(self, start: int, end: int) -> NDArray[Any]:
        values = np.empty(end - start, self.dtype)
        self._read_into(start, values)
        return values

    def _read_into(self, start: int, values: NDArray[Any]) -> None:
        self.file.read(start * self.dtype.itemsize, values.view(np.uint8).data)


Column = Ragged | StoredRagged
"""Rows of one quantity of all records."""


class ColumnWriter:
    """Collects a column row after row, in memory or, if it is large, in a scratch file.

    Parameters
    ----------
    counts
        Length of every row.
    dtype
        Type of the values.

    Raises
    ------
    NotWritableError
        If the scratch file has no room.
    """

    def __init__(self, counts: NDArray[np.int64], dtype: DTypeLike) -> None:
        self._offsets = offsets_of(counts)
        self._dtype = np.dtype(dtype)
        self._filled = 0
        size = int(self._offsets[-1]) * self._dtype.itemsize
        self._file: ScratchFile | None = None
        self._values = np.empty(0, self._dtype)
        try:
            if size > LARGEST_IN_MEMORY:
                self._file = ScratchFile(size)
            else:
                self._values = np.empty(int(self._offsets[-1]), self._dtype)
        except OSError as error:
            raise _no_room(error) from error

    def add(self, values: ArrayLike) -> None:
        """Add the values of the next rows.

        Raises
        ------
        NotWritableError
            If the scratch file has no room.
        """
        more = np.ascontiguousarray(values, self._dtype)
        start, self._filled = self._filled, self._filled + more.size
        if self._file is None:
            self._values[start : self._filled] = more
            return
        try:
            self._file.write(start * self._dtype.itemsize, more.view(np.uint8).data)
        except OSError as error:
            raise _no_room(error) from error

    def column(self) -> Column:
        """What was collected."""
        if self._file is None:
            return Ragged(self._values, self._offsets)
        return StoredRagged(self._file, self._dtype, self._offsets)


def _no_room(error: OSError) -> NotWritableError:
    return NotWritableError(
        f"the records do not fit into memory, and there is no room for them in "
        f"{tempfile.gettempdir()}: {error}.",
        "set TMPDIR to a folder on a local disk with more room.",
    )
