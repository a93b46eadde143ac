"""Matrices over pairs of atoms, a block of rows at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

_ENTRIES: Final = 2**18
"""Entries of a block: 2 MiB in double precision, which fits in a cache."""


def square_blocks(count: int) -> Iterator[slice]:
    """Split the rows of a square matrix so that a block of them stays small."""
    step = max(1, _ENTRIES // max(1, count))
    return (slice(start, min(start + step, count)) for start in range(0, count, step))
