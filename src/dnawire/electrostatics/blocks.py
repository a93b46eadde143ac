"""Matrices over pairs of atoms, a block of rows at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

_ENTRIES: Final = 2**18
"""Entries of a block: 2 MiB in double precision, which fits in a cache."""


def row_blocks(count: int, columns: int) -> Iterator[slice]:
    """Split rows so that a block with all its columns stays small."""
    step = max(1, _ENTRIES // max(1, columns))
    return (slice(start, min(start + step, count)) for start in range(0, count, step))
