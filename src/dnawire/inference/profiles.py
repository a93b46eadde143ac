"""Profiles of chi^2: one parameter held, all others fitted; and the intervals that they close.

An interval that no data close, or that the bounds of another parameter close, is none.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from dnawire.inference.fitting import (
    Minimum,
    Problem,
    at_bounds,
    minimum_from,
)

Doubles = NDArray[np.float64]

_TOLERANCE: Final = 1e-6
_FIRST_STEP: Final = 0.4
"""Of the half width that the Jacobian gives."""
_GROWTH: Final = 1.5
_LARGEST_STEP: Final = 0.1
"""Of the range between the bounds."""
_SMALLEST_STEP: Final = 1e-4
_CLOSE: Final = 0.01
"""Relative distance of the rise of chi^2 from its threshold at which an end is found."""
_MOST_BISECTIONS: Final = 25
_PRESS: Final = 0.1
"""Share of the range by which a bound is thought to be moved, to see whether it matters."""


class End(NamedTuple):
    """Where an interval ends."""

    coordinate: float
    """NaN if chi^2 does not rise enough up to the bound."""
    pressed: tuple[str, ...]
    """Parameters that are held by their bounds there, and would else let it go on."""

    @property
    def is_closed(self) -> bool:
        """Whether the data close the interval there."""
        return not math.isnan(self.coordinate) and not self.pressed


@dataclass(frozen=True, eq=False)
class Profile:
    """Least chi^2 over one coordinate.

    Parameters
    ----------
    coordinates
        Where it was computed, increasing, (K,).
    rises
        Of chi^2 above its minimum, (K,).
    lower, upper
        Ends of the interval.
    lowest
        The lowest point that was met.
    """

    coordinates: Float[Doubles, " K"]
    rises: Float[Doubles, " K"]
    lower: End
    upper: End
    lowest: Minimum


def profile(
    problem: Problem,
    best: Minimum,
    index: int,
    half_width: float,
    threshold: float,
) -> Profile:
    """Profile of one coordinate, out to where the interval ends, or to the bounds.

    Parameters
    ----------
    problem
        What is fitted.
    best
        The minimum.
    index
        Number of the coordinate.
    half_width
        Of the interval as the Jacobian gives it; any number, infinity included.
    threshold
        Rise of chi^2 at the ends.
    """
    found = [best]
    ends = [_Walk(problem, best, index, side, threshold).end(half_width, found) for side in (-1, 1)]
    found.sort(key=lambda one: float(one.point[index]))
    return Profile(
        coordinates=np.array([one.point[index] for one in found]),
        rises=np.array([one.chi_squared - best.chi_squared for one in found]),
        lower=ends[0],
        upper=ends[1],
        lowest=min(found, key=lambda one: one.chi_squared),
    )


class _Walk:
    """From the minimum toward one bound."""

    def __init__(
        self, problem: Problem, best: Minimum, index: int, side: int, threshold: float
    ) -> None:
        self._problem = problem
        self._best = best
        self._index = index
        self._side = side
        self._threshold = threshold
        low, high = problem.bounds[:, index].tolist()
        self._range = high - low
        self._bound = high if side > 0 else low
        self._before = best

    def end(self, half_width: float, found: list[Minimum]) -> End:
        """Where the interval ends; all points on the way are added to a list."""
        step = _FIRST_STEP * half_width if math.isfinite(half_width) else self._range
        smallest, largest = _SMALLEST_STEP * self._range, _LARGEST_STEP * self._range
        step = min(max(step, smallest), largest)
        inner = self._best
        while abs(self._bound - inner.point[self._index]) > 1e-9 * self._range:
            outer = self._at(inner, float(inner.point[self._index]) + self._side * step)
            found.append(outer)
            if self._rise(outer) >= self._threshold:
                last = self._between(inner, outer, found)
                return End(float(last.point[self._index]), self._pressed(last))
            self._before, inner, step = inner, outer, min(_GROWTH * step, largest)
        return End(math.nan, ())

    def _at(self, near: Minimum, coordinate: float) -> Minimum:
        """Least chi^2 with the coordinate held, from where the last step leads to."""
        low, high = self._problem.bounds
        held = {self._index: float(np.clip(coordinate, low[self._index], high[self._index]))}
        done = near.point - self._before.point
        ahead = (held[self._index] - near.point[self._index]) / (done[self._index] or math.inf)
        guess = np.clip(near.point + ahead * done, low, high)
        return minimum_from(self._problem, guess, held, _TOLERANCE)

    def _rise(self, one: Minimum) -> float:
        return one.chi_squared - self._best.chi_squared

    def _between(self, inner: Minimum, outer: Minimum, found: list[Minimum]) -> Minimum:
        """Point where the rise is the threshold, by bisection that follows a parabola."""
        for _ in range(_MOST_BISECTIONS):
            if abs(self._rise(outer) - self._threshold) <= _CLOSE * self._threshold:
                break
            a, b = float(inner.point[self._index]), float(outer.point[self._index])
            below, above = (math.sqrt(max(self._rise(one), 0.0)) for one in (inner, outer))
            share = (math.sqrt(self._threshold) - below) / max(above - below, 1e-300)
            middle = self._at(inner, a + min(max(share, 0.1), 0.9) * (b - a))
            found.append(middle)
            if self._rise(middle) >= self._threshold:
                outer = middle
            else:
                inner = middle
                if self._threshold - self._rise(middle) <= _CLOSE * self._threshold:
                    return middle
        return outer

    def _pressed(self, last: Minimum) -> tuple[str, ...]:
        """Parameters at their bounds that would lower chi^2 beyond them."""
        problem, sides = self._problem, at_bounds(self._problem, last.point)
        residuals, jacobian = problem.residuals(last.point), problem.jacobian(last.point)
        slopes = 2.0 * jacobian.T @ residuals
        gains = -slopes * sides * _PRESS * np.diff(problem.bounds, axis=0)[0]
        return tuple(
            one.name
            for number, one in enumerate(problem.parameters)
            if number != self._index and gains[number] > _PRESS * self._threshold
        )
