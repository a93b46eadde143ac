"""Least squares in log10 of the conductance, from many starts, with what the data do not tell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray
from scipy.optimize import least_squares

from dnawire.data.random import named_generator
from dnawire.inference.fit_model import ConductanceModel, Values
from dnawire.inference.fit_parameters import FreeParameter

Doubles = NDArray[np.float64]

_TOLERANCE: Final = 1e-8
_MOST_EVALUATIONS: Final = 300
_SAME: Final = 1e-3
"""Chi^2 by which two minima differ that count as one, in units of the scatter."""
_AT_BOUND: Final = 1e-3
"""Share of the range between bounds within which a parameter is at one of them."""
_BOTH: Final = ("gamma_left", "gamma_right")


@dataclass(frozen=True, eq=False)
class Problem:
    """What is fitted to what.

    Parameters
    ----------
    model
        Conductances of the junctions, R of them.
    log10_measured
        log10 of the measured conductances in G0, (R,).
    sigma
        Standard deviations in decades, (R,); all 1 where none is known.
    parameters
        What is fitted, P of them.
    held
        Values of all others.
    """

    model: ConductanceModel
    log10_measured: Float[Doubles, " R"]
    sigma: Float[Doubles, " R"]
    parameters: tuple[FreeParameter, ...]
    held: Values

    @property
    def bounds(self) -> Float[Doubles, "2 P"]:
        """Bounds of the coordinates."""
        return np.array([one.bounds for one in self.parameters]).T

    def values(self, point: Float[Doubles, " P"]) -> dict[str, float]:
        """Values of all parameters at a point, of both contacts one by one."""
        found = dict(self.held)
        for one, coordinate in zip(self.parameters, point.tolist(), strict=True):
            for name in _BOTH if one.name == "gamma" else (one.name,):
                found[name] = one.value(coordinate)
        return found

    def log10_fitted(self, point: Float[Doubles, " P"]) -> Float[Doubles, " R"]:
        """log10 of the conductances in G0 at a point."""
        return self.model.log10_conductance(self.values(point))

    def residuals(self, point: Float[Doubles, " P"]) -> Float[Doubles, " R"]:
        """Fitted less measured, in standard deviations."""
        return (self.log10_fitted(point) - self.log10_measured) / self.sigma

    def jacobian(self, point: Float[Doubles, " P"]) -> Float[Doubles, "R P"]:
        """Derivatives of the residuals by the coordinates."""
        values = self.values(point)
        names = list(dict.fromkeys(name for one in self.parameters for name in _names(one)))
        by_name = dict(zip(names, self.model.derivatives(values, names).T, strict=True))
        columns = [
            sum(by_name[name] for name in _names(one)) * one.slope(values[_names(one)[0]])
            for one in self.parameters
        ]
        found: Doubles = np.stack(columns, 1) / self.sigma[:, None]
        return found


class Minimum(NamedTuple):
    """Where a search has ended."""

    start: Float[Doubles, " P"]
    point: Float[Doubles, " P"]
    chi_squared: float
    is_converged: bool
    message: str
    """Of `scipy.optimize.least_squares`."""
    evaluations: int


def minimum_from(
    problem: Problem,
    start: Float[Doubles, " P"],
    held: Mapping[int, float] | None = None,
    tolerance: float = _TOLERANCE,
) -> Minimum:
    """Search a minimum of chi^2 from one point, within the bounds (doi:10.1137/S1064827595289108).

    Parameters
    ----------
    problem
        What is fitted.
    start
        Where the search begins.
    held
        Coordinates that stay at some value, by their number.
    tolerance
        Relative change of chi^2 or of the point at which the search ends.
    """
    whole = np.array(start, np.float64)
    for index, value in (held or {}).items():
        whole[index] = value
    free = np.array([n for n in range(len(whole)) if n not in (held or {})], np.int64)
    if not len(free):
        chi = float((problem.residuals(whole) ** 2).sum())
        return Minimum(whole, whole, chi, True, "nothing is free", 1)

    def complete(part: Doubles) -> Doubles:
        point = whole.copy()
        point[free] = part
        return point

    low, high = problem.bounds[:, free]
    inside = 1e-9 * (high - low)
    found: Any = least_squares(
        lambda part: problem.residuals(complete(part)),
        np.clip(whole[free], low + inside, high - inside),
        jac=lambda part: problem.jacobian(complete(part))[:, free],
        bounds=(low, high),
        x_scale=high - low,
        ftol=tolerance,
        xtol=tolerance,
        gtol=tolerance,
        max_nfev=_MOST_EVALUATIONS,
    )
    return Minimum(
        start=whole,
        point=complete(found.x),
        chi_squared=2.0 * float(found.cost),
        is_converged=bool(found.success),
        message=str(found.message).rstrip("."),
        evaluations=int(found.nfev),
    )


def starting_points(problem: Problem, number: int, seed: int) -> Float[Doubles, "n P"]:
    """The middle between the bounds, then points drawn between them; each depends on its number."""
    low, high = problem.bounds
    points = [0.5 * (low + high)]
    for start in range(1, number):
        shares = named_generator(seed, "fit", "start", start).random(len(low))
        points.append(low + shares * (high - low))
    return np.array(points)


def best_of(minima: Sequence[Minimum]) -> Minimum:
    """The lowest one; among equals one that has converged."""
    return min(minima, key=lambda one: (one.chi_squared, not one.is_converged))


def is_same(one: float, other: float, scatter: float) -> bool:
    """Whether two chi^2 are one minimum, in units of the variance of a residual."""
    return abs(one - other) <= _SAME * max(scatter, 1e-12)


def at_bounds(problem: Problem, point: Float[Doubles, " P"]) -> NDArray[np.int64]:
    """-1 where a coordinate is at its lower bound, 1 at the upper one, 0 between, (P,)."""
    low, high = problem.bounds
    close = _AT_BOUND * (high - low)
    found: NDArray[np.int64] = (point >= high - close).astype(np.int64)
    found -= point <= low + close
    return found


def covariance(problem: Problem, point: Float[Doubles, " P"]) -> Float[Doubles, "P P"]:
    """Of the coordinates, if residuals are linear in them and have variance 1.

    Infinite where a direction changes nothing: for each coordinate that has part in one.
    """
    jacobian = problem.jacobian(point)
    is_short = len(jacobian) < len(point)
    _, singular, directions = np.linalg.svd(jacobian, full_matrices=is_short)
    needed = np.zeros(len(point))
    needed[: len(singular)] = singular
    weak = needed <= 1e-10 * max(float(needed.max()), 1e-300)
    inverse = np.where(weak, 0.0, 1.0 / np.where(weak, 1.0, needed) ** 2)
    found: Doubles = (directions.T * inverse) @ directions
    blurred = (np.abs(directions[weak]) > 1e-6).any(0)
    found[blurred, blurred] = np.inf
    return found


def correlations(covariances: Float[Doubles, "P P"]) -> Float[Doubles, "P P"]:
    """Correlation matrix; NaN beside what has no variance, or an infinite one."""
    deviations = np.sqrt(np.diag(covariances))
    known = np.isfinite(deviations) & (deviations > 0.0)
    safe = np.where(known, deviations, 1.0)
    plain = np.where(np.isfinite(covariances), covariances, 0.0)
    found: Doubles = np.clip(plain / safe[:, None] / safe, -1.0, 1.0)
    found[np.diag_indices(len(found))] = 1.0
    found[~known] = found[:, ~known] = np.nan
    return found


def _names(parameter: FreeParameter) -> tuple[str, ...]:
    return _BOTH if parameter.name == "gamma" else (parameter.name,)
