"""The edges of the ladder in one table: which bases couple, in which direction and which order.

Pairs n and n + 1 of the helix make a step. The upper strand runs 5'->3' from n to n + 1, the lower
one from n + 1 to n. Whoever numbers edges does it by the rows of `EDGES`, or by their kind.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

Array = TypeVar("Array", bound=Any)
"""A NumPy array or a tensor."""

UPPER, LOWER = 0, 1
"""Strands as indices of the last axis of the ladder layout."""

STACKING, PAIRING, DIAGONAL_FIVE, DIAGONAL_THREE = range(4)

EDGE_KINDS: Final = ("stacking", "pairing", "diagonal_five", "diagonal_three")
"""Names of the kinds: 5'->3' along a strand, inside a pair, between the bases at the two 5' ends of
a step, and between those at its 3' ends. Stacking has a direction, the others have none."""


class Edge(NamedTuple):
    """One edge of every step of the ladder, or of every pair if both its ends are in pair n."""

    kind: int
    """Index into `EDGE_KINDS`."""
    start: int
    """Pair of the start: 0 for n, 1 for n + 1."""
    start_strand: int
    """Strand of the start."""
    end: int
    """Pair of the end."""
    end_strand: int
    """Strand of the end."""

    @property
    def is_step(self) -> bool:
        """Whether the edge joins two pairs: an element of the block H[n, n+1], not of H[n, n]."""
        return self.start != self.end

    @property
    def element(self) -> tuple[int, int]:
        """Row and column of its hopping in that block, whose rows are the strands of pair n."""
        strands = self.start_strand, self.end_strand
        return strands if self.start <= self.end else strands[::-1]

    def ends(self, sites: Array) -> tuple[Array, Array]:
        """Values at its start and its end in every duplex, both (B, L-1, ...) or (B, L, ...).

        Parameters
        ----------
        sites
            Array or tensor over sites in ladder layout, (B, L, 2, ...).
        """
        count = sites.shape[1] - self.is_step
        start = sites[:, self.start : self.start + count, self.start_strand]
        return start, sites[:, self.end : self.end + count, self.end_strand]


EDGES: Final = (
    Edge(STACKING, 0, UPPER, 1, UPPER),
    Edge(STACKING, 1, LOWER, 0, LOWER),
    Edge(PAIRING, 0, UPPER, 0, LOWER),
    Edge(DIAGONAL_FIVE, 0, UPPER, 1, LOWER),
    Edge(DIAGONAL_THREE, 0, LOWER, 1, UPPER),
)


def _neighbors(strand: int) -> tuple[tuple[int, int], ...]:
    stacking = next(one for one in EDGES if (one.kind, one.start_strand) == (STACKING, strand))
    forward = stacking.end - stacking.start
    return (0, strand), (-forward, strand), (forward, strand), (0, 1 - strand)


NEIGHBORS: Final = (_neighbors(UPPER), _neighbors(LOWER))
"""Neighbors of a base by its strand: itself, toward 5', toward 3', partner, each as the number of
pairs along the helix and the strand there."""


def edge_sites(mask: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """List the edges of one duplex that join two present bases, row of `EDGES` after row.

    Parameters
    ----------
    mask
        True where a base is present, (L, 2).

    Returns
    -------
    sites, kinds
        Start and end of every edge as numbers in site order, (2, M), and its kind, (M,).
    """
    order = np.where(mask, mask.cumsum().reshape(mask.shape) - 1, -1)
    ends = [np.concatenate(edge.ends(order[None])) for edge in EDGES]
    found = [pair[:, (pair >= 0).all(axis=0)] for pair in ends]
    kinds = [np.full(pair.shape[1], edge.kind) for edge, pair in zip(EDGES, found, strict=True)]
    return np.concatenate(found, axis=1), np.concatenate(kinds)
