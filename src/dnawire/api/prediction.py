"""What `dnawire.predict` gives: spectra, what follows from them, and what is not to be trusted."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from dnawire.api.conditions import Setup
from dnawire.api.exchange import Exchangeable
from dnawire.api.local_transport import LocalTransport
from dnawire.api.prediction_tables import (
    spectra_columns,
)
from dnawire.api.tables import data_frame
from dnawire.data import TransportRecord
from dnawire.errors import UsageError
from dnawire.inference import (
    Remark,
    Spread,
    Summary,
    model_remarks,
    prediction_remarks,
    resolved_ldos,
    spread_of,
    status,
    summarize,
)
from dnawire.junction import Junction
from dnawire.quantities import BY_NAME
from dnawire.scalars import ENERGY, TEMPERATURE, check_range
from dnawire.transport import Conductance

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from dnawire.api.predictions import Predictions

_SHOWN: Final = 50
"""Rows of a table that is printed."""


class Prediction(LocalTransport, Exchangeable):
    """One predicted junction. It prints as a table, and shows itself in a notebook.

    Parameters
    ----------
    record
        Spectra at the energies that were asked for.
    setup
        Who was asked, and for what.
    name, pattern
        Name of the sequence in its file, and the text with letters like N that it is one meaning
        of; empty if there is none.

    Attributes
    ----------
    record
        The spectra in log10, as records hold them.
    """

    def __init__(
        self, record: TransportRecord, setup: Setup, name: str = "", pattern: str = ""
    ) -> None:
        self.record, self._setup = record, setup
        self.name, self.pattern = name, pattern

    @property
    def junction(self) -> Junction:
        """The duplex between its contacts."""
        return self.record.junction

    @property
    def energies(self) -> NDArray[np.float64]:
        """Energies that were asked for, (E,), eV."""
        return self.record.energies

    @property
    def transmission(self) -> NDArray[np.float64]:
        """T(E) of one spin channel, (E,), dimensionless; zero where it underflows."""
        return self.record.transmission

    @property
    def log10_transmission(self) -> NDArray[np.float64]:
        """log10 T(E), (E,); -inf where T vanishes."""
        return self._column("transmission")

    @property
    def dos(self) -> NDArray[np.float64]:
        """Density of states, (E,), 1/eV."""
        return self.record.dos

    @property
    def log10_dos(self) -> NDArray[np.float64]:
        """log10 of the density of states in 1/eV, (E,)."""
        return self._column("dos")

    @property
    def ldos(self) -> NDArray[Any]:
        """Local density of states, (number of bases, E), 1/eV; rows are `junction.duplex.sites`.

        Raises
        ------
        UsageError
            If the model tells none.
        """
        return BY_NAME["ldos"].plain(self.log10_ldos)

    @property
    def log10_ldos(self) -> NDArray[Any]:
        """log10 of the local density of states in 1/eV; see `ldos`."""
        return self._column("ldos")

    @cached_property
    def hamiltonian(self) -> NDArray[np.float64]:
        """Hamiltonian of the duplex in eV, (N, N), in the order of `junction.duplex.sites`.

        Raises
        ------
        UsageError
            If the model knows none.
        """
        return self._setup.predictor.hamiltonian(self.junction.duplex)

    @cached_property
    def resonances(self) -> NDArray[np.complex128]:
        """Levels of the junction in eV: energy less i times half of the width.

        Raises
        ------
        UsageError
            If the model knows none of this junction.
        """
        found = self._setup.predictor.resonances(self.junction, self.energies, self.record.eta)
        if found is None:
            raise UsageError(
                f"{self._setup.predictor.name} knows no levels of {self.junction.duplex.text}",
                "Use a model that does (docs/models.md), or a shorter duplex.",
            )
        return found

    @cached_property
    def spread(self) -> Spread | None:
        """How far members of an ensemble are apart at `energies`; None of one model."""
        return spread_of(self._setup.predictor, self.record)

    @property
    def certificate(self) -> float | None:
        """Error bar that needs no reference, in meV; None if the model has none."""
        return self.summary.certificate

    @cached_property
    def summary(self) -> Summary:
        """The prediction in a few numbers, all resonances resolved where they are known."""
        asked = self._setup.asked
        return self._summarized(asked.fermi_energy, asked.temperature)

    @property
    def resolved(self) -> TransportRecord:
        """T and DOS at energies that miss no resonance, where the model knows these."""
        return self.summary.spectra

    def conductance(
        self, fermi_energy: float | None = None, temperature: float | None = None
    ) -> Conductance:
        """Zero-bias conductance, in G0 (``conductance_quanta``) and in ``siemens``.

        Parameters
        ----------
        fermi_energy
            In eV; None takes that of the prediction.
        temperature
            In K; None takes that of the prediction, which is 300 K if nothing was said.

        Raises
        ------
        UsageError
            If no Fermi energy is given, the energies do not hold it, or the model knows T at the
            energies of its grid only.
        """
        asked = self._setup.asked
        energy = asked.fermi_energy if fermi_energy is None else fermi_energy
        kelvin = asked.temperature if temperature is None else temperature
        for name, value in (("fermi_energy", energy), ("temperature", kelvin)):
            if value is not None and np.ndim(value) > 0:
                raise UsageError(
                    f"{name} = {value!r} is not allowed: a conductance takes one number",
                    "Give one number, or ask dw.thermoelectric for several.",
                )
        check_range("fermi_energy", energy, ENERGY)
        check_range("temperature", kelvin, TEMPERATURE)
        if energy is None:
            raise UsageError("a conductance needs the Fermi energy", "Give fermi_energy in eV.")
        self._setup.check_conductance()
        is_known = (energy, kelvin) == (asked.fermi_energy, asked.temperature)
        summary = self.summary if is_known else self._summarized(energy, kelvin)
        assert summary.at_fermi_energy is not None
        return summary.at_fermi_energy.conductance

    @property
    def status(self) -> str:
        """``ok``, or words for what is not to be trusted, as in the tables of the commands."""
        return status(self.remarks)

    @property
    def warnings(self) -> list[str]:
        """What is not to be trusted, in sentences."""
        return [remark.sentence for remark in self.remarks]

    @property
    def remarks(self) -> tuple[Remark, ...]:
        """Warnings with their words: those on the model, then those on this junction."""
        return (*model_remarks(self._setup.predictor), *self.own_remarks)

    @cached_property
    def own_remarks(self) -> tuple[Remark, ...]:
        """Warnings on this junction."""
        return tuple(prediction_remarks(self._setup.predictor, self.summary))

    def to_dataframe(self) -> pd.DataFrame:
        """Spectra as a pandas data frame, a row for each energy; units are in the names.

        Raises
        ------
        MissingDependencyError
            If pandas is not installed.
        """
        return data_frame(spectra_columns(self.record, self.spread))

    def plot(self) -> Figure:
        """Figure of T(E) and DOS(E), resonances resolved."""
        return self._alone.plot()

    def plot_hamiltonian(self) -> Figure:
        """Figure of the Hamiltonian.

        Raises
        ------
        UsageError
            If the model knows none.
        """
        from dnawire.plots import hamiltonian_figure

        title = f"H by {self._setup.predictor.name}"
        duplex = self.junction.duplex
        return hamiltonian_figure(self.hamiltonian, duplex, title, self._setup.footer)

    def plot_ldos(self) -> Figure:
        """Figure of the LDOS, energy against base; resonances resolved up to some 100 base pairs.

        Raises
        ------
        UsageError
            If the model tells none.
        """
        from dnawire.plots import ldos_figure

        self._column("ldos")
        title = f"LDOS by {self._setup.predictor.name}"
        resolved = resolved_ldos(self._setup.predictor, self.record)
        if resolved is not None:
            return ldos_figure(resolved, title, self._setup.footer)
        coarse = f"; {len(self.energies)} energies: resonances between them are missing"
        return ldos_figure(self.record, title, self._setup.footer + coarse)

    def save(self, output: str | Path | None = None, *, overwrite: bool = False) -> Path:
        """Write what ``dnawire predict`` writes; see `Predictions.save`."""
        return self._alone.save(output, overwrite=overwrite)

    def __repr__(self) -> str:
        return repr(self._alone)

    def _repr_html_(self) -> str:
        return self._alone._repr_html_()

    @property
    def _alone(self) -> Predictions:
        from dnawire.api.predictions import Predictions

        return Predictions([self], self._setup)

    def _column(self, name: str) -> NDArray[Any]:
        quantity = BY_NAME[name]
        if quantity.column not in self.record.spectra:
            raise UsageError(
                f"{self._setup.predictor.name} tells no {quantity.symbol}",
                "Use a model that does (docs/models.md).",
            )
        return self.record.spectra[quantity.column]

    def _summarized(self, fermi_energy: float | None, temperature: float) -> Summary:
        return summarize(
            self._setup.predictor,
            self.record,
            fermi_energy,
            temperature,
            conductance_from_grid=self._setup.asked.conductance_from_grid,
        )
