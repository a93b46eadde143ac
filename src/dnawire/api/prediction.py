"""What `dnawire.predict` gives: spectra, what follows from them, and what is not to be trusted."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, overload

import numpy as np
from numpy.typing import NDArray

from dnawire.api.averages import PatternAverages
from dnawire.api.conditions import Setup
from dnawire.api.exchange import Exchangeable
from dnawire.api.folder import ResultPlace, result_folder
from dnawire.api.local_transport import LocalTransport
from dnawire.api.prediction_tables import (
    conductance_line,
    prediction_rows,
    spectra_columns,
    summary_table,
)
from dnawire.api.tables import aligned, data_frame, html_image, html_lines, html_table
from dnawire.data import TransportRecord
from dnawire.errors import UsageError
from dnawire.inference import (
    Remark,
    Spread,
    Summary,
    knows_conductance,
    model_remarks,
    prediction_remarks,
    said_of_several,
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
            If the model knows none, or none of so long a duplex.
        """
        record = self.record
        found = self._setup.predictor.resonances(record.junction, record.energies, record.eta)
        if found is None:
            raise UsageError("levels of so long a duplex are not known", "Ask for a shorter one.")
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
        check_range("fermi_energy", energy, ENERGY)
        check_range("temperature", kelvin, TEMPERATURE)
        if energy is None:
            raise UsageError("a conductance needs the Fermi energy", "Give fermi_energy in eV.")
        if not knows_conductance(self._setup.predictor, from_grid=asked.conductance_from_grid):
            raise UsageError(
                f"{self._setup.predictor.name} knows T at the energies of its grid only: "
                "resonances between them would be missing in a conductance",
                "Use a model that knows them, or predict with conductance_from_grid=True and "
                "accept an error of orders of magnitude.",
            )
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

    def save(self, output: str | Path | None = None, *, overwrite: bool = False) -> Path:
        """Write what ``dnawire predict`` writes; see `Predictions.save`."""
        return self._alone.save(output, overwrite=overwrite)

    def __repr__(self) -> str:
        return repr(self._alone)

    def _repr_html_(self) -> str:
        return self._alone._repr_html_()

    @property
    def _alone(self) -> Predictions:
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


class Predictions(PatternAverages, Sequence[Prediction]):
    """Several predictions of one model. They print as a table, and show themselves in a notebook.

    Parameters
    ----------
    predictions
        At least one.
    setup
        Who was asked, and for what.
    """

    def __init__(self, predictions: Sequence[Prediction], setup: Setup) -> None:
        self._predictions = list(predictions)
        self.setup = setup

    def __len__(self) -> int:
        return len(self._predictions)

    @overload
    def __getitem__(self, index: int) -> Prediction: ...

    @overload
    def __getitem__(self, index: slice) -> Predictions: ...

    def __getitem__(self, index: int | slice) -> Prediction | Predictions:
        """One prediction, or several of them."""
        if isinstance(index, slice):
            return Predictions(self._predictions[index], self.setup)
        return self._predictions[index]

    @property
    def heading(self) -> list[str]:
        """Lines that say who was asked, and for what."""
        return [*self.setup.lines, conductance_line(self.setup)]

    @property
    def rows(self) -> list[list[str]]:
        """The table that is printed: names of the columns, then a row for each junction."""
        return prediction_rows(self)

    @property
    def warnings(self) -> list[str]:
        """What is not to be trusted, in sentences: what holds for all of them once."""
        own = [(one.junction.duplex.text, one.own_remarks) for one in self]
        return said_of_several(list(model_remarks(self.setup.predictor)), own)

    def to_dataframe(self) -> pd.DataFrame:
        """The numbers of the table as a pandas data frame, a row for each junction.

        Raises
        ------
        MissingDependencyError
            If pandas is not installed.
        """
        return data_frame(summary_table(self))

    def plot(self) -> Figure:
        """Figure of T(E) and DOS(E), resonances resolved.

        Raises
        ------
        UsageError
            If there are more junctions than colors.
        """
        from dnawire.api.prediction_files import drawn_spectra

        return drawn_spectra(self)

    def save(self, output: str | Path | None = None, *, overwrite: bool = False) -> Path:
        """Write what ``dnawire predict`` writes: tables as CSV, figures as PNG and SVG.

        Parameters
        ----------
        output
            Folder of the results; None makes a new one, numbered, below ``predictions``.
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
        from dnawire.api.prediction_files import MEMBERS, write_predictions

        place = ResultPlace(None if output is None else Path(output), overwrite)
        with result_folder(place, "predictions", self.setup.predictor.name, MEMBERS) as folder:
            write_predictions(folder.path, self)
            return folder.publish()

    def __repr__(self) -> str:
        table = aligned(self.rows[: 1 + _SHOWN])
        return "\n".join([*self.heading, "", *table, *self._remainder])

    def _repr_html_(self) -> str:
        from dnawire.plots import LINES, shown

        parts = [html_lines(self.heading), html_table(self.rows[: 1 + _SHOWN])]
        parts += [html_lines(self._remainder)] if self._remainder else []
        parts += [html_image(shown(self.plot()), "spectra")] if 0 < len(self) <= len(LINES) else []
        return "".join(parts)

    @property
    def _remainder(self) -> list[str]:
        """What is said below the table."""
        more = len(self) - _SHOWN
        rest = [f"{more} more; to_dataframe() has all of them"] if more > 0 else []
        return rest + [f"warning: {one}" for one in self.warnings]
