"""A fit to measured conductances: minimum, scatter, intervals, and what the data do not tell."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator
from dataclasses import dataclass
from functools import partial
from typing import Final, Literal, NamedTuple, Protocol, TypeVar

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray
from scipy.special import chdtri, fdtri

from dnawire.errors import UsageError
from dnawire.inference.fit_parameters import FreeParameter
from dnawire.inference.fitting import (
    Minimum,
    Problem,
    best_of,
    correlations,
    covariance,
    is_same,
    minimum_from,
    starting_points,
)
from dnawire.inference.profiles import Profile, profile

Doubles = NDArray[np.float64]
Knowledge = Literal["determined", "ambiguous", "upper limit", "lower limit", "not identifiable"]

_MOST_REPAIRS: Final = 3
"""Times that a lower minimum, met by a profile, begins all profiles anew."""


Step = TypeVar("Step", Minimum, Profile)


class Once(Protocol):
    """What has the steps of a fit computed, one after the other, in their order."""

    def __call__(self, compute: Callable[[], Step]) -> Step:
        """Outcome of the next step."""


def computed(compute: Callable[[], Step]) -> Step:
    """Outcome of a step that nobody has computed before."""
    return compute()


class FitSettings(NamedTuple):
    """How a problem is solved."""

    starts: int
    seed: int
    confidence: float
    """Of the intervals, between 0 and 1."""
    knows_errors: bool
    """Whether the standard deviations are known; the scatter of the residuals tells them else."""


@dataclass(frozen=True, eq=False)
class Estimate:
    """What is known of one parameter.

    Parameters
    ----------
    parameter
        Which one.
    best
        Its value at the minimum, known or not.
    lower, upper
        Interval of the profile; NaN where the data do not close it.
    half_width
        Of the interval that the Jacobian gives, in the coordinate; infinite where it is singular.
    pressed
        Parameters whose bounds alone close it.
    profile
        Its profile.
    others
        Values outside of the interval at other minima, which the data do not rule out.
    """

    parameter: FreeParameter
    best: float
    lower: float
    upper: float
    half_width: float
    pressed: tuple[str, ...]
    profile: Profile
    others: tuple[float, ...] = ()

    @property
    def knowledge(self) -> Knowledge:
        """What the data tell."""
        match math.isnan(self.lower), math.isnan(self.upper):
            case False, False:
                return "ambiguous" if self.others else "determined"
            case True, False:
                return "upper limit"
            case False, True:
                return "lower limit"
        return "not identifiable"

    @property
    def jacobian_interval(self) -> tuple[float, float]:
        """Interval as if the model were linear; NaN unless the value is determined."""
        if self.knowledge != "determined":
            return math.nan, math.nan
        middle = self.parameter.coordinate(self.best)
        low, high = middle - self.half_width, middle + self.half_width
        return self.parameter.value(low), self.parameter.value(high)

    @property
    def value(self) -> float:
        """The value if it is determined; NaN else."""
        return self.best if self.knowledge == "determined" else math.nan


@dataclass(frozen=True, eq=False)
class Solution:
    """Outcome of a fit of P parameters to R conductances.

    Parameters
    ----------
    problem, settings
        What was solved, and how.
    minima
        From all starts, in their order.
    best
        The lowest minimum.
    scatter
        Variance of a residual: 1 where errors are known, from the residuals else.
    threshold
        Rise of chi^2 at the ends of intervals.
    estimates
        Of each parameter.
    correlation
        Correlation matrix of the coordinates; NaN beside what is not determined, (P, P).
    """

    problem: Problem
    settings: FitSettings
    minima: tuple[Minimum, ...]
    best: Minimum
    scatter: float
    threshold: float
    estimates: tuple[Estimate, ...]
    correlation: Float[Doubles, "P P"]

    @property
    def degrees_of_freedom(self) -> int:
        """Rows less parameters."""
        return len(self.problem.log10_measured) - len(self.problem.parameters)

    @property
    def num_agreeing(self) -> int:
        """Starts that ended at the best minimum."""
        best = self.best.chi_squared
        return sum(is_same(one.chi_squared, best, self.scatter) for one in self.minima)

    def rivals(self) -> list[Minimum]:
        """Other minima that the data do not rule out and that make a parameter ambiguous."""
        found: list[Minimum] = []
        for one in sorted(self.minima, key=lambda minimum: minimum.chi_squared):
            is_outside = any(
                estimate.parameter.value(coordinate) in estimate.others
                for estimate, coordinate in zip(self.estimates, one.point.tolist(), strict=True)
            )
            known = (is_same(one.chi_squared, two.chi_squared, self.scatter) for two in found)
            if is_outside and not any(known):
                found.append(one)
        return found


def solving(problem: Problem, settings: FitSettings, once: Once) -> Generator[None, None, Solution]:
    """Fit, and find out what is known of every parameter.

    Parameters
    ----------
    problem
        What is fitted.
    settings
        How.
    once
        Computes a step, or recalls what an earlier process has computed.

    Yields
    ------
    None
        After each start and each profile.

    Returns
    -------
    Solution
        What was found.

    Raises
    ------
    UsageError
        A junction does not conduct at all, or errors are not known and rows are too few for them.
    NotConvergedError
        If the transmission with dephasing probes is rounding.
    """
    _check(problem, settings)
    found = []
    for start in starting_points(problem, settings.starts, settings.seed):
        found.append(once(partial(minimum_from, problem, start)))
        yield
    minima = tuple(found)
    best = best_of(minima)
    for repair in range(_MOST_REPAIRS + 1):
        scatter, threshold = _scatter(problem, settings, best)
        covariances = scatter * covariance(problem, best.point)
        half = np.sqrt(np.diag(covariances) * threshold / scatter)
        profiles = []
        for index, width in enumerate(half.tolist()):
            profiles.append(once(partial(profile, problem, best, index, width, threshold)))
            yield
        lowest = min((one.lowest for one in profiles), key=lambda one: one.chi_squared)
        is_lowest = lowest.chi_squared >= best.chi_squared - 1e-3 * threshold
        if is_lowest:
            break
        if repair == _MOST_REPAIRS:
            best = best._replace(is_converged=False, message="profiles find ever lower minima")
            break
        best = minimum_from(problem, lowest.point)
    return _solution(problem, settings, minima, best, profiles)


def _solution(
    problem: Problem,
    settings: FitSettings,
    minima: tuple[Minimum, ...],
    best: Minimum,
    profiles: list[Profile],
) -> Solution:
    """What minima and profiles tell."""
    scatter, threshold = _scatter(problem, settings, best)
    covariances = scatter * covariance(problem, best.point)
    half = np.sqrt(np.diag(covariances) * threshold / scatter)
    rivals = np.array(
        [one.point for one in minima if one.chi_squared < best.chi_squared + threshold]
    ).reshape(-1, len(best.point))
    estimates = tuple(
        _estimate(parameter, best.point[index], width, profiles[index], rivals[:, index])
        for index, (parameter, width) in enumerate(
            zip(problem.parameters, half.tolist(), strict=True)
        )
    )
    matrix = correlations(covariances)
    unknown = [one.knowledge != "determined" for one in estimates]
    matrix[unknown] = matrix[:, unknown] = np.nan
    return Solution(problem, settings, minima, best, scatter, threshold, estimates, matrix)


def _check(problem: Problem, settings: FitSettings) -> None:
    rows, number = len(problem.log10_measured), len(problem.parameters)
    if not settings.knows_errors and rows <= number:
        raise UsageError(
            f"{rows} rows, and {number} parameters: no scatter tells the errors",
            "Give --error_decades, or more rows than parameters, or fit fewer parameters.",
        )


def _scatter(problem: Problem, settings: FitSettings, best: Minimum) -> tuple[float, float]:
    """Variance of a residual, and rise of chi^2 at the ends of intervals."""
    if settings.knows_errors:
        return 1.0, float(chdtri(1.0, 1.0 - settings.confidence))
    freedom = len(problem.log10_measured) - len(problem.parameters)
    scatter = max(best.chi_squared / freedom, 1e-20)
    return scatter, scatter * float(fdtri(1.0, freedom, settings.confidence))


def _estimate(
    parameter: FreeParameter, best: float, half_width: float, found: Profile, rivals: Doubles
) -> Estimate:
    lower, upper = (
        parameter.value(one.coordinate) if one.is_closed else math.nan
        for one in (found.lower, found.upper)
    )
    return Estimate(
        parameter=parameter,
        best=parameter.value(best),
        lower=lower,
        upper=upper,
        half_width=half_width,
        pressed=tuple(dict.fromkeys((*found.lower.pressed, *found.upper.pressed))),
        profile=found,
        others=tuple(
            value
            for value in map(parameter.value, rivals.tolist())
            if value < lower or value > upper
        ),
    )
