"""The best of many screened sequences, and how the values of all are distributed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dnawire.inference.remarks import Remark
from dnawire.inference.screen import Screened

DECIMALS: Final = 6
"""Decimals of the values, in decades, that a ranking compares: what differs by less is equal."""

BIN: Final = 0.01
"""Width in decades of the bins of a distribution."""


def comparable(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Values as rankings compare them, so that rounding errors order nothing."""
    return np.round(values, DECIMALS)


class Ranked(NamedTuple):
    """One place of a ranking."""

    text: str
    flipped_text: str
    """The same molecule, written from its other strand."""
    values: dict[str, float]
    remarks: tuple[Remark, ...]


@dataclass
class Ranking:
    """The first of all that was screened so far; among equals, those that came first.

    Values are equal that are so to `DECIMALS`, as those of two writings of one junction are.

    Parameters
    ----------
    rank_by
        Quantity that decides.
    lowest
        Whether the smallest value comes first.
    top
        Length of the ranking.
    """

    rank_by: str
    lowest: bool
    top: int
    rows: list[Ranked] = field(default_factory=list)
    """Best first."""
    positions: list[int] = field(default_factory=list)
    """Their positions among all candidates."""

    def add(self, screened: Screened) -> None:
        """Take more into account."""
        values = screened.values[self.rank_by]
        hopeful = np.flatnonzero(self._is_hopeful(values))
        keys = self._keys(values[hopeful])
        best = np.lexsort((screened.rows[hopeful], keys))[: self.top]
        chosen = screened.select(hopeful[best])
        by_name = [
            dict(zip(chosen.values, row, strict=True))
            for row in np.stack(list(chosen.values.values()), axis=1).tolist()
        ]
        columns = chosen.texts, chosen.flipped_texts, by_name, chosen.remarks
        self.merge([Ranked(*row) for row in zip(*columns, strict=True)], chosen.rows.tolist())

    def merge(self, rows: Sequence[Ranked], positions: Sequence[int]) -> None:
        """Take rows with their positions among all candidates into account."""
        joined, places = [*self.rows, *rows], np.array([*self.positions, *positions], np.int64)
        keys = self._keys(np.array([one.values[self.rank_by] for one in joined]))
        best = np.lexsort((places, keys))[: self.top]
        self.rows = [joined[row] for row in best.tolist()]
        self.positions = places[best].tolist()

    def _is_hopeful(self, values: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Which values may be ranked; few are, and only those are rounded."""
        if len(self.rows) < self.top:
            return np.ones(len(values), dtype=np.bool_)
        # Equals differ by one unit of the last decimal at most; another one for its rounding.
        last, margin = self.rows[-1].values[self.rank_by], 2.0 * 10.0**-DECIMALS
        return values <= last + margin if self.lowest else values >= last - margin

    def _keys(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        rounded = comparable(values)
        return rounded if self.lowest else -rounded


@dataclass
class Distribution:
    """How often which value occurs, in bins of `BIN`: as small for many values as for few."""

    counts: Counter[int] = field(default_factory=Counter)
    """Number of values by bin; bin k begins at ``k * BIN``."""
    vanishing: int = 0
    """Number of values of -inf."""

    def add(self, values: NDArray[np.float64]) -> None:
        """Count more values."""
        finite = values[np.isfinite(values)]
        bins = np.floor(finite / BIN).astype(np.int64)
        if len(bins):
            first = int(bins.min())
            for number, count in enumerate(np.bincount(bins - first).tolist(), first):
                if count:
                    self.counts[number] += count
        self.vanishing += int(np.isneginf(values).sum())

    def merge(self, other: Distribution) -> None:
        """Count what another one has counted."""
        self.counts.update(other.counts)
        self.vanishing += other.vanishing

    @property
    def total(self) -> int:
        """Number of all values."""
        return sum(self.counts.values()) + self.vanishing

    def binned(self) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Left edges of all bins from the first to the last value, and their counts."""
        if not self.counts:
            return np.empty(0), np.empty(0, dtype=np.int64)
        bins = np.arange(min(self.counts), max(self.counts) + 1)
        edges: NDArray[np.float64] = np.multiply(bins, BIN, dtype=np.float64)
        return edges, np.array([self.counts[number] for number in bins.tolist()])
