"""Result of ``dnawire.fit``: it prints as tables, draws itself, and is written as the command does."""

from __future__ import annotations

import hashlib
import math
import re
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from dnawire import __version__
from dnawire.api.fit_question import FitQuestion
from dnawire.api.folder import ResultPlace, result_folder
from dnawire.api.tables import aligned, data_frame, html_image, html_lines, html_table
from dnawire.data import Measurements
from dnawire.inference import (
    Estimate,
    Solution,
    junction_remarks,
    junction_sentences,
    model_remarks,
)
from dnawire.junction import Contact, Junction
from dnawire.predictors import Predictor

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from dnawire.plots import Table

Doubles = NDArray[np.float64]


class Fit:
    """Parameters that were fitted to measured conductances, with what is known of them.

    It prints as tables, and shows itself in a notebook. What the data do not determine is NaN, and
    its name stands in ``unidentifiable``.

    Parameters
    ----------
    predictor, question
        Who was asked, for what.
    measurements, table
        The rows, R of them, and the name of their table.
    contacts
        Left and right one.
    temperatures
        Of the rows in K, (R,).
    solution
        What was found.
    """

    stem: ClassVar[str] = "fits"

    def __init__(
        self,
        predictor: Predictor,
        question: FitQuestion,
        measurements: Measurements,
        table: str,
        contacts: tuple[Contact, Contact],
        temperatures: Float[Doubles, " R"],
        solution: Solution,
    ) -> None:
        self.predictor = predictor
        self.question = question
        self.measurements = measurements
        self.table = table
        self.contacts = contacts
        self.temperatures = temperatures
        self.solution = solution
        self.remarks = [
            tuple(junction_remarks(predictor, Junction(one, *contacts)))
            for one in measurements.duplexes
        ]
        self.log10_fitted = solution.problem.log10_fitted(solution.best.point)

    @property
    def values(self) -> dict[str, float]:
        """Values of the parameters by name; NaN for those that are not determined."""
        return {one.parameter.name: one.value for one in self.solution.estimates}

    @property
    def intervals(self) -> dict[str, tuple[float, float]]:
        """Intervals of the profiles by name; NaN where the data do not close them."""
        return {one.parameter.name: (one.lower, one.upper) for one in self.solution.estimates}

    @property
    def unidentifiable(self) -> list[str]:
        """Names of the parameters of which the data tell nothing."""
        found = self.solution.estimates
        return [one.parameter.name for one in found if one.knowledge == "not identifiable"]

    @property
    def correlation(self) -> Float[Doubles, "P P"]:
        """Correlation matrix; NaN beside what is not determined."""
        return self.solution.correlation

    @property
    def chi_squared(self) -> float:
        """Sum of squared residuals in standard deviations; NaN where no error is known."""
        known = self.solution.settings.knows_errors
        return self.solution.best.chi_squared if known else math.nan

    @property
    def degrees_of_freedom(self) -> int:
        """Rows less parameters."""
        return self.solution.degrees_of_freedom

    @property
    def residuals(self) -> Float[Doubles, " R"]:
        """log10 of fitted less measured conductance, in decades."""
        return self.log10_fitted - self.measurements.log10_conductance

    @property
    def errors(self) -> Float[Doubles, " R"]:
        """Standard deviations of log10 G in decades, given or from the scatter of the residuals."""
        return self.solution.problem.sigma * math.sqrt(self.solution.scatter)

    @property
    def is_converged(self) -> bool:
        """Whether the search from the best start has ended at a minimum."""
        return self.solution.best.is_converged

    @property
    def heading(self) -> list[str]:
        """Lines that say what was fitted to what."""
        solution, asked = self.solution, self.question
        where = "each HOMO" if asked.fermi_reference == "homo" else "the zero of the model"
        sites = asked.probe_sites or "all bases"
        least, most = self.temperatures.min(), self.temperatures.max()
        kelvin = f"{least:g} K" if least == most else f"{least:g} to {most:g} K"
        places = (", ".join(part.place for part in one.attachments) for one in self.contacts)
        return [
            f"model         {self.predictor.name}",
            f"table         {self.table}: {len(self.measurements)} rows, {kelvin}",
            f"contacts      {' | '.join(places)}",
            f"Fermi energy  from {where}",
            f"probes        {asked.probes} on {sites}",
            f"held          {self._held}",
            f"starts        {asked.starts}, seed {asked.seed}: {solution.num_agreeing} ended at the "
            f"best minimum, which {'has' if self.is_converged else 'has NOT'} converged",
            f"misfit        {self._misfit}",
        ]

    @property
    def rows(self) -> list[list[str]]:
        """The table of parameters: names of the columns, then its rows."""
        percent = f"{100.0 * self.question.confidence:g} %"
        head = ["parameter", "value", f"{percent} by profile", f"{percent} by Jacobian", "known"]
        return [head, *map(_row, self.solution.estimates)]

    @property
    def correlation_rows(self) -> list[list[str]]:
        """The correlation matrix as a table."""
        names = list(self.values)
        return [
            ["correlation", *names],
            *(
                [name, *("-" if math.isnan(one) else f"{one:+.2f}" for one in row)]
                for name, row in zip(names, self.correlation.tolist(), strict=True)
            ),
        ]

    @property
    def length_rows(self) -> list[list[str]]:
        """Residuals by length as a table."""
        lengths, found = self.measurements.lengths, self.residuals
        body = []
        for length in np.unique(lengths).tolist():
            own = found[lengths == length]
            spread = f"{math.sqrt(float((own**2).mean())):.2f}"
            body.append([str(length), str(len(own)), f"{own.mean():+.2f}", spread])
        return [["length", "rows", "mean residual (decades)", "rms (decades)"], *body]

    @property
    def warnings(self) -> list[str]:
        """What is not to be trusted, in sentences."""
        from dnawire.api.fit_warnings import fit_warnings

        common = [remark.sentence for remark in model_remarks(self.predictor)]
        texts = [one.text for one in self.measurements.duplexes]
        return common + fit_warnings(self) + junction_sentences(texts, self.remarks)

    def summary(self) -> Table:
        """The parameters with all digits; NaN stands for what is not known."""
        found = self.solution.estimates
        return {
            "parameter": ("", [one.parameter.name for one in found]),
            "unit": ("", [one.parameter.kind.unit for one in found]),
            "value": ("", [one.value for one in found]),
            "profile_lower": ("", [one.lower for one in found]),
            "profile_upper": ("", [one.upper for one in found]),
            "jacobian_lower": ("", [one.linear[0] for one in found]),
            "jacobian_upper": ("", [one.linear[1] for one in found]),
            "known": ("", [one.knowledge for one in found]),
            "at_minimum": ("", [one.best for one in found]),
            "bound_low": ("", [one.parameter.low for one in found]),
            "bound_high": ("", [one.parameter.high for one in found]),
            "confidence": ("", [self.question.confidence] * len(found)),
        }

    def residual_table(self) -> Table:
        """Measured and fitted conductance of every row."""
        measured = self.measurements
        return {
            "name": ("", measured.names),
            "sequence": ("", [one.text for one in measured.duplexes]),
            "length": ("base pairs", measured.lengths),
            "temperature": ("K", self.temperatures),
            "measured_log10_conductance_quanta": ("", measured.log10_conductance),
            "fitted_log10_conductance_quanta": ("", self.log10_fitted),
            "residual": ("decades", self.residuals),
            "error": ("decades", self.errors),
            "residual_in_errors": ("", self.residuals / self.errors),
        }

    def profile_table(self) -> Table:
        """Points of all profiles, and the rise of chi^2 there in units of its threshold."""
        found = self.solution.estimates
        sizes = [len(one.profile.rises) for one in found]
        values = [
            one.parameter.value(point)
            for one in found
            for point in one.profile.coordinates.tolist()
        ]
        rises = np.concatenate([one.profile.rises for one in found])
        names = [one.parameter.name for one in found]
        return {
            "parameter": ("", np.repeat(names, sizes)),
            "value": ("", values),
            "rise_of_chi_squared": ("", rises / self.solution.scatter),
            "threshold": ("", [self.solution.threshold / self.solution.scatter] * len(rises)),
        }

    def to_dataframe(self) -> pd.DataFrame:
        """The parameters as a pandas data frame.

        Raises
        ------
        MissingDependencyError
            If pandas is not installed.
        """
        return data_frame(self.summary())

    def plot(self) -> Figure:
        """Figure of fitted over measured conductances, and of residuals over the length."""
        from dnawire.plots import residual_figure

        return residual_figure(
            self.measurements.log10_conductance,
            self.log10_fitted,
            self.errors,
            self.measurements.lengths.astype(np.float64),
            f"Fit of {self.predictor.name} to {Path(self.table).name}",
            self._footer(),
        )

    def plot_profiles(self) -> Figure:
        """Figure of the profiles of chi^2."""
        from dnawire.plots import DrawnProfile, profile_figure

        drawn = [
            DrawnProfile(
                label=f"{one.parameter.name} ({one.parameter.kind.unit or 'dimensionless'})",
                is_logarithmic=one.parameter.kind.is_logarithmic,
                values=np.array(list(map(one.parameter.value, one.profile.coordinates.tolist()))),
                rises=one.profile.rises / self.solution.threshold,
                best=one.best,
                interval=(one.lower, one.upper),
                knowledge=one.knowledge,
            )
            for one in self.solution.estimates
        ]
        title = f"Profiles of chi^2, {100.0 * self.question.confidence:g} % at the threshold"
        return profile_figure(drawn, title, self._footer())

    def save(self, output: str | Path | None = None, *, overwrite: bool = False) -> Path:
        """Write what the command writes: tables as CSV, figures as PNG and SVG.

        Parameters
        ----------
        output
            Folder of the results; None makes a new one, numbered, below ``fits``.
        overwrite
            Replace earlier results in that folder, all of them.

        Returns
        -------
        Path
            The folder.

        Raises
        ------
        NotWritableError
            The folder cannot be written, or holds earlier results that may not be replaced.
        """
        place = ResultPlace(None if output is None else Path(output), overwrite)
        with result_folder(place, self.stem, self.predictor.name, self.members()) as folder:
            self.write(folder.path)
            return folder.publish()

    @classmethod
    def members(cls) -> re.Pattern[str]:
        """Names of all files that can be written."""
        return re.compile(
            r"(parameters|correlation|starts|settings)\.csv|(residuals|profiles)\.(png|svg|csv)"
        )

    def write(self, folder: Path) -> None:
        """Write all tables and figures.

        Raises
        ------
        NotWritableError
            The system refuses.
        """
        from dnawire import plots

        names = list(self.values)
        plots.save_table(folder / "parameters.csv", self.summary())
        plots.save_table(
            folder / "correlation.csv",
            {
                "parameter": ("", names),
                **dict(zip(names, (("", row) for row in self.correlation.T), strict=True)),
            },
        )
        plots.save_table(folder / "starts.csv", self._starts())
        plots.save_table(folder / "settings.csv", self._settings())
        plots.save_figure(self.plot(), folder / "residuals", self.residual_table())
        plots.save_figure(self.plot_profiles(), folder / "profiles", self.profile_table())

    def __repr__(self) -> str:
        return "\n".join([*self.heading, *self.table_lines, *self._below])

    def _repr_html_(self) -> str:
        from dnawire.plots import shown

        parts = [html_lines(self.heading)]
        parts += map(html_table, (self.rows, self.correlation_rows, self.length_rows))
        parts += [html_lines(self._below)] if self._below else []
        return "".join([*parts, html_image(shown(self.plot()), self.stem)])

    @property
    def table_lines(self) -> list[str]:
        """All tables, an empty line before each."""
        lines: list[str] = []
        for rows in (self.rows, self.correlation_rows, self.length_rows):
            lines += ["", *aligned(rows)]
        return lines

    @property
    def _below(self) -> list[str]:
        return [f"warning: {one}" for one in self.warnings]

    @property
    def _held(self) -> str:
        fitted = set(self.values)
        fitted |= {"gamma_left", "gamma_right"} if "gamma" in fitted else set()
        units = {"hopping_scale": "", "prefactor": ""}
        held = self.solution.problem.held.items()
        parts = [
            f"{name} {value:g}{units.get(name, ' eV')}"
            for name, value in held
            if name not in fitted
        ]
        return ", ".join(parts) or "nothing"

    @property
    def _misfit(self) -> str:
        spread = f"rms of the residuals {math.sqrt(float((self.residuals**2).mean())):.3g} decades"
        if not self.solution.settings.knows_errors:
            return f"{spread}; no error is known, intervals are from this scatter"
        return f"chi^2 {self.chi_squared:.3g} for {self.degrees_of_freedom} degrees of freedom; {spread}"

    def _footer(self) -> str:
        from dnawire.plots import footer

        known = self.predictor.conditions
        values = ", ".join(f"{row[0]} {row[1]}" for row in self.rows[1:])
        return footer(
            (self.contacts[0].text, self.contacts[1].text),
            energy_reference=known.energy_reference,
            eta=0.0,
            parameters=known.parameters,
            further=(f"{self.question.probes} probes", values, f"held: {self._held}"),
        )

    def _starts(self) -> Table:
        parameters, minima = self.solution.problem.parameters, self.solution.minima
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

    def _settings(self) -> Table:
        """All that shapes the result, and what came out in sum."""
        asked = self.question
        values: dict[str, Any] = {
            "dnawire": __version__,
            "model": self.predictor.name,
            "table": self.table,
            "table_sha256": hashlib.sha256(self.measurements.file[0].read_bytes()).hexdigest(),
            "rows": len(self.measurements),
            "left": self.contacts[0].text,
            "right": self.contacts[1].text,
        }
        given = {one.name: getattr(asked, one.name) for one in fields(asked)}
        given["vary"] = " ".join(
            f"{one.name}={one.low!r}:{one.high!r}" for one in self.solution.problem.parameters
        )
        contacts = {"left_contact", "right_contact", "gamma_left", "gamma_right"}
        values |= {name: value for name, value in given.items() if name not in contacts}
        values |= {f"held_{name}": value for name, value in self.solution.problem.held.items()}
        values |= {
            "chi_squared": self.chi_squared,
            "degrees_of_freedom": self.degrees_of_freedom,
            "rms_decades": math.sqrt(float((self.residuals**2).mean())),
            "is_converged": self.is_converged,
            "starts_at_best": self.solution.num_agreeing,
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
        _interval(*one.linear) if one.knowledge == "determined" else "-",
        one.knowledge,
    ]


def _interval(low: float, high: float) -> str:
    if math.isnan(low) and math.isnan(high):
        return "-"
    ends = ("open" if math.isnan(one) else f"{one:.4g}" for one in (low, high))
    return " to ".join(ends)
