"""Tables of a fit: those that are printed, and those that are written."""

from __future__ import annotations

import hashlib
import math
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import numpy as np

from dnawire import __version__
from dnawire.api.fit_question import FitQuestion
from dnawire.inference import PARAMETER_KINDS, Estimate

if TYPE_CHECKING:
    from dnawire.api.fit_result import Fit
    from dnawire.plots import Table


def correlation_table(fit: Fit) -> Table:
    """The correlation matrix, a column for each parameter."""
    names = list(fit.values)
    columns = (("", row) for row in fit.correlation.T)
    return {"parameter": ("", names), **dict(zip(names, columns, strict=True))}


def parameter_rows(fit: Fit) -> list[list[str]]:
    """The table of parameters: names of the columns, then its rows."""
    percent = f"{100.0 * fit.question.confidence:g} %"
    head = ["parameter", "value", f"{percent} by profile", f"{percent} by Jacobian", "known"]
    return [head, *map(_row, fit.solution.estimates)]


def correlation_rows(fit: Fit) -> list[list[str]]:
    """The correlation matrix as a table."""
    names = list(fit.values)
    return [
        ["correlation", *names],
        *(
            [name, *("-" if math.isnan(one) else f"{one:+.2f}" for one in row)]
            for name, row in zip(names, fit.correlation.tolist(), strict=True)
        ),
    ]


def length_rows(fit: Fit) -> list[list[str]]:
    """Residuals by length as a table."""
    lengths, found = fit.measurements.lengths, fit.residuals
    body = []
    for length in np.unique(lengths).tolist():
        own = found[lengths == length]
        spread = f"{math.sqrt(float((own**2).mean())):.2f}"
        body.append([str(length), str(len(own)), f"{own.mean():+.2f}", spread])
    return [["length", "rows", "mean residual (decades)", "rms (decades)"], *body]


def parameter_table(fit: Fit) -> Table:
    """The parameters with all digits; NaN stands for what is not known."""
    found = fit.solution.estimates
    return {
        "parameter": ("", [one.parameter.name for one in found]),
        "unit": ("", [one.parameter.kind.unit for one in found]),
        "value": ("", [one.value for one in found]),
        "profile_lower": ("", [one.lower for one in found]),
        "profile_upper": ("", [one.upper for one in found]),
        "jacobian_lower": ("", [one.jacobian_interval[0] for one in found]),
        "jacobian_upper": ("", [one.jacobian_interval[1] for one in found]),
        "known": ("", [one.knowledge for one in found]),
        "at_minimum": ("", [one.best for one in found]),
        "bound_low": ("", [one.parameter.low for one in found]),
        "bound_high": ("", [one.parameter.high for one in found]),
        "confidence": ("", [fit.question.confidence] * len(found)),
    }


def residual_table(fit: Fit) -> Table:
    """Measured and fitted conductance of every row."""
    measured = fit.measurements
    return {
        "name": ("", measured.names),
        "sequence": ("", [one.text for one in measured.duplexes]),
        "length": ("base pairs", measured.lengths),
        "temperature": ("K", fit.temperatures),
        "measured_log10_conductance_quanta": ("", measured.log10_conductance),
        "fitted_log10_conductance_quanta": ("", fit.log10_fitted),
        "residual": ("decades", fit.residuals),
        "error": ("decades", fit.errors),
        "residual_in_errors": ("", fit.residuals / fit.errors),
    }


def profile_table(fit: Fit) -> Table:
    """Points of all profiles; chi^2 in units of the variance of a residual."""
    found = fit.solution.estimates
    sizes = [len(one.profile.rises) for one in found]
    values = [
        one.parameter.value(point) for one in found for point in one.profile.coordinates.tolist()
    ]
    rises = np.concatenate([one.profile.rises for one in found])
    names = [one.parameter.name for one in found]
    return {
        "parameter": ("", np.repeat(names, sizes)),
        "value": ("", values),
        "rise_of_chi_squared": ("", rises / fit.solution.scatter),
        "threshold": ("", [fit.solution.threshold / fit.solution.scatter] * len(rises)),
    }


def starts_table(fit: Fit) -> Table:
    """Where each search began and ended."""
    parameters, minima = fit.solution.problem.parameters, fit.solution.minima
    columns: dict[str, tuple[str, Any]] = {"start": ("", range(len(minima)))}
    for index, one in enumerate(parameters):
        unit = one.kind.unit
        columns[f"{one.name}_start"] = unit, [one.value(at.start[index]) for at in minima]
        columns[f"{one.name}_end"] = unit, [one.value(at.point[index]) for at in minima]
    columns["chi_squared"] = "", [at.chi_squared for at in minima]
    columns["is_converged"] = "", [at.is_converged for at in minima]
    columns["evaluations"] = "", [at.evaluations for at in minima]
    columns["message"] = "", [at.message for at in minima]
    return columns


def settings_table(fit: Fit) -> Table:
    """All that shapes the result, and what came out in sum."""
    asked = fit.question
    values: dict[str, Any] = {
        "dnawire": __version__,
        "model": fit.predictor.name,
        "table": fit.origin,
        "table_sha256": hashlib.sha256(fit.measurements.file[0].read_bytes()).hexdigest(),
        "rows": len(fit.measurements),
        "left": fit.contact_texts[0],
        "right": fit.contact_texts[1],
    }
    at_place = {"left_contact", "right_contact", "gamma_left", "gamma_right"}
    names = {one.name for one in fields(FitQuestion)} - PARAMETER_KINDS.keys() - at_place - {"vary"}
    values |= {name: getattr(asked, name) for name in sorted(names)}
    values |= {
        f"bounds_{one.name}": f"{one.low!r}:{one.high!r}" for one in fit.solution.problem.parameters
    }
    values |= {f"held_{name}": value for name, value in fit.held.items()}
    values |= {
        "chi_squared": fit.chi_squared,
        "degrees_of_freedom": fit.degrees_of_freedom,
        "rms_decades": math.sqrt(float((fit.residuals**2).mean())),
        "is_converged": fit.is_converged,
        "starts_at_best": fit.solution.num_agreeing,
    }
    return {"name": ("", list(values)), "value": ("", list(map(str, values.values())))}


def _row(one: Estimate) -> list[str]:
    unit = f" {one.parameter.kind.unit}".rstrip()
    value = {
        "determined": f"{one.best:.4g}{unit}",
        "upper limit": f"< {one.upper:.3g}{unit}",
        "lower limit": f"> {one.lower:.3g}{unit}",
    }.get(one.knowledge, "-")
    return [
        one.parameter.name,
        value,
        _interval(one.lower, one.upper),
        _interval(*one.jacobian_interval),
        one.knowledge,
    ]


def _interval(low: float, high: float) -> str:
    if math.isnan(low) and math.isnan(high):
        return "-"
    ends = ("open" if math.isnan(one) else f"{one:.4g}" for one in (low, high))
    return " to ".join(ends)
