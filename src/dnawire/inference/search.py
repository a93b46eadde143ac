"""Search for sequences that come close to a target: all of them, or by evolution and completion."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from dnawire.inference.evolution import Evolution
from dnawire.inference.found import Budget, Designed, Found, Measured, is_second
from dnawire.inference.sequence_space import SequenceSpace
from dnawire.junction import BASES

_BEGINNINGS: Final = 256
"""Evolved sequences of which the beginnings may be completed."""
_BLOCKS: Final = 16
"""Least number of blocks that have the rest."""


def size_of(spaces: Sequence[SequenceSpace]) -> float:
    """Number of sequences of all lengths."""
    return sum(space.size for space in spaces)


def search(
    spaces: Sequence[SequenceSpace],
    measured: Measured,
    budget: Budget,
    symmetric: Sequence[int],
) -> Iterator[Found]:
    """Measure all sequences if there are no more than the budget allows, else choose some.

    An evolution chooses. Where sequences that begin alike are measured together, it has half of the
    budget; with the other half all sequences are measured that begin like the best ones.

    Parameters
    ----------
    spaces
        The sequences, by length.
    measured
        Measures sequences of one length.
    budget
        How far to go.
    symmetric
        Lengths at which a sequence and its reverse complement count once: that which comes first
        in the alphabet, if both are allowed.

    Yields
    ------
    Found
        What is found so far, after every piece of work.
    """
    parts = _Parts(measured, budget, symmetric)
    if size_of(spaces) <= budget.all_together:
        yield from parts.measured_all(spaces)
        return
    found = Found()
    most = max(budget.top, _BEGINNINGS) if budget.completed else budget.top
    own = replace(budget, evaluations=budget.evolved, top=most)
    for found in Evolution(spaces, measured, own, symmetric).generations():
        yield found.first(budget.top)
    yield from parts.completed({space.length: space for space in spaces}, found)


@dataclass(frozen=True)
class _Parts:
    """Sequences that follow each other in the alphabet, and are measured together."""

    measured: Measured
    budget: Budget
    symmetric: Sequence[int]

    def measured_all(self, spaces: Sequence[SequenceSpace]) -> Iterator[Found]:
        """Measure all sequences."""
        found = Found()
        for space in spaces:
            found = yield from self._part(space, found, 0, int(space.size))

    def completed(self, spaces: dict[int, SequenceSpace], found: Found) -> Iterator[Found]:
        """Measure all sequences that begin like the best one that was not completed before."""
        left, evolved, found = self.budget.completed, found.best, found.first(self.budget.top)
        done: set[tuple[int, str]] = set()
        free = max(1, int(np.log(max(left, 1) / _BLOCKS) / np.log(len(BASES))))
        while part := self._next_part(spaces, (*found.best, *evolved), done, (free, left)):
            space, first, last = part
            found = yield from self._part(space, found, first, last)
            left -= last - first

    def _part(
        self, space: SequenceSpace, found: Found, first: int, last: int
    ) -> Generator[Found, None, Found]:
        """Measure the sequences of some numbers, and return what is found with them."""
        at_once = self.budget.at_once
        for start in range(first, last, at_once):
            upper = space.between(start, min(start + at_once, last))
            if space.length in self.symmetric:
                upper = upper[~is_second(space, upper)]
            if len(upper):
                found = found.with_more(upper, *self.measured(upper), self.budget.top)
            yield found
        return found

    def _next_part(
        self,
        spaces: dict[int, SequenceSpace],
        best: Sequence[Designed],
        done: set[tuple[int, str]],
        most: tuple[int, int],
    ) -> tuple[SequenceSpace, int, int] | None:
        """Sequences that begin like the best one that is in no such part yet; wider ones last."""
        free, left = most
        for more in range(free, max(spaces) + 1):
            for one in best:
                length, text = len(one.upper), one.upper[: max(len(one.upper) - more, 0)]
                if any((length, text[:end]) in done for end in range(len(text) + 1)):
                    continue
                letters = np.array([BASES.index(base) for base in text], np.int8)
                first, last = spaces[length].beginning_with(letters)
                if last - first <= left:
                    done.add((length, text))
                    return spaces[length], first, last
        return None
