"""Result of ``dnawire.fit``: it prints as tables, draws itself, and is written to a folder."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from dnawire.api import fit_tables as tables
from dnawire.api.fit_preparation import FitPreparation
from dnawire.api.result_names import RESULT_NAMES
from dnawire.api.savable import Destination, Savable
from dnawire.api.tables import aligned, data_frame, html_image, html_lines, html_table
from dnawire.inference import (
    PARAMETER_KINDS,
    Estimate,
    Solution,
    junction_remarks,
    model_remarks,
    said_of_several,
)
from dnawire.junction import Junction

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from dnawire.plots import Table

Doubles = NDArray[np.float64]

_FROM: Final = {
    "homo": "E_F from the HOMO of each duplex",
    "absolute": "E_F on the scale of the model",
}


class Fit(Savable):
    """Parameters that were fitted to measured conductances, with what is known of them.

    It prints as tables, and shows itself in a notebook. What the data do not determine is NaN, and
    its name stands in ``unidentifiable``.

    Parameters
    ----------
    prepared
        What was to be fitted.
    solution
        What was found.
    """

    stem: ClassVar[str] = "fits"

    def __init__(self, prepared: FitPreparation, solution: Solution) -> None:
        self.predictor = prepared.predictor
        self.question = prepared.question
        self.measurements = prepared.measurements
        self.table = prepared.table
        self.contacts = prepared.contacts
        self.temperatures = prepared.temperatures
        self.solution = solution
        self.log10_fitted = solution.problem.log10_fitted(solution.best.point)
        self._remarks = [
            tuple(junction_remarks(self.predictor, Junction(one, *self.contacts)))
            for one in self.measurements.duplexes
        ]

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
        sites = asked.probe_sites or "all bases"
        least, most = self.temperatures.min(), self.temperatures.max()
        kelvin = f"{least:g} K" if least == most else f"{least:g} to {most:g} K"
        places = (", ".join(part.place for part in one.attachments) for one in self.contacts)
        return [
            f"model         {self.predictor.name}",
            f"table         {self.table}: {len(self.measurements)} rows, {kelvin}",
            f"contacts      {' | '.join(places)}",
            f"Fermi level   {_FROM[asked.fermi_reference]}",
            f"probes        {asked.probes} on {sites}",
            f"held          {self._held}",
            f"starts        {asked.starts}, seed {asked.seed}: {solution.num_agreeing} ended at "
            f"the best minimum{'' if self.is_converged else ', which has NOT converged'}",
            f"misfit        {self._misfit}",
        ]

    @property
    def rows(self) -> list[list[str]]:
        """The table of parameters: names of the columns, then its rows."""
        return tables.parameter_rows(self)

    @property
    def table_lines(self) -> list[str]:
        """Parameters, correlations and residuals by length, an empty line before each."""
        return [line for rows in self._all_rows for line in ("", *aligned(rows))]

    @property
    def warnings(self) -> list[str]:
        """What is not to be trusted, in sentences."""
        from dnawire.api.fit_warnings import fit_warnings

        texts = [one.text for one in self.measurements.duplexes]
        own = list(zip(texts, self._remarks, strict=True))
        return fit_warnings(self) + said_of_several(list(model_remarks(self.predictor)), own)

    def summary(self) -> Table:
        """The parameters with all digits; NaN stands for what is not known."""
        return tables.parameter_table(self)

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
                interval=_known_interval(one),
                others=one.others,
                knowledge=one.knowledge,
            )
            for one in self.solution.estimates
        ]
        title = f"Profiles of χ²: {100.0 * self.question.confidence:g} % below 1"
        return profile_figure(drawn, title, self._footer())

    @property
    def _destination(self) -> Destination:
        return Destination(self.stem, self.predictor.name, self.members())

    @classmethod
    def members(cls) -> re.Pattern[str]:
        """Names of all files that can be written."""
        return RESULT_NAMES["fit"]

    def write(self, folder: Path) -> None:
        """Write all tables and figures.

        Raises
        ------
        NotWritableError
            The system refuses.
        """
        from dnawire import plots

        plots.save_table(folder / "parameters.csv", self.summary())
        plots.save_table(folder / "correlation.csv", tables.correlation_table(self))
        plots.save_table(folder / "starts.csv", tables.starts_table(self))
        plots.save_table(folder / "settings.csv", tables.settings_table(self))
        plots.save_figure(self.plot(), folder / "residuals", tables.residual_table(self))
        plots.save_figure(self.plot_profiles(), folder / "profiles", tables.profile_table(self))

    def __repr__(self) -> str:
        return "\n".join([*self.heading, *self.table_lines, *self._below])

    def _repr_html_(self) -> str:
        from dnawire.plots import shown

        parts = [html_lines(self.heading)]
        parts += map(html_table, self._all_rows)
        parts += [html_lines(self._below)] if self._below else []
        return "".join([*parts, html_image(shown(self.plot()), self.stem)])

    @property
    def _all_rows(self) -> list[list[list[str]]]:
        return [self.rows, tables.correlation_rows(self), tables.length_rows(self)]

    @property
    def _below(self) -> list[str]:
        return [f"warning: {one}" for one in self.warnings]

    @property
    def held(self) -> dict[str, float]:
        """Values of the parameters that were not fitted, in their units."""
        fitted = set(self.values)
        fitted |= {"gamma_left", "gamma_right"} if "gamma" in fitted else set()
        held = self.solution.problem.held
        return {name: value for name, value in held.items() if name not in fitted}

    @property
    def _held(self) -> str:
        parts = [
            f"{name} {value:g} {PARAMETER_KINDS[name].unit}".rstrip()
            for name, value in self.held.items()
        ]
        return ", ".join(parts) or "nothing"

    @property
    def _misfit(self) -> str:
        spread = f"rms of the residuals {math.sqrt(float((self.residuals**2).mean())):.3g} decades"
        if not self.solution.settings.knows_errors:
            return f"{spread}; no error is known, intervals are from this scatter"
        freedom = f"{self.degrees_of_freedom} degrees of freedom"
        return f"chi^2 {self.chi_squared:.3g} for {freedom}; {spread}"

    def _footer(self) -> str:
        from dnawire.plots import footer

        known, asked = self.predictor.conditions, self.question
        values = ", ".join(
            f"{name} {known if value == '-' else value}"
            for name, value, _, _, known in self.rows[1:]
        )
        return footer(
            (self.contacts[0].text, self.contacts[1].text),
            energy_reference=known.energy_reference,
            eta=0.0,
            parameters=known.parameters,
            further=(
                _FROM[asked.fermi_reference],
                f"{asked.probes} probes",
                values,
                f"held: {self._held}",
            ),
        )


def _known_interval(one: Estimate) -> tuple[float, float]:
    is_known = one.knowledge == "determined"
    return (one.lower, one.upper) if is_known else (math.nan, math.nan)
