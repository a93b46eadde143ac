"""An evolution of sequences toward a target."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int, Int8
from numpy.typing import NDArray

from dnawire.data import named_generator
from dnawire.inference.found import Budget, Found, Measured, is_second, other_strand
from dnawire.inference.sequence_space import SequenceSpace
from dnawire.junction import BASES

_PAD: Final = -1
_GENERATIONS: Final = 40
_FEWEST, _MOST = 8, 512
_SURVIVING: Final = 0.3
_RECOMBINED: Final = 0.5
_NEW: Final = 0.1
_PATIENCE: Final = 15
_ATTEMPTS: Final = 20


class _Generation(NamedTuple):
    """Sequences of any lengths, filled up to the longest one."""

    upper: Int8[NDArray[np.int8], "P L"]
    lengths: Int[NDArray[np.int64], " P"]
    losses: Float[NDArray[np.float64], " P"]

    def part(self, rows: NDArray[np.intp]) -> _Generation:
        return _Generation(self.upper[rows], self.lengths[rows], self.losses[rows])

    def with_more(self, more: _Generation) -> _Generation:
        return _Generation(
            np.concatenate((self.upper, more.upper)),
            np.concatenate((self.lengths, more.lengths)),
            np.concatenate((self.losses, more.losses)),
        )


class Evolution:
    """A (mu + lambda) evolution of sequences (doi:10.1023/A:1015059928466) with restarts.

    The best of parents and children survive. A child is a parent with one or two other bases, or
    two parents joined, or one in ten a draw from all sequences. No sequence is measured twice.
    After some generations without a better sequence it begins anew.
    """

    def __init__(
        self,
        spaces: Sequence[SequenceSpace],
        measured: Measured,
        budget: Budget,
        symmetric: Sequence[int],
    ) -> None:
        self._spaces = {space.length: space for space in spaces if space.size}
        self._lengths = np.array(list(self._spaces))
        self._width = int(self._lengths.max())
        self._measured = measured
        self._budget = budget
        self._symmetric = symmetric
        wanted = budget.evaluations // _GENERATIONS
        self._size = min(max(wanted, _FEWEST), _MOST, max(budget.at_once, _FEWEST))
        self._known: set[bytes] = set()
        self._found = Found()
        self._generator = named_generator(budget.seed, "design", 0)

    def generations(self) -> Iterator[Found]:
        """Evolve until the budget is used, or nothing new is found."""
        living, best, idle = self._empty(), np.inf, 0
        while self._found.evaluations < self._budget.evaluations:
            children = self._children(living)
            if not len(children.lengths):
                self._found = replace(self._found, is_exhausted=True)
                yield self._found
                return
            living = living.with_more(self._evaluated(children))
            order = np.argsort(living.losses, kind="stable")
            living = living.part(order[: max(2, round(_SURVIVING * self._size))])
            idle = 0 if living.losses[0] < best else idle + 1
            best = min(best, float(living.losses[0]))
            yield self._found
            if idle >= _PATIENCE:
                living, best, idle = self._restarted(), np.inf, 0

    def _restarted(self) -> _Generation:
        restarts = self._found.restarts + 1
        self._found = replace(self._found, restarts=restarts)
        self._generator = named_generator(self._budget.seed, "design", restarts)
        return self._empty()

    def _empty(self) -> _Generation:
        return _Generation(
            np.empty((0, self._width), np.int8), np.empty(0, np.int64), np.empty(0, np.float64)
        )

    def _children(self, living: _Generation) -> _Generation:
        """As many new sequences as a generation has, or as are left; none if none is found."""
        left = self._budget.evaluations - self._found.evaluations
        number, children = min(self._size, left), self._empty()
        ways = [self._drawn] * _ATTEMPTS
        if len(living.lengths):
            ways = [lambda count: self._born(living, count)] * _ATTEMPTS + ways
        for way in ways:
            missing = number - len(children.lengths)
            if not missing:
                break
            children = children.with_more(self._new(way(missing)))
        return children

    def _born(self, living: _Generation, number: int) -> _Generation:
        """Children of some parents, not all of which keep the rules."""
        generator = self._generator
        parents = living.part(generator.integers(len(living.lengths), size=number))
        others = living.part(generator.integers(len(living.lengths), size=number))
        joined = generator.random(number) < _RECOMBINED
        shorter = np.minimum(parents.lengths, others.lengths)
        cut = 1 + np.floor(generator.random(number) * np.maximum(shorter - 1, 0)).astype(int)
        ahead = np.arange(self._width) < cut[:, None]
        upper = np.where(ahead | ~joined[:, None], parents.upper, others.upper)
        lengths = np.where(joined, others.lengths, parents.lengths)
        changes = generator.integers(0, 2, size=number) + ~joined
        for turn in range(2):
            self._mutate(upper, lengths, changes > turn)
        drawn = np.flatnonzero(generator.random(number) < _NEW)
        new = self._drawn(len(drawn))
        upper[drawn], lengths[drawn] = new.upper, new.lengths
        return _Generation(upper, lengths, np.full(number, np.inf))

    def _mutate(
        self,
        upper: Int8[NDArray[np.int8], "P L"],
        lengths: Int[NDArray[np.int64], " P"],
        chosen: Bool[NDArray[np.bool_], " P"],
    ) -> None:
        """Replace one base of the chosen sequences by another one that its position may have."""
        for length, space in self._spaces.items():
            rows = np.flatnonzero(chosen & (lengths == length))
            free = np.flatnonzero(space.choices.sum(axis=1) > 1)
            if not len(free):
                continue
            places = free[self._generator.integers(len(free), size=len(rows))]
            weights = self._generator.random((len(rows), len(BASES))) * space.choices[places]
            weights[np.arange(len(rows)), upper[rows, places]] = 0.0
            upper[rows, places] = weights.argmax(axis=1)

    def _drawn(self, number: int) -> _Generation:
        """Draws: all lengths alike, and all sequences of a length."""
        lengths = self._lengths[self._generator.integers(len(self._lengths), size=number)]
        upper = np.full((number, self._width), _PAD, dtype=np.int8)
        for length, space in self._spaces.items():
            rows = np.flatnonzero(lengths == length)
            if not len(rows):
                continue
            upper[rows, :length] = space.draw(self._generator, len(rows))
        return _Generation(upper, lengths, np.full(number, np.inf))

    def _new(self, children: _Generation) -> _Generation:
        """Those that keep all rules and were not measured before, each once."""
        upper, kept = children.upper.copy(), np.zeros(len(children.lengths), np.bool_)
        for length, space in self._spaces.items():
            rows = np.flatnonzero(children.lengths == length)
            part = upper[rows, :length]
            kept[rows] = space.holds(part)
            if length in self._symmetric:
                second = kept[rows] & is_second(space, part)
                upper[rows[second], :length] = other_strand(part[second])
        new = [row for row in np.flatnonzero(kept).tolist() if self._is_unknown(upper[row])]
        return children._replace(upper=upper).part(np.array(new, dtype=np.intp))

    def _is_unknown(self, upper: Int8[NDArray[np.int8], " L"]) -> bool:
        """Whether a sequence is met for the first time; it is known from then on."""
        key, before = upper.tobytes(), len(self._known)
        self._known.add(key)
        return len(self._known) > before

    def _evaluated(self, children: _Generation) -> _Generation:
        losses = children.losses.copy()
        for length in np.unique(children.lengths).tolist():
            rows = np.flatnonzero(children.lengths == length)
            upper = children.upper[rows, :length]
            values, losses[rows] = self._measured(upper)
            top = self._budget.top
            self._found = self._found.with_more(upper, values, losses[rows], top)
        return children._replace(losses=losses)
