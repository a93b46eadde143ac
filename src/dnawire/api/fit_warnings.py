"""What a fit does not tell, by name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.special import chdtrc

from dnawire.inference import Estimate, Solution

if TYPE_CHECKING:
    from dnawire.api.fit_result import Fit

_STRONG: Final = 0.95
"""Correlation beyond which two parameters are hardly told apart."""
_UNLIKELY: Final = 1e-3
"""Probability of a larger chi^2 below which the model does not fit."""


def fit_warnings(fit: Fit) -> list[str]:
    """What is not known, and what is not to be trusted, in sentences."""
    found = fit.solution
    return [
        *_of_convergence(found),
        *(line for one in found.estimates for line in _of_estimate(one)),
        *_of_correlations(found),
        *_of_misfit(fit),
    ]


def _of_convergence(found: Solution) -> Iterator[str]:
    if not found.best.is_converged:
        yield f"the search has not converged: {found.best.message}"
    if found.num_agreeing < 2:
        yield (
            f"{found.num_agreeing} of {len(found.minima)} starts ended at the best minimum: others "
            "may lie lower; give more --starts"
        )
    for one in found.rivals():
        yield f"another minimum fits, too (chi^2 higher by {_rise(found, one.chi_squared)}): " + (
            ", ".join(
                f"{parameter.name} {parameter.value(at):.3g}"
                for parameter, at in zip(found.problem.parameters, one.point.tolist(), strict=True)
            )
        )


def _of_estimate(one: Estimate) -> Iterator[str]:
    name, low, high = one.parameter.name, one.parameter.low, one.parameter.high
    between = f"between its bounds {low:g} and {high:g}"
    why = (
        f"the bounds of {' and '.join(one.pressed)} alone hold it"
        if one.pressed
        else f"chi^2 does not rise enough {between}"
    )
    match one.knowledge:
        case "not identifiable":
            yield f"{name} is not identifiable from these data: {why}"
        case "upper limit" | "lower limit" as limit:
            side = "lower" if limit == "upper limit" else "upper"
            yield f"{name} has a {limit} only: toward its {side} bound {why}"


def _of_correlations(found: Solution) -> Iterator[str]:
    names = [one.name for one in found.problem.parameters]
    for row, column in zip(*np.triu_indices(len(names), 1), strict=True):
        value = found.correlation[row, column]
        if abs(value) > _STRONG:
            yield (
                f"{names[row]} and {names[column]} are hardly told apart (correlation "
                f"{value:+.3f}): the data determine one combination of them well"
            )


def _of_misfit(fit: Fit) -> Iterator[str]:
    freedom = fit.degrees_of_freedom
    if not fit.solution.settings.knows_errors:
        return
    if freedom <= 0:
        yield f"{len(fit.measurements)} rows do not test a model of {len(fit.values)} parameters"
    elif float(chdtrc(freedom, fit.chi_squared)) < _UNLIKELY:
        yield (
            f"chi^2 of {fit.chi_squared:.3g} for {freedom} degrees of freedom: the model does not "
            "fit within the errors, and the intervals are those of a wrong model"
        )


def _rise(found: Solution, chi_squared: float) -> str:
    return f"{(chi_squared - found.best.chi_squared) / found.scatter:.2g}"
