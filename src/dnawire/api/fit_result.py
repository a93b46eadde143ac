"""Result of ``dnawire.fit``: it prints as tables, draws itself, and is written to a folder."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from dnawire.api import fit_tables as tables
from dnawire.api.fit_preparation import FitPreparation
from dnawire.api.result import Stoppable
from dnawire.api.result_names import RESULT_NAMES
from dnawire.api.tables import aligned
from dnawire.inference import (
    PARAMETER_KINDS,
    Estimate,
    FitSteps,
    Once,
    Solution,
    computed,
    junction_remarks,
    model_remarks,
    said_of_several,
    solving,
)
from dnawire.junction import Contact, Junction

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from dnawire.plots import Table

Doubles = NDArray[np.float64]

_FROM: Final = {
    "homo": "E_F from the HOMO of each duplex",
    "absolute": "E_F on the scale of the model",
}


class Fit(Stoppable):
    """Parameters that were fitted to measured conductances, with what is known of them.

    It prints as tables, and shows itself in a notebook. What the data do not determine is NaN, and
    its name stands in ``unidentifiable``. The iterator `steps` fills it.

    Parameters
    ----------
    prepared
        What is to be fitted.
    once
        Computes a step, or recalls it.
    """

    below = "fits"
    members = RESULT_NAMES["fit"]
    unit = "starts and profiles"

    def __init__(self, prepared: FitPreparation, once: Once = computed) -> None:
        self._prepared = prepared
        self._once = once
        self._solution: Solution | None = None
        self._done = 0
        self.predictor = prepared.predictor
        self.question = prepared.question
        self.measurements = prepared.measurements
        self.origin = prepared.table
        self.contacts = prepared.contacts
        self.temperatures = prepared.temperatures

    @property
    def name(self) -> str:
        """Short name of the model."""
        return self.predictor.name

    @property
    def num_steps(self) -> int:
        """Starts and profiles, as far as no profile finds a lower minimum."""
        return self._prepared.num_steps

    def steps(self) -> Iterator[None]:
        """Search from one start after the other, then follow one profile after the other.

        Raises
        ------
        UsageError
            A junction does not conduct at all, or errors are not known and rows are too few.
        NotConvergedError
            If the transmission with dephasing probes is rounding.
        """
        work = solving(self._prepared.problem, self._prepared.settings, self._once)
        self._done = 0
        while True:
            try:
                next(work)
            except StopIteration as end:
                self._solution = end.value
                return
            self._done += 1
            yield

    @property
    def is_complete(self) -> bool:
        """Whether all is known."""
        return self._solution is not None

    @property
    def is_presentable(self) -> bool:
        """Whether all is known: of half of a fit nothing is certain."""
        return self.is_complete

    @property
    def said_of_stop(self) -> str:
        """How many steps are computed, and where they are kept."""
        done = f"{self._done} of {self.num_steps} {self.unit} are computed"
        if not isinstance(self._once, FitSteps):
            return done
        return f"{done} and kept in {self._once.folder}: the same command goes on from there"

    @property
    def solution(self) -> Solution:
        """What was found; only after the last step."""
        assert self._solution is not None
        return self._solution

    @property
    def log10_fitted(self) -> Float[Doubles, " R"]:
        """log10 of the fitted conductances in G0."""
        return self.solution.problem.log10_fitted(self.solution.best.point)

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
        return [
            f"model         {self.predictor.name}",
            f"table         {self.origin}: {len(self.measurements)} rows, {kelvin}",
            f"contacts      {' | '.join(self.contact_texts)}",
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
    def lines(self) -> list[str]:
        """Correlations and residuals by length, an empty line between."""
        return [
            *aligned(tables.correlation_rows(self)),
            "",
            *aligned(tables.length_rows(self)),
        ]

    @property
    def warnings(self) -> list[str]:
        """What is not to be trusted, in sentences."""
        from dnawire.api.fit_warnings import fit_warnings

        own = [
            (one.text, tuple(junction_remarks(self.predictor, Junction(one, *self.contacts))))
            for one in self.measurements.duplexes
        ]
        return fit_warnings(self) + said_of_several(list(model_remarks(self.predictor)), own)

    def table(self) -> Table:
        """The parameters with all digits; NaN stands for what is not known."""
        return tables.parameter_table(self)

    def plot(self) -> Figure:
        """Figure of fitted over measured conductances, and of residuals over the length."""
        from dnawire.plots import residual_figure

        return residual_figure(
            self.measurements.log10_conductance,
            self.log10_fitted,
            self.errors,
            self.measurements.lengths.astype(np.float64),
            f"Fit of {self.predictor.name} to {Path(self.origin).name}",
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

    def write(self, folder: Path) -> None:
        """Write all tables and figures.

        Raises
        ------
        NotWritableError
            The system refuses.
        """
        from dnawire import plots

        plots.save_table(folder / "parameters.csv", self.table())
        plots.save_table(folder / "correlation.csv", tables.correlation_table(self))
        plots.save_table(folder / "starts.csv", tables.starts_table(self))
        plots.save_table(folder / "settings.csv", tables.settings_table(self))
        plots.save_figure(self.plot(), folder / "residuals", tables.residual_table(self))
        plots.save_figure(self.plot_profiles(), folder / "profiles", tables.profile_table(self))

    @property
    def contact_texts(self) -> tuple[str, str]:
        """Where the contacts are, with the couplings that are held, and ratios of fitted ones."""
        left, right = (
            _place(contact, is_fitted=bool({"gamma", f"gamma_{side}"} & set(self.values)))
            for contact, side in zip(self.contacts, ("left", "right"), strict=True)
        )
        return left, right

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
        is_relative = asked.fermi_reference == "homo"
        values = ", ".join(
            f"{name} {known if value == '-' else value}"
            for name, value, _, _, known in self.rows[1:]
        )
        return footer(
            self.contact_texts,
            energy_reference=math.nan if is_relative else known.energy_reference,
            eta=0.0,
            parameters=known.parameters,
            level=known.level,
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


def _place(contact: Contact, *, is_fitted: bool) -> str:
    """Where a contact is; of a fitted one the couplings in units of the strongest one."""
    if not is_fitted:
        return contact.text
    strongest = max(one.gamma for one in contact.attachments)
    ratios = ((one.place, one.gamma / strongest) for one in contact.attachments)
    return ",".join(place if ratio == 1.0 else f"{place} x {ratio:g}" for place, ratio in ratios)
