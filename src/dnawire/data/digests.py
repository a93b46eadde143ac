"""Digests of columns, independent of how and where they are stored."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dnawire.data.ragged import Ragged
from dnawire.data.stored import Column


class ContentHash:
    """Digest of an array with its name, type and shape, whatever the byte order of the machine.

    Parameters
    ----------
    name
        Name of the array.
    dtype, shape
        Its type and shape.
    """

    def __init__(self, name: str, dtype: np.dtype[Any], shape: tuple[int, ...]) -> None:
        self._dtype = dtype.newbyteorder("<")
        header = f"{name} {self._dtype.descr} {shape}"
        self._whole = hashlib.sha256(header.encode())
        self._values = hashlib.sha256()

    def add(self, values: NDArray[Any]) -> None:
        """Add the next values."""
        plain = np.ascontiguousarray(values).astype(self._dtype, copy=False)
        self._values.update(plain.data)

    def digest(self) -> bytes:
        """SHA-256 of all that was added."""
        whole = self._whole.copy()
        whole.update(self._values.digest())
        return whole.digest()


def array_digest(name: str, array: NDArray[Any]) -> bytes:
    """Digest of an array in memory."""
    content = ContentHash(name, array.dtype, array.shape)
    content.add(array)
    return content.digest()


def column_digest(name: str, column: Column) -> bytes:
    """Digests of values and offsets, one after the other."""
    if isinstance(column, Ragged):
        return array_digest(name, column.values) + array_digest(name, column.offsets)
    content = ContentHash(name, column.dtype, (column.size,))
    for _, block in column.blocks():
        content.add(block.values)
    return content.digest() + array_digest(name, column.offsets)
