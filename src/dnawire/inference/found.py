"""What a search for sequences has found, and how far it may go."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

import numpy as np
from jaxtyping import Bool, Int8
from numpy.typing import NDArray

from dnawire.inference.ranking import comparable
from dnawire.inference.sequence_space import SequenceSpace
from dnawire.inference.targets import Values
from dnawire.junction import BASES

Measured = Callable[[NDArray[np.int8]], tuple[Values, NDArray[np.float64]]]
"""Base codes of upper strands of one length, (B, L), to their values and losses, (B,)."""

FEWEST_TOGETHER: Final = 2**20
"""Sequences that begin alike and are measured whatever the budget: a third of a second."""
_LAST_BASE: Final = len(BASES) - 1


class Designed(NamedTuple):
    """One sequence and what was measured of it."""

    loss: float
    """What the search makes small."""
    upper: str
    values: tuple[float, ...]
    """In the order of `Found.names`."""


@dataclass(frozen=True)
class Found:
    """What a search has found so far."""

    evaluations: int = 0
    """Number of different sequences that were measured."""
    restarts: int = 0
    """How often the evolution began anew."""
    vanishing: int = 0
    """Number of sequences whose values are no numbers, as where T = 0."""
    names: tuple[str, ...] = ()
    """Of the values."""
    best: tuple[Designed, ...] = ()
    """The best first; among those whose losses `comparable` makes equal, that which comes first in
    the alphabet."""
    is_exhausted: bool = False
    """Whether the search ended because it found no sequence that it had not measured."""

    def with_more(
        self,
        upper: Int8[NDArray[np.int8], "B L"],
        values: Values,
        losses: NDArray[np.float64],
        top: int,
    ) -> Found:
        """Take more sequences into account, and keep so many of the best."""
        finite = np.isfinite(losses)
        compared = comparable(losses)
        rows = np.flatnonzero(finite & (compared <= self._worst_kept(compared, top)))
        columns = zip(*(one[rows].tolist() for one in values.values()), strict=True)
        own = zip(losses[rows].tolist(), texts(upper[rows]), columns, strict=True)
        more = _ordered([Designed(*one) for one in own])[:top]
        known = {one.upper for one in self.best}
        best = _ordered([*self.best, *(one for one in more if one.upper not in known)])
        return replace(
            self,
            evaluations=self.evaluations + len(upper),
            vanishing=self.vanishing + int((~finite).sum()),
            names=tuple(values),
            best=tuple(best[:top]),
        )

    def first(self, top: int) -> Found:
        """The same with so many of the best."""
        return replace(self, best=self.best[:top])

    def _worst_kept(self, losses: NDArray[np.float64], top: int) -> float:
        """Loss beyond which no further sequence can be among the best."""
        own = np.inf
        if len(self.best) == top:
            own = float(comparable(np.array([self.best[-1].loss]))[0])
        return min(own, float(np.partition(losses, top - 1)[top - 1]) if len(losses) > top else own)


def _ordered(designs: Sequence[Designed]) -> list[Designed]:
    losses = comparable(np.array([one.loss for one in designs]))
    order = np.lexsort((np.array([one.upper for one in designs]), losses))
    return [designs[row] for row in order.tolist()]


@dataclass(frozen=True)
class Budget:
    """How far a search goes.

    Parameters
    ----------
    evaluations
        Most sequences to be measured one by one.
    at_once
        Most sequences that are measured together.
    top
        How many of the best are kept.
    seed
        Same seed, same search.
    together
        So many sequences that begin alike count as one; 1 if no work is shared.
    """

    evaluations: int
    at_once: int
    top: int
    seed: int
    together: int = 1

    @property
    def all_together(self) -> int:
        """How many sequences may be measured if they are all: so many have no need of a choice."""
        if self.together == 1:
            return self.evaluations
        return max(FEWEST_TOGETHER, self.evaluations * self.together)

    @property
    def evolved(self) -> int:
        """How many an evolution may measure, one by one."""
        return self.evaluations if self.together == 1 else max(1, self.evaluations // 2)

    @property
    def completed(self) -> int:
        """How many that begin like the best ones may be measured after it."""
        if self.together == 1:
            return 0
        left = (self.evaluations - self.evolved) * self.together
        return max(FEWEST_TOGETHER - self.evolved, left)


def is_second(
    space: SequenceSpace, upper: Int8[NDArray[np.int8], "B L"]
) -> Bool[NDArray[np.bool_], " B"]:
    """Which sequences have a reverse complement that is allowed and earlier in the alphabet."""
    other = other_strand(upper)
    difference = upper.astype(np.int64) - other
    first = (difference != 0).argmax(axis=1)
    is_later: NDArray[np.bool_] = difference[np.arange(len(upper)), first] > 0
    return is_later & space.holds(other)


def other_strand(upper: Int8[NDArray[np.int8], "B L"]) -> Int8[NDArray[np.int8], "B L"]:
    """Base codes of the reverse complements."""
    return (_LAST_BASE - upper)[:, ::-1]


def texts(upper: Int8[NDArray[np.int8], "B L"]) -> list[str]:
    """Letters of some base codes."""
    letters = np.array(list(BASES))[upper]
    return ["".join(row) for row in letters.tolist()]
